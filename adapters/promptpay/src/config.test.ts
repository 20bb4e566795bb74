import { isItPayError } from '@itpay/core';
import { describe, expect, it } from 'vitest';
import { payeeOf, type PromptPayOptions } from './config.js';

describe('the target of live payments', () => {
  it.each([
    ['0812345678'],
    ['081-234-5678'],
    ['081 234 5678'],
    ['(081) 234-5678'],
    [' 0812345678 '],
    ['+66812345678'],
    ['+66 81-234-5678'],
    ['66812345678'],
    ['0612345678'],
    ['0912345678'],
    ['1234567890121'],
    ['1-2345-67890-12-1'],
    ['0105540087061'],
    ['004999000288505'],
  ])('takes %j', (target) => {
    expect(payeeOf({ target })).toEqual({ target });
  });

  it.each<[string, unknown, string]>([
    ['no digits', '', 'holds something else than the digits'],
    ['letters', '08abc45678', 'holds something else than the digits'],
    ['a letter for a zero', 'O812345678', 'holds something else than the digits'],
    ['Thai digits', '๐๘๑๒๓๔๕๖๗๘', 'holds something else than the digits'],
    ['full-width digits', '０８１２３４５６７８', 'holds something else than the digits'],
    ['a slash', '081/234/5678', 'holds something else than the digits'],
    ['a plus in the middle', '081+2345678', 'holds something else than the digits'],
    ['another payload field', '0812345678\u00005802TH', 'holds something else than the digits'],
    ['nine digits', '081234567', 'has 9 digits'],
    ['no leading zero', '812345678', 'has 9 digits'],
    ['both prefixes', '+66 (0)81 234 5678', 'has 12 digits'],
    ['fourteen digits', '12345678901234', 'has 14 digits'],
    ['sixteen digits', '1234567890123456', 'has 16 digits'],
    ['a country code that is not 66', '+6581234567', 'has 10 digits'],
    ['a landline', '0212345678', 'begin with 06, 08 or 09'],
    ['the number of test mode', '0000000000', 'begin with 06, 08 or 09'],
    ['a number in the form of the payload', '0066812345678', 'Write it as 0812345678'],
    ['an id with a wrong check digit', '1234567890123', 'does not fit the others'],
    ['an id of zeros', '0000000000000', 'does not fit the others'],
    ['a wallet of zeros', '000000000000000', 'zeros only'],
    ['a number instead of text', 812345678, 'Put it in quotes'],
    ['null', null, 'is not text'],
  ])('refuses %s', (_, target, reason) => {
    expectRefusal({ target } as PromptPayOptions, 'target', reason);
  });
});

describe('the biller of live payments', () => {
  it.each<[PromptPayOptions['biller'] & {}, unknown]>([
    [{ id: '099400016550100' }, { billerId: '099400016550100' }],
    [
      { id: '0994000165501-00', reference2: 'SHOP1' },
      { billerId: '099400016550100', reference2: 'SHOP1' },
    ],
  ])('takes %j', (biller, payee) => {
    expect(payeeOf({ biller })).toEqual(payee);
  });

  it.each<[string, unknown, string, string]>([
    ['a tax id alone', { id: '0994000165501' }, 'biller.id', 'not text of 15 digits'],
    ['letters', { id: 'ABCDEFGHIJKLMNO' }, 'biller.id', 'not text of 15 digits'],
    ['a number', { id: 99400016550100 }, 'biller.id', 'not text of 15 digits'],
    ['no id', {}, 'biller.id', 'not text of 15 digits'],
    ['zeros', { id: '000000000000000' }, 'biller.id', 'payee of test mode'],
    [
      'small letters in reference 2',
      { id: '099400016550100', reference2: 'shop1' },
      'biller.reference2',
      '1 to 20 of A-Z and 0-9',
    ],
    ['an empty reference 2', { id: '099400016550100', reference2: '' }, 'biller.reference2', '1 to 20 of A-Z and 0-9'],
    [
      'a long reference 2',
      { id: '099400016550100', reference2: 'A'.repeat(21) },
      'biller.reference2',
      '1 to 20 of A-Z and 0-9',
    ],
    ['an unknown key', { id: '099400016550100', ref2: 'A' }, 'biller.ref2', 'It has id and reference2.'],
    ['text', '099400016550100', 'biller', 'is not an object'],
    ['null', null, 'biller', 'is not an object'],
  ])('refuses %s', (_, biller, param, reason) => {
    expectRefusal({ biller } as PromptPayOptions, param, reason);
  });
});

describe('the options as a whole', () => {
  it('may be empty, for test mode only', () => {
    expect(payeeOf({})).toBeNull();
    expect(payeeOf({ target: undefined, biller: undefined })).toBeNull();
  });

  it('name one payee and not two', () => {
    expectRefusal({ target: '0812345678', biller: { id: '099400016550100' } }, 'target, biller', 'names one payee');
  });

  it('have a function that reads statements', () => {
    expectRefusal({ statement: {} } as never, 'statement', 'is not a function');
  });

  it.each(['0812345678', null])('are an object and not %j', (options) => {
    expect(() => payeeOf(options as PromptPayOptions)).toThrow('the options are an object');
  });

  it('are not misspelt', () => {
    expectRefusal(
      { traget: '0812345678' } as PromptPayOptions,
      'traget',
      'The options are target, biller, statement and provider.',
    );
  });
});

function expectRefusal(options: PromptPayOptions, param: string, reason: string): void {
  let error: unknown;
  try {
    payeeOf(options);
  } catch (thrown) {
    error = thrown;
  }

  if (!isItPayError(error)) throw new Error(`Not refused: ${JSON.stringify(options)}`);
  expect(error).toMatchObject({ code: 'CONFIGURATION_INVALID', param });
  expect(error.message).toContain('promptpay({ ');
  expect(error.message).toContain(reason);
  for (const value of [options.target, options.biller?.id]) {
    if (value) expect(error.message.split('Write it as')[0]).not.toContain(value);
  }
}

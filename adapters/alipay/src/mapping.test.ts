import { describe, expect, it } from 'vitest';
import { chinaTime, MAX_FEN, readChinaTime, readYuan, subjectOf, yuanOf } from './mapping.js';

const cny = (value: bigint) => ({ currency: 'CNY', value });

describe('amounts', () => {
  it.each([
    [1n, '0.01'],
    [10n, '0.10'],
    [100n, '1.00'],
    [880n, '8.80'],
    [12_345n, '123.45'],
    [MAX_FEN, '100000000.00'],
  ])('writes %s fen as %s yuan, and reads it back', (fen, yuan) => {
    expect(yuanOf(cny(fen))).toBe(yuan);
    expect(readYuan({ total_amount: yuan }, 'total_amount')).toEqual(cny(fen));
  });

  it.each([
    ['8', 800n],
    ['8.8', 880n],
    ['0', 0n],
    ['0.29', 29n],
  ])('reads %s without a double', (yuan, fen) => {
    expect(readYuan({ amount: yuan }, 'amount').value).toBe(fen);
  });

  it.each([
    '',
    ' 1.00',
    '1.00 ',
    '1,00',
    '1.000',
    '01.00',
    '+1.00',
    '-1.00',
    '1e2',
    '.5',
    '1.',
    '１.00',
    1,
    null,
    undefined,
    {},
  ])('reads no amount in %j', (value) => {
    expect(() => readYuan({ amount: value }, 'amount')).toThrow('amount is missing or malformed');
  });

  it.each([[{ currency: 'USD', value: 100n }], [{ currency: 'CNY', value: 0n }], [{ currency: 'CNY', value: -1n }]])(
    'asks for nothing but yuan, and more than nothing: %o',
    (amount) => {
      expect(() => yuanOf(amount)).toThrow(
        expect.objectContaining({ failure: expect.objectContaining({ category: 'invalid_request' }) }),
      );
    },
  );
});

describe('times', () => {
  it('are those of China, on whatever machine', () => {
    expect(chinaTime(new Date('2026-03-01T16:00:00.999Z'))).toBe('2026-03-02 00:00:00');
    expect(readChinaTime({ gmt_payment: '2026-03-02 00:00:00' }, 'gmt_payment')).toEqual(
      new Date('2026-03-01T16:00:00Z'),
    );
  });

  it.each([
    '',
    '2026-02-30 10:00:00',
    '2026-03-02T10:00:00',
    '2026-03-02',
    '2026-03-02 24:00:00',
    '1772409600',
    7,
    undefined,
  ])('are not %j', (value) => {
    expect(() => readChinaTime({ at: value }, 'at')).toThrow('at is missing or malformed');
  });
});

describe('the subject', () => {
  it.each<[what: string, description: string | null, subject: string]>([
    ['as it is', '两杯咖啡 + 1 🍰', '两杯咖啡 + 1 🍰'],
    ['without what separates fields', 'a/b=c&d', 'a b c d'],
    ['without lines and controls', ' two\r\n\tcoffees\u0000\u200B ', 'two coffees'],
    ['without half characters', 'coffee \uD83C', 'coffee'],
    ['with our number where there is none', null, 'Order REF1'],
    ['with our number where nothing is left', ' /=& ', 'Order REF1'],
    ['cut after 256 characters', '🍰'.repeat(300), '🍰'.repeat(256)],
  ])('goes out %s', (_what, description, subject) => {
    expect(subjectOf(description, 'REF1')).toBe(subject);
  });
});

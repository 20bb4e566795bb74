import { fieldAt, readEmvco } from '@itpay/core';
import { describe, expect, it } from 'vitest';
import { presentPromptPay } from './payload.js';

const thb = (value: bigint) => ({ currency: 'THB', value });

describe('a PromptPay code', () => {
  it('is read by wallets as tag 29 for a person, in ascending order of tags', () => {
    const payload = presentPromptPay({ target: '0899999999', amount: thb(10000n) });

    expect(payload).toMatch(
      /^00020101021229370016A0000006770101110113006689999999953037645406100\.005802TH6304[0-9A-F]{4}$/,
    );
  });

  it('is read by wallets as tag 30 for a biller, with our references', () => {
    const payload = presentPromptPay({
      billerId: '099400016550100',
      reference1: 'AB12CD34EF56GH78',
      reference2: 'SHOP1',
      amount: thb(1n),
    });

    expect(field(payload, '30.00')).toBe('A000000677010112');
    expect(field(payload, '30.01')).toBe('099400016550100');
    expect(field(payload, '30.02')).toBe('AB12CD34EF56GH78');
    expect(field(payload, '30.03')).toBe('SHOP1');
  });

  it('is reusable without an amount and one-time with one', () => {
    const open = presentPromptPay({ target: '0812345678' });
    const fixed = presentPromptPay({ target: '0812345678', amount: thb(100n) });

    expect([field(open, '01'), field(open, '54')]).toEqual(['11', undefined]);
    expect([field(fixed, '01'), field(fixed, '54')]).toEqual(['12', '1.00']);
  });

  it.each([
    [1n, '0.01'],
    [10n, '0.10'],
    [99n, '0.99'],
    [100n, '1.00'],
    [123_456_789n, '1234567.89'],
    [999_999_999_999n, '9999999999.99'],
  ])('states %d satang as %s baht', (value, baht) => {
    expect(field(presentPromptPay({ target: '0812345678', amount: thb(value) }), '54')).toBe(baht);
  });

  it.each([
    [thb(0n), 'AMOUNT_TOO_SMALL'],
    [thb(-1n), 'AMOUNT_TOO_SMALL'],
    [thb(1_000_000_000_000n), 'AMOUNT_EXCEEDED'],
    [{ currency: 'USD', value: 100n }, 'CURRENCY_NOT_SUPPORTED'],
    [{ currency: 'JPY', value: 100n }, 'CURRENCY_NOT_SUPPORTED'],
  ])('refuses %o with %s', (amount, code) => {
    expect(() => presentPromptPay({ target: '0812345678', amount })).toThrow(expect.objectContaining({ code }));
  });

  it.each(['', 'ab12', 'A B', 'A-1', 'Ａ１', 'ก', 'A'.repeat(21), '0812\u0000', '6304FFFF\n'])(
    'refuses the reference %j, which no bank carries',
    (reference1) => {
      expect(() => presentPromptPay({ billerId: '099400016550100', reference1 })).toThrow(
        expect.objectContaining({ code: 'PARAMETER_INVALID', param: 'reference1' }),
      );
    },
  );

  it.each(['', '123', '09940001655010A', '0994000165501000'])('refuses the biller id %j', (billerId) => {
    expect(() => presentPromptPay({ billerId, reference1: 'A1' })).toThrow(
      expect.objectContaining({ code: 'PARAMETER_INVALID', param: 'billerId' }),
    );
  });

  it('refuses a target that is no PromptPay id', () => {
    expect(() => presentPromptPay({ target: '12' })).toThrow(
      expect.objectContaining({ code: 'PARAMETER_INVALID', param: 'target' }),
    );
  });
});

function field(payload: string, path: string): string | undefined {
  const reading = readEmvco(payload, { mode: 'strict' });
  if (!reading.ok) throw new Error(reading.reason);
  return fieldAt(reading.fields, path);
}

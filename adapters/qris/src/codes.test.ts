import { crc16, fieldAt, readEmvco } from '@itpay/core';
import { describe, expect, it } from 'vitest';
import { readQris } from './read.js';
import { toDynamic, writeQris, type QrisRequest } from './write.js';

const idr = (value: bigint) => ({ currency: 'IDR', value });
const shop: QrisRequest = {
  accounts: [{ gui: 'ID.CO.BANK.WWW', pan: '936000140000000001', merchantId: '000885000000001', criteria: 'UMI' }],
  national: { nmid: 'ID1020000000001', criteria: 'UMI' },
  mcc: '5812',
  merchantName: 'Warung Kopi',
  city: 'Jakarta',
  postalCode: '10110',
};

/** The payload with some text replaced, and a checksum that fits again. */
function altered(payload: string, from: string, to: string): string {
  expect(payload).toContain(from);
  const body = payload.replace(from, to).slice(0, -4);
  return body + crc16(body);
}

describe('a code that is written', () => {
  it('is static without an amount, and dynamic with one', () => {
    const [open, fixed] = [writeQris(shop), writeQris({ ...shop, amount: idr(2_500_000n) })];

    expect(readQris(open)).toMatchObject({ ok: true, code: { method: 'static', amount: null }, warnings: [] });
    expect(readQris(fixed)).toMatchObject({ code: { method: 'dynamic', amount: idr(2_500_000n) }, warnings: [] });
  });

  it('says back what was asked for', () => {
    const request: QrisRequest = {
      ...shop,
      accounts: [...shop.accounts, { gui: 'ID.CO.OTHER.WWW', pan: '936000150000000001', criteria: 'UMI' }],
      amount: idr(100n),
      tip: { mode: 'fixed', amount: idr(50_000n) },
      additional: { '07': 'A01', '01': 'INV-1' },
    };

    expect(readQris(writeQris(request))).toEqual({
      ok: true,
      warnings: [],
      code: {
        method: 'dynamic',
        accounts: [
          { tag: '26', ...request.accounts[0] },
          { tag: '27', ...request.accounts[1] },
        ],
        national: request.national,
        mcc: '5812',
        amount: request.amount,
        tip: request.tip,
        merchantName: 'Warung Kopi',
        city: 'Jakarta',
        postalCode: '10110',
        additional: { '01': 'INV-1', '07': 'A01' },
      },
    });
  });

  it.each<[string, Partial<QrisRequest>, string]>([
    ['a name of 26 characters', { merchantName: 'x'.repeat(26) }, 'merchant name longer than 25'],
    ['a city of 16 characters', { city: 'x'.repeat(16) }, 'city longer than 15'],
    ['a category of three digits', { mcc: '581' }, 'MCC is not four digits'],
    ['no national number on a printed code', { national: undefined }, 'tag 51 missing'],
    ['no account', { accounts: [] }, 'no merchant account'],
    ['a criterion that does not exist', { accounts: [{ ...shop.accounts[0]!, criteria: 'XXL' }] }, 'criteria'],
    ['a number that is no PAN', { accounts: [{ ...shop.accounts[0]!, pan: '12AB' }] }, 'PAN'],
    ['a percentage of 100', { amount: idr(100n), tip: { mode: 'percentage', percent: '100' } }, '0.01 to 99.99'],
    ['a percentage of nothing', { amount: idr(100n), tip: { mode: 'percentage', percent: '0.00' } }, '0.01 to 99.99'],
    ['an empty postal code', { postalCode: '' }, 'is empty'],
    ['27 characters of a bill number', { additional: { '01': 'x'.repeat(27) } }, 'additional data 01'],
    ['a request for the same twice', { additional: { '09': 'AA' } }, 'A, M and E'],
  ])('never has %s', (_what, change, reason) => {
    expect(() => writeQris({ ...shop, ...change })).toThrow(
      expect.objectContaining({ code: 'PARAMETER_INVALID', message: expect.stringContaining(reason) }),
    );
  });

  it.each([
    [idr(1250n), 'AMOUNT_PRECISION_UNSUPPORTED'],
    [idr(2_500_001n), 'AMOUNT_PRECISION_UNSUPPORTED'],
    [idr(0n), 'AMOUNT_TOO_SMALL'],
    [idr(10n ** 15n), 'AMOUNT_EXCEEDED'],
    [{ currency: 'THB', value: 100n }, 'CURRENCY_NOT_SUPPORTED'],
  ])('refuses %o with %s', (amount, code) => {
    expect(() => writeQris({ ...shop, amount })).toThrow(expect.objectContaining({ code }));
  });

  it('carries amounts up to 13 digits', () => {
    expect(readQris(writeQris({ ...shop, amount: idr(999_999_999_999_900n) }))).toMatchObject({
      code: { amount: idr(999_999_999_999_900n) },
    });
  });
});

describe('a code that is read', () => {
  const fixed = writeQris({ ...shop, amount: idr(100_000n) });

  it.each([
    ['54041000', '54041000', 100_000n],
    ['54041000', '54071000.00', 100_000n],
    ['54041000', '54051000.', 100_000n],
  ])('takes every spelling of an amount: %s as %s', (from, to, value) => {
    expect(readQris(altered(fixed, from, to))).toMatchObject({ ok: true, code: { amount: idr(value) } });
  });

  it.each([
    ['nothing', '54041000', '54010', 'amount'],
    ['nothing with decimals', '54041000', '54040.00', 'amount'],
    ['part of a sen', '54041000', '540812.12345', 'amount'],
    ['dollars', '5303360', '5303840', 'rupiah'],
    ['another country', '5802ID', '5802TH', 'Indonesia'],
    ['a third way of initiation', '010212', '010213', '01'],
  ])('is refused when it asks for %s', (_what, from, to, reason) => {
    const reading = readQris(altered(fixed, from, to));

    expect(reading).toMatchObject({ ok: false, reason: expect.stringContaining(reason) });
  });

  it.each(['BOOK', 'DMCT', 'XBCT', 'CWDL', 'CDPT', 'PYMT'])(
    'is refused when it is a transfer between persons: %s',
    (purpose) => {
      // Published examples of such codes, with the checksum made right.
      const body =
        '00020101021240530013ID.CO.BCA.WWW0118936000141517031392021051703139275204482953033605404100' +
        `05802ID5916TEST BENEFICIARY6013Jakarta Pusat61051031062470804${purpose}9935000200012551703139270017707086683026304`;

      expect(readQris(body + crc16(body))).toEqual({
        ok: false,
        reason: 'The code is for a transfer to a person. It pays no merchant.',
      });
    },
  );

  it('is refused for a transfer that hides its purpose', () => {
    const body =
      '00020101021240530013ID.CO.BCA.WWW0118936000141517031392021051703139275204482953033605802ID5916TEST BENEFICIARY6013Jakarta Pusat610510310623999350002000125517031392700177070866830263' +
      '04';

    expect(readQris(body + crc16(body))).toMatchObject({ ok: false, reason: expect.stringContaining('transfer') });
  });

  it.each([
    ['550202', 'a fixed tip without its amount'],
    ['550203', 'a percentage without its number'],
    ['55020256030.0', 'a fixed tip of nothing'],
    ['5502035705100.0', 'a tip of everything'],
    ['55020156041000', 'an open tip with an amount'],
    ['550299', 'an unknown kind of tip'],
  ])('is refused with %s (%s)', (tip) => {
    expect(readQris(altered(fixed, '5802ID', `${tip}5802ID`))).toMatchObject({ ok: false });
  });

  it.each(['', 'hello', '6304', '0'.repeat(2000), '00020101021163040000'])('is refused when it is %j', (payload) => {
    expect(readQris(payload)).toMatchObject({ ok: false });
  });

  it('is refused with any single character changed', () => {
    for (let at = 0; at < fixed.length; at += 1) {
      const changed = fixed.slice(0, at) + (fixed[at] === '1' ? '2' : '1') + fixed.slice(at + 1);
      expect(readQris(changed), `at ${at}`).toMatchObject({ ok: false });
    }
  });
});

describe('a printed code with an amount filled in', () => {
  const printed = writeQris({ ...shop, additional: { '07': 'A01' } });

  it('keeps everything else, in its order', () => {
    const dynamic = toDynamic(printed, { amount: idr(5_000_000n), tip: { mode: 'percentage', percent: '2.5' } });

    const without = ['01', '54', '55', '57', '63'];
    const tags = (payload: string) => fieldsOf(payload).filter(([tag]) => !without.includes(tag));
    expect(tags(dynamic)).toEqual(tags(printed));
    expect(fieldsOf(dynamic).slice(4, 9)).toEqual([
      ['52', '5812'],
      ['53', '360'],
      ['54', '50000'],
      ['55', '03'],
      ['57', '2.5'],
    ]);
  });

  it('loses an amount and a tip that it had', () => {
    const odd = altered(writeQris({ ...shop, amount: idr(100n), tip: { mode: 'prompt' } }), '010212', '010211');

    const dynamic = toDynamic(odd, { amount: idr(700n) });

    expect(readQris(dynamic)).toMatchObject({ code: { amount: idr(700n), tip: null } });
  });

  it('is marked as dynamic also where the printed code says nothing', () => {
    const silent = altered(printed, '010211', '');

    expect(toDynamic(silent, { amount: idr(100n) }).slice(0, 12)).toBe('000201010212');
  });

  it('comes from a printed code only', () => {
    const dynamic = toDynamic(printed, { amount: idr(100n) });

    expect(() => toDynamic(dynamic, { amount: idr(100n) })).toThrow(
      expect.objectContaining({ code: 'PARAMETER_INVALID', message: expect.stringContaining('dynamic already') }),
    );
    expect(() => toDynamic('nonsense', { amount: idr(100n) })).toThrow(
      expect.objectContaining({ code: 'PARAMETER_INVALID' }),
    );
  });
});

function fieldsOf(payload: string): [string, string][] {
  const reading = readEmvco(payload, { mode: 'strict' });
  expect(reading.ok && fieldAt(reading.fields, '00')).toBe('01');
  return reading.ok ? reading.fields.map(({ tag, value }) => [tag, value]) : [];
}

import fc from 'fast-check';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { crc16, writeEmvco } from '@itpay/core';
import { parseDuitNow, presentDuitNow, type DuitNowTransfer } from './duitnow.js';
import { parsePayNow, presentPayNow, type PayNowTransfer } from './paynow.js';
import { parseVietQr, presentVietQr, type VietQrTransfer } from './vietqr.js';

const require = createRequire(import.meta.url);
const { QRPay } = require('vietnam-qr-pay') as {
  QRPay: { initVietQR(options: object): { build(): string } };
};
const PayNowQr = (require('@chewhx/paynowqr') as { default: new (options: object) => { output(): string } }).default;

const money = (currency: string) => (value: bigint) => ({ currency, value });
const [vnd, sgd, myr] = [money('VND'), money('SGD'), money('MYR')];
const digits = (length: number) =>
  fc.array(fc.constantFrom(...'0123456789'), { minLength: length, maxLength: length }).map((all) => all.join(''));

const dong: VietQrTransfer = { bank: '970416', account: '257678859', amount: vnd(10000n), purpose: 'RF18539007547034' };
const company: PayNowTransfer = { proxy: { type: 'uen', value: '201509555BNN1' }, amount: sgd(50n), bill: 'A1' };
const kedai: DuitNowTransfer = { acquirer: '890087', account: '72339', name: 'KEDAI', city: 'KL', amount: myr(1n) };

describe('a VietQR code', () => {
  it('is what another implementation writes', () => {
    fc.assert(
      fc.property(digits(6), digits(12), fc.bigInt({ min: 1n, max: 9_999_999_999n }), (bank, account, value) => {
        const theirs = QRPay.initVietQR({ bankBin: bank, bankNumber: account, amount: String(value), purpose: 'RF18' });

        expect(presentVietQr({ bank, account, amount: vnd(value), purpose: 'RF18' })).toBe(theirs.build());
        expect(presentVietQr({ bank, account })).toBe(QRPay.initVietQR({ bankBin: bank, bankNumber: account }).build());
      }),
    );
  });

  it('comes back as it was written', () => {
    for (const to of ['account', 'card'] as const) {
      expect(parseVietQr(presentVietQr({ ...dong, to }), { mode: 'strict' })).toEqual({
        ok: true,
        code: { ...dong, to, static: false, name: null, city: null },
      });
    }
    expect(parseVietQr(presentVietQr({ bank: dong.bank, account: '1' }))).toMatchObject({
      code: { static: true, amount: null, purpose: null },
    });
  });

  it.each<[string, Partial<VietQrTransfer>]>([
    ['bank', { bank: '97041' }],
    ['bank', { bank: '97041A' }],
    ['account', { account: '' }],
    ['account', { account: '1'.repeat(20) }],
    ['account', { account: '1 2' }],
    ['purpose', { purpose: '' }],
    ['purpose', { purpose: 'chuyển tiền' }],
    ['purpose', { purpose: 'a'.repeat(26) }],
  ])('refuses a wrong %s: %o', (param, change) => {
    expect(() => presentVietQr({ ...dong, ...change })).toThrow(
      expect.objectContaining({ code: 'PARAMETER_INVALID', param }),
    );
  });
});

describe('a PayNow code', () => {
  it('has the fields that another implementation writes', () => {
    const theirs = new PayNowQr({
      uen: '201509555BNN1',
      amount: 12.5,
      editable: false,
      expiry: '2027/12/31',
      refNumber: 'RF18',
      company: 'Shop Pte Ltd',
    }).output();

    const ours = presentPayNow({
      proxy: { type: 'uen', value: '201509555BNN1' },
      amount: sgd(1250n),
      expiry: '20271231',
      name: 'Shop Pte Ltd',
      bill: 'RF18',
    });

    const read = (payload: string) => {
      const reading = parsePayNow(payload);
      return reading.ok ? { ...reading.code, expiry: null } : reading.reason;
    };
    expect(read(ours)).toEqual(read(theirs));
  });

  it('comes back as it was written', () => {
    const name = fc.constantFrom('NA', 'Shop Pte Ltd', 'a'.repeat(25));
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 12n - 1n }), name, fc.boolean(), (value, who, editable) => {
        const transfer = { ...company, amount: sgd(value), name: who, editable, expiry: '20271231' };

        expect(parsePayNow(presentPayNow(transfer), { mode: 'strict' })).toEqual({
          ok: true,
          code: { ...transfer, city: 'Singapore', static: false },
        });
      }),
    );
  });

  it('lets the payer choose where it names no amount, and then only', () => {
    const { amount: _, ...open } = company;

    expect(parsePayNow(presentPayNow(open))).toMatchObject({ code: { editable: true, static: true, amount: null } });
    expect(parsePayNow(presentPayNow(company))).toMatchObject({ code: { editable: false, static: false } });
  });

  it.each<[string, Partial<PayNowTransfer>]>([
    ['proxy', { proxy: { type: 'mobile', value: '+6012345678' } }],
    ['proxy', { proxy: { type: 'uen', value: 'short' } }],
    ['expiry', { expiry: '20270230' }],
    ['expiry', { expiry: '2027-01-01' }],
    ['name', { name: 'a'.repeat(26) }],
    ['city', { city: 'a'.repeat(16) }],
    ['bill', { bill: 'a'.repeat(26) }],
  ])('refuses a wrong %s: %o', (param, change) => {
    expect(() => presentPayNow({ ...company, ...change })).toThrow(
      expect.objectContaining({ code: 'PARAMETER_INVALID', param }),
    );
  });
});

describe('a DuitNow code', () => {
  it('comes back as it was written', () => {
    const transfer = { ...kedai, reference: 'RF18539007547034' };

    expect(parseDuitNow(presentDuitNow(transfer), { mode: 'strict' })).toEqual({
      ok: true,
      code: { ...transfer, static: false },
    });
    expect(presentDuitNow(transfer)).toMatch(/^000202/);
  });

  it.each<[string, Partial<DuitNowTransfer>]>([
    ['acquirer', { acquirer: '1' }],
    ['account', { account: '' }],
    ['account', { account: '1'.repeat(35) }],
    ['name', { name: '' }],
    ['city', { city: '' }],
    ['reference', { reference: 'é' }],
  ])('refuses a wrong %s: %o', (param, change) => {
    expect(() => presentDuitNow({ ...kedai, ...change })).toThrow(
      expect.objectContaining({ code: 'PARAMETER_INVALID', param }),
    );
  });
});

const codes = [
  ['VietQR', presentVietQr(dong), parseVietQr],
  ['PayNow', presentPayNow(company), parsePayNow],
  ['DuitNow', presentDuitNow(kedai), parseDuitNow],
] as const;

describe.each(codes)('%s', (name, payload, parse) => {
  it('is not read from the code of another scheme', () => {
    for (const [other, text] of codes) {
      expect(parse(text).ok, other).toBe(other === name);
    }
  });

  it.each([
    ['one wrong digit', payload.replace('5802', '5803')],
    ['another currency', resealed(payload.replace(/5303(704|702|458)/, '5303840'))],
    ['another country', resealed(payload.replace(/5802(VN|SG|MY)/, '5802US'))],
    ['two accounts', twice(payload)],
    ['decimals that the currency does not have', resealed(payload.replace(/54(..)([0-9.]+?)58/, '54061.234558'))],
    [
      'an account of letters and signs',
      resealed(payload.replace(/257678859|201509555BNN1|72339/, (all) => '*'.repeat(all.length))),
    ],
    ['nothing', ''],
  ])('is refused in both modes with %s', (_, text) => {
    for (const mode of ['strict', 'tolerant'] as const) expect(parse(text, { mode })).toMatchObject({ ok: false });
  });
});

it('with a point behind its whole amount is read as real issuers print it, and not in strict mode', () => {
  const payload = resealed(presentPayNow({ ...company, amount: sgd(5000n) }).replace('540550.00', '540350.'));

  expect(parsePayNow(payload)).toMatchObject({ ok: true, code: { amount: sgd(5000n) } });
  expect(parsePayNow(payload, { mode: 'strict' })).toMatchObject({ ok: false });
});

describe.each([
  ['VietQR', presentVietQr, dong, vnd(0n), vnd(10n ** 13n)],
  ['PayNow', presentPayNow, company, sgd(0n), sgd(10n ** 12n)],
  ['DuitNow', presentDuitNow, kedai, myr(0n), myr(10n ** 12n)],
] as const)('the amount of %s', (_, present, transfer, tooSmall, tooLarge) => {
  it.each([
    [tooSmall, 'AMOUNT_TOO_SMALL'],
    [tooLarge, 'AMOUNT_EXCEEDED'],
    [{ currency: 'EUR', value: 1n }, 'CURRENCY_NOT_SUPPORTED'],
  ])('is refused at %o with %s', (amount, code) => {
    expect(() => present({ ...transfer, amount } as never)).toThrow(expect.objectContaining({ code }));
  });

  it('is exact at its largest', () => {
    const largest = { ...tooLarge, value: tooLarge.value - 1n };

    expect(() => present({ ...transfer, amount: largest } as never)).not.toThrow();
  });
});

/** The payload with the checksum that fits it. */
function resealed(payload: string): string {
  const body = payload.slice(0, -4);
  return body + crc16(body);
}

/** The account once more, under the next tag. */
function twice(payload: string): string {
  const [, tag, length] = /^.{12}(..)(..)/.exec(payload)!;
  const template = payload.slice(12, 16 + Number(length));
  const again = String(Number(tag) + 1) + template.slice(2);
  return resealed(payload.slice(0, 12) + template + again + payload.slice(12 + template.length));
}

it('is what the writer of all codes would write', () => {
  // The checks above rely on it: a changed payload is sealed as a real one is.
  expect(resealed(presentVietQr(dong))).toBe(presentVietQr(dong));
  expect(() => writeEmvco([['00', '01']])).toThrow();
});

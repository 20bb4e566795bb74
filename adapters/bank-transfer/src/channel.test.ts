import type { AuthorizeRequest } from '@itpay/kernel';
import { channelContract } from '@itpay/testkit';
import { describe, expect, it } from 'vitest';
import { bankTransfer } from './channel.js';
import { parseEpc } from './codes/epc.js';
import { parsePayNow } from './codes/paynow.js';
import type { BankTransferOptions } from './config.js';
import { rfReferences } from './references/rf.js';
import type { ReferenceScheme } from './references/scheme.js';

const sepa = {
  beneficiary: 'Müller & Söhne GmbH',
  account: { kind: 'sepa', iban: 'DE89 3704 0044 0532 0130 00' },
} as const;
const vietqr = {
  beneficiary: 'CONG TY ABC',
  account: { kind: 'vietqr', bank: '970416', number: '257678859' },
} as const;
const paynow = { beneficiary: 'Shop Pte Ltd', account: { kind: 'paynow', uen: '201509555BNN1' } } as const;
const mobile = { beneficiary: 'Shop Pte Ltd', account: { kind: 'paynow', mobile: '9123 4567' } } as const;
const duitnow = {
  beneficiary: 'KEDAI SDN BHD',
  account: { kind: 'duitnow', acquirer: '890087', number: '0000072339', city: 'KUALA LUMPUR' },
} as const;
const other = {
  beneficiary: 'Shop Ltd',
  account: { kind: 'other', currency: 'GBP', country: 'GB', number: '31926819', bankCode: '60-16-13', bank: 'NatWest' },
} as const;
const swiss = {
  beneficiary: 'Laden AG',
  account: { kind: 'other', currency: 'CHF', country: 'CH', number: 'CH93 0076 2011 6238 5295 7' },
} as const;

for (const options of [undefined, sepa, vietqr, paynow, mobile, duitnow, other, swiss] as (
  BankTransferOptions | undefined
)[]) {
  describe(JSON.stringify(options ?? 'test mode only'), () => channelContract(() => bankTransfer(options)));
}

const request: AuthorizeRequest = {
  reference: 'AB12CD34EF56',
  amount: { currency: 'EUR', value: 12345n },
  description: null,
  expiresAt: new Date('2025-01-01T18:00:00Z'),
};
const typed = rfReferences.write(request.reference);

const spelt = (options: BankTransferOptions | undefined, change: Partial<AuthorizeRequest> = {}) => {
  const [channel] = bankTransfer(options).channels;
  const { qrData } = channel!.encode!({ ...request, ...change });
  return Object.fromEntries(channel!.instructions!(qrData).map(({ field, value }) => [field, value]));
};

describe('bankTransfer()', () => {
  it.each<[BankTransferOptions, string, Record<string, string>]>([
    [sepa, 'EUR', { beneficiary: 'Müller & Söhne GmbH', iban: 'DE89370400440532013000', amount: '123.45' }],
    [vietqr, 'VND', { beneficiary: 'CONG TY ABC', account_number: '257678859', bank_code: '970416', amount: '12345' }],
    [paynow, 'SGD', { beneficiary: 'Shop Pte Ltd', company_number: '201509555BNN1', amount: '123.45' }],
    [mobile, 'SGD', { beneficiary: 'Shop Pte Ltd', mobile: '+6591234567', amount: '123.45' }],
    [
      duitnow,
      'MYR',
      { beneficiary: 'KEDAI SDN BHD', account_number: '0000072339', bank_code: '890087', amount: '123.45' },
    ],
    [
      other,
      'GBP',
      { beneficiary: 'Shop Ltd', account_number: '31926819', bank_code: '60-16-13', bank: 'NatWest', amount: '123.45' },
    ],
    [swiss, 'CHF', { beneficiary: 'Laden AG', iban: 'CH9300762011623852957', amount: '123.45' }],
  ])('tells a payer who types what the code says: %j', (options, currency, expected) => {
    const instructions = spelt(options, { amount: { currency, value: 12345n } });

    expect(instructions).toEqual({ ...expected, reference: typed });
  });

  it('puts the reference where SEPA banks keep it apart from text', () => {
    const { qrStandard, qrData } = bankTransfer(sepa).channels[0]!.encode!(request);

    expect(qrStandard).toBe('epc');
    expect(parseEpc(qrData)).toMatchObject({ ok: true, code: { reference: typed, text: undefined, version: '002' } });
  });

  it('puts a reference of a scheme that banks do not know into the text', () => {
    const plain: ReferenceScheme = {
      orderNumbers: rfReferences.orderNumbers,
      structured: false,
      write: (orderNumber) => `INV${orderNumber}`,
      read: (text) => /^INV(.{12})$/.exec(text)?.[1] ?? null,
      find: (text) => [...text.matchAll(/INV(.{12})/g)].map((match) => match[1]!),
    };
    const { qrData } = bankTransfer({ ...sepa, references: plain }).channels[0]!.encode!(request);

    expect(parseEpc(qrData)).toMatchObject({ ok: true, code: { reference: undefined, text: 'INVAB12CD34EF56' } });
  });

  it('lets a PayNow code end on the day of its payment, in Singapore', () => {
    const { qrData } = bankTransfer(paynow).channels[0]!.encode!({
      ...request,
      amount: { currency: 'SGD', value: 1n },
    });

    expect(parsePayNow(qrData)).toMatchObject({
      ok: true,
      code: { expiry: '20250102', editable: false, static: false },
    });
  });

  it('waits for days, and a day longer for money that is late', () => {
    const hours = 3_600_000;

    expect(bankTransfer(sepa).channels[0]).toMatchObject({ defaultExpiryMs: 72 * hours, expiryGraceMs: 24 * hours });
    expect(bankTransfer({ ...sepa, expiryMs: hours, graceMs: 1 }).channels[0]).toMatchObject({
      defaultExpiryMs: hours,
      expiryGraceMs: 1,
    });
  });

  it('brings only test mode when no account is named, and an unpayable account whenever it is test mode', () => {
    expect(bankTransfer().channels.map(({ mode, simulated }) => ({ mode, simulated }))).toEqual([
      { mode: 'test', simulated: true },
    ]);
    for (const options of [sepa, vietqr, paynow, duitnow, other] as BankTransferOptions[]) {
      const [live, test] = bankTransfer(options).channels;

      expect(test!.merchantAccount).toMatch(/^(DE36)?[0/]+X?$/);
      expect(test!.merchantAccount).not.toBe(live!.merchantAccount);
    }
  });

  it('shows no name that belongs to another account', () => {
    const [live] = bankTransfer(vietqr).channels;
    const { qrData } = live!.encode!({ ...request, amount: { currency: 'VND', value: 1n } });
    const [moved] = bankTransfer({ ...vietqr, account: { ...vietqr.account, number: '1' } }).channels;

    expect(moved!.instructions!(qrData)).toContainEqual({ field: 'account_number', value: '257678859' });
    expect(moved!.instructions!(qrData).map(({ field }) => field)).not.toContain('beneficiary');
  });

  it('comes twice for two currencies', () => {
    expect(bankTransfer({ ...paynow, id: 'bank_transfer_sgd' }).channels[0]!.id).toBe('bank_transfer_sgd');
    expect(() => bankTransfer({ ...paynow, id: 'bank_transfer_eur' })).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID', param: 'id' }),
    );
  });
});

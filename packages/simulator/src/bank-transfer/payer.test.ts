import { writeEmvco, type EmvcoInput } from '@itpay/core';
import { describe, expect, it } from 'vitest';
import { bankTransferPayers } from './payer.js';

const at = new Date('2025-01-01T18:30:00Z');

function payer() {
  let next = 0;
  const random = { bytes: (length: number) => Uint8Array.from({ length }, () => next++ % 256) };
  return bankTransferPayers({ clock: { now: () => at }, random })[0]!;
}

const epc = (iban = 'DE36000000000000000000', amount = 'EUR12.34') =>
  ['BCD', '002', '1', 'SCT', '', 'TEST', iban, amount, '', 'RF35AB12CD34EF56'].join('\n');

const instructions = (...lines: string[]) =>
  [
    'Bank transfer, GB',
    'To: TEST',
    'Account: 00000000',
    'Amount: GBP 12.34',
    'Reference: RF35AB12CD34EF56',
    ...lines,
  ].join('\n');

function emvco(
  account: EmvcoInput,
  currency: string,
  country: string,
  amount: string | null,
  ...more: EmvcoInput[]
): string {
  return writeEmvco([
    ['00', '01'],
    ['01', '12'],
    account,
    ['53', currency],
    ...(amount === null ? [] : [['54', amount] as const]),
    ['58', country],
    ...more,
  ]);
}

const vietqr = (bank = '000000', number = '0000000000', service = 'QRIBFTTA'): EmvcoInput => [
  '38',
  [
    ['00', 'A000000727'],
    [
      '01',
      [
        ['00', bank],
        ['01', number],
      ],
    ],
    ['02', service],
  ],
];
const paynow = (uen = '00000000X', type = '2', ...more: EmvcoInput[]): EmvcoInput => [
  '26',
  [['00', 'SG.PAYNOW'], ['01', type], ['02', uen], ['03', '0'], ['04', '20250104'], ...more],
];
const duitnow = (acquirer = '000000', number = '0000000000'): EmvcoInput => [
  '26',
  [
    ['00', 'A0000006150001'],
    ['01', acquirer],
    ['02', number],
  ],
];

describe('a payer by bank transfer', () => {
  it.each([
    ['an EPC code', epc(), 'EUR', 1234n],
    ['an EPC code with a decimal less', epc(undefined, 'EUR12.3'), 'EUR', 1230n],
    ['a VietQR code', emvco(vietqr(), '704', 'VN', '12345'), 'VND', 12345n],
    ['a PayNow code', emvco(paynow(), '702', 'SG', '12.34'), 'SGD', 1234n],
    ['a DuitNow code', emvco(duitnow(), '458', 'MY', '12.34'), 'MYR', 1234n],
    ['instructions', instructions(), 'GBP', 1234n],
  ])('reads what %s asks for', (_, code, currency, value) => {
    expect(payer().scan(code)).toEqual({ currency, value });
  });

  it.each([
    ['an IBAN of a bank', epc('DE89370400440532013000')],
    ['a VietQR bank', emvco(vietqr('970416'), '704', 'VN', '1')],
    ['a VietQR account', emvco(vietqr('000000', '257678859'), '704', 'VN', '1')],
    ['a VietQR card', emvco(vietqr('000000', '0000000000', 'QRIBFTTC'), '704', 'VN', '1')],
    ['a company', emvco(paynow('201509555BNN1'), '702', 'SG', '1')],
    ['a mobile number', emvco(paynow('00000000X', '0'), '702', 'SG', '1')],
    ['a further PayNow field', emvco(paynow('00000000X', '2', ['05', '1']), '702', 'SG', '1')],
    ['a DuitNow acquirer', emvco(duitnow('890087'), '458', 'MY', '1')],
    ['a DuitNow account', emvco(duitnow('000000', '1'), '458', 'MY', '1')],
    ['a real account beside the unpayable one', emvco(vietqr(), '704', 'VN', '1', ['39', [['00', 'X']]])],
    ['a card account', emvco(['02', '4000123456789012'], '704', 'VN', '1')],
    ['a typed account', instructions().replace('00000000', '31926819')],
    ['a typed IBAN', instructions('IBAN: GB29NWBK60161331926819')],
    ['a typed sort code', instructions('Bank code: 60-16-13')],
  ])('never pays %s', (_, code) => {
    expect(() => payer().scan(code)).toThrow(
      expect.objectContaining({
        code: 'PARAMETER_INVALID',
        message: expect.stringContaining('never pays real accounts'),
      }),
    );
  });

  it.each([
    ['another version of EPC', epc().replace('002', '001'), 'does not know this kind'],
    ['an open EPC amount', epc(undefined, ''), 'leaves the amount to the payer'],
    ['an open EMVCo amount', emvco(paynow(), '702', 'SG', null), 'leaves the amount to the payer'],
    ['an amount that is finer than a cent', epc(undefined, 'EUR1.005'), '3 decimals'],
    ['dong with decimals', emvco(vietqr(), '704', 'VN', '1.5'), '1 decimals'],
    ['another currency', emvco(vietqr(), '840', 'VN', '1'), 'does not ask for VND'],
    ['another country', emvco(paynow(), '702', 'MY', '1'), 'does not ask for SGD'],
    ['a broken checksum', emvco(paynow(), '702', 'SG', '1').replace(/.{4}$/, '0000'), 'The checksum is wrong.'],
    ['instructions without a reference', instructions().replace(/Reference.*/, ''), 'name no reference'],
    ['no code', 'weixin://wxpay/bizpayurl?pr=abc', 'does not end with a checksum'],
  ])('refuses %s', (_, code, reason) => {
    expect(() => payer().scan(code)).toThrow(reason);
  });

  it('transfers as much as it likes, with a new number each time', () => {
    const bank = payer();
    const amount = { currency: 'EUR', value: 99n };

    const [first, second] = [bank.transfer(amount), bank.transfer(amount)];

    expect(first).toMatchObject({ amount, paidAt: at });
    expect(first.channelTransactionId).toMatch(/^SIMBT20250101[0-9A-HJKMNP-TV-Z]{12}$/);
    expect(second.channelTransactionId).not.toBe(first.channelTransactionId);
  });
});

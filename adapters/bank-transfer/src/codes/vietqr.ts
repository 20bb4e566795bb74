import { numericCodeOf, writeEmvco, type Money } from '@itpay/core';
import { decimalOf, VIETQR_AMOUNTS } from '../mapping.js';
import * as wire from '../wire.js';
import {
  additional,
  checkedText,
  invalid,
  optional,
  readProfile,
  refused,
  valueAt,
  type CommonFields,
  type ReadOptions,
} from './emvco-profile.js';

/** What a VietQR code asks for: a transfer in dong to an account or a card at a bank in Viet Nam. */
export interface VietQrTransfer {
  /** The six digits of the bank (BIN). */
  readonly bank: string;
  /** At most 19 letters and digits. */
  readonly account: string;
  /** Left out: an account. */
  readonly to?: 'account' | 'card' | undefined;
  /** Whole dong. Left out: the payer chooses. */
  readonly amount?: Money | undefined;
  /** What the payee's statement shows, at most 25 characters of ASCII. */
  readonly purpose?: string | undefined;
}

export interface VietQrCode extends CommonFields {
  readonly bank: string;
  readonly account: string;
  readonly to: 'account' | 'card';
  readonly purpose: string | null;
}

export type VietQrReading =
  { readonly ok: true; readonly code: VietQrCode } | { readonly ok: false; readonly reason: string };

/**
 * The text of a VietQR code.
 *
 * @throws ItPayError `PARAMETER_INVALID` naming the field; `CURRENCY_NOT_SUPPORTED`, `AMOUNT_TOO_SMALL` or
 *   `AMOUNT_EXCEEDED` for the amount
 */
export function presentVietQr({ bank, account, to = 'account', amount, purpose }: VietQrTransfer): string {
  const { tag, identifier, beneficiary, service, payloadFormat, currency, country } = wire.VIETQR;
  if (!BANK.test(bank)) throw invalid('bank', 'has six digits');
  if (!ACCOUNT.test(account)) throw invalid('account', 'has 1 to 19 letters and digits');
  const decimal = amount && decimalOf(amount, VIETQR_AMOUNTS);
  return writeEmvco([
    [wire.PAYLOAD_FORMAT, payloadFormat],
    [wire.POINT_OF_INITIATION.tag, amount ? wire.POINT_OF_INITIATION.oneTime : wire.POINT_OF_INITIATION.reusable],
    [
      tag,
      [
        [wire.IDENTIFIER, identifier],
        [
          beneficiary.tag,
          [
            [beneficiary.bank, bank],
            [beneficiary.account, account],
          ],
        ],
        [service.tag, service[to]],
      ],
    ],
    [wire.CURRENCY, numericCodeOf(currency)],
    ...optional(wire.AMOUNT.tag, decimal),
    [wire.COUNTRY, country],
    ...additional(wire.ADDITIONAL_DATA.purpose, checkedText('purpose', purpose, wire.ADDITIONAL_DATA.maxLength)),
  ]);
}

/**
 * Reads a VietQR code of any issuer. A wrong checksum is refused in every mode.
 *
 * @param payload the text of the QR code, untrusted
 */
export function parseVietQr(payload: string, options: ReadOptions = {}): VietQrReading {
  const reading = readProfile(payload, wire.VIETQR, options);
  if (!reading.ok) return reading;
  const { beneficiary, service } = wire.VIETQR;
  const [bank, account] = beneficiaryOf(valueAt(reading.account, beneficiary.tag) ?? '');
  if (!BANK.test(bank) || !ACCOUNT.test(account)) return refused('The code names no bank and account.');
  const kind = valueAt(reading.account, service.tag);
  if (kind !== service.account && kind !== service.card) return refused('The code asks for another service.');
  return {
    ok: true,
    code: {
      ...reading.common,
      bank,
      account,
      to: kind === service.card ? 'card' : 'account',
      purpose: valueAt(reading.fields, `${wire.ADDITIONAL_DATA.tag}.${wire.ADDITIONAL_DATA.purpose}`),
    },
  };
}

const BANK = /^[0-9]{6}$/;
const ACCOUNT = /^[A-Za-z0-9]{1,19}$/;

/** The two fields within field 38.01, which EMVCo takes for text. */
function beneficiaryOf(text: string): readonly [bank: string, account: string] {
  const scan = /^0006([0-9]{6})01([0-9]{2})(.*)$/.exec(text);
  const [, bank = '', length = '', account = ''] = scan ?? [];
  return account.length === Number(length) ? [bank, account] : ['', ''];
}

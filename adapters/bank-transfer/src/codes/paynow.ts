import { numericCodeOf, writeEmvco, type Money } from '@itpay/core';
import { decimalOf, PAYNOW_AMOUNTS } from '../mapping.js';
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

/** Whom PayNow pays: a mobile number, or a company by its UEN (which may have a suffix for one of its accounts). */
export interface PayNowProxy {
  readonly type: 'mobile' | 'uen';
  /** `+6591234567` as banks write it; `201509555BNN1`. */
  readonly value: string;
}

/** What a PayNow code asks for: a transfer in Singapore dollars. */
export interface PayNowTransfer {
  readonly proxy: PayNowProxy;
  /** Left out: the payer chooses. */
  readonly amount?: Money | undefined;
  /** Whether the payer's app lets the amount be changed. Left out: only where the code names none. */
  readonly editable?: boolean | undefined;
  /** The last day on which apps take the code, `YYYYMMDD` in Singapore. */
  readonly expiry?: string | undefined;
  /** At most 25 characters of ASCII. Left out: `NA`, as banks print it. */
  readonly name?: string | undefined;
  /** At most 15. Left out: `Singapore`. */
  readonly city?: string | undefined;
  /** What the payee's statement shows, at most 25. */
  readonly bill?: string | undefined;
}

export interface PayNowCode extends CommonFields {
  readonly proxy: PayNowProxy;
  readonly editable: boolean;
  /** As the code has it: a date, for some issuers with a time. */
  readonly expiry: string | null;
  readonly bill: string | null;
}

export type PayNowReading =
  { readonly ok: true; readonly code: PayNowCode } | { readonly ok: false; readonly reason: string };

/**
 * The text of a PayNow code.
 *
 * @throws ItPayError `PARAMETER_INVALID` naming the field; `CURRENCY_NOT_SUPPORTED`, `AMOUNT_TOO_SMALL` or
 *   `AMOUNT_EXCEEDED` for the amount
 */
export function presentPayNow(transfer: PayNowTransfer): string {
  const { proxy, amount, expiry, name = 'NA', city = 'Singapore', bill } = transfer;
  const { editable = amount === undefined } = transfer;
  const { tag, identifier, proxyType, payloadFormat, currency, country } = wire.PAYNOW;
  if (!PROXY[proxy.type].test(proxy.value)) throw invalid('proxy', `is no ${proxy.type} that PayNow knows`);
  if (expiry !== undefined && !isDay(expiry)) throw invalid('expiry', 'is a day such as 20271231');
  const decimal = amount && decimalOf(amount, PAYNOW_AMOUNTS);
  return writeEmvco([
    [wire.PAYLOAD_FORMAT, payloadFormat],
    [wire.POINT_OF_INITIATION.tag, amount ? wire.POINT_OF_INITIATION.oneTime : wire.POINT_OF_INITIATION.reusable],
    [
      tag,
      [
        [wire.IDENTIFIER, identifier],
        [proxyType.tag, proxyType[proxy.type]],
        [wire.PAYNOW.proxy, proxy.value],
        [wire.PAYNOW.editable.tag, editable ? wire.PAYNOW.editable.yes : wire.PAYNOW.editable.no],
        ...optional(wire.PAYNOW.expiry, expiry),
      ],
    ],
    [wire.CATEGORY.tag, wire.CATEGORY.none],
    [wire.CURRENCY, numericCodeOf(currency)],
    ...optional(wire.AMOUNT.tag, decimal),
    [wire.COUNTRY, country],
    [wire.NAME.tag, checkedText('name', name, wire.NAME.maxLength)],
    [wire.CITY.tag, checkedText('city', city, wire.CITY.maxLength)],
    ...additional(wire.ADDITIONAL_DATA.bill, checkedText('bill', bill, wire.ADDITIONAL_DATA.maxLength)),
  ]);
}

/**
 * Reads a PayNow code of any issuer. A wrong checksum is refused in every mode.
 *
 * @param payload the text of the QR code, untrusted
 */
export function parsePayNow(payload: string, options: ReadOptions = {}): PayNowReading {
  const reading = readProfile(payload, wire.PAYNOW, options);
  if (!reading.ok) return reading;
  const { proxyType, proxy, editable, expiry } = wire.PAYNOW;
  const kind = valueAt(reading.account, proxyType.tag);
  const type = kind === proxyType.mobile ? 'mobile' : kind === proxyType.uen ? 'uen' : null;
  const value = valueAt(reading.account, proxy);
  if (type === null || value === null || !PROXY[type].test(value)) {
    return refused('The code names no mobile number and no UEN.');
  }
  return {
    ok: true,
    code: {
      ...reading.common,
      proxy: { type, value },
      editable: valueAt(reading.account, editable.tag) === editable.yes,
      expiry: valueAt(reading.account, expiry),
      bill: valueAt(reading.fields, `${wire.ADDITIONAL_DATA.tag}.${wire.ADDITIONAL_DATA.bill}`),
    },
  };
}

// Some issuers leave +65 out.
const PROXY = { mobile: /^(\+65)?[0-9]{8}$/, uen: /^[0-9A-Z]{9,13}$/ } as const;

function isDay(text: string): boolean {
  const [, year, month, day] = /^([0-9]{4})([0-9]{2})([0-9]{2})$/.exec(text) ?? [];
  const iso = `${year}-${month}-${day}`;
  const date = new Date(`${iso}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(iso);
}

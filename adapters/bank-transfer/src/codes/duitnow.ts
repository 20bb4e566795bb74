import { numericCodeOf, writeEmvco, type Money } from '@itpay/core';
import { decimalOf, DUITNOW_AMOUNTS } from '../mapping.js';
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

/** What a DuitNow code asks for: a transfer in ringgit to a merchant of an acquirer. */
export interface DuitNowTransfer {
  /** The six digits of the acquirer. */
  readonly acquirer: string;
  /** What the acquirer calls the merchant, 1 to 34 letters and digits. */
  readonly account: string;
  /** Left out: the payer chooses. */
  readonly amount?: Money | undefined;
  /** At most 25 characters of ASCII. */
  readonly name: string;
  /** At most 15. */
  readonly city: string;
  /** The reference label, at most 25. */
  readonly reference?: string | undefined;
}

export interface DuitNowCode extends CommonFields {
  readonly acquirer: string;
  readonly account: string;
  readonly reference: string | null;
}

export type DuitNowReading =
  { readonly ok: true; readonly code: DuitNowCode } | { readonly ok: false; readonly reason: string };

/**
 * The text of a DuitNow code.
 *
 * @throws ItPayError `PARAMETER_INVALID` naming the field; `CURRENCY_NOT_SUPPORTED`, `AMOUNT_TOO_SMALL` or
 *   `AMOUNT_EXCEEDED` for the amount
 */
export function presentDuitNow({ acquirer, account, amount, name, city, reference }: DuitNowTransfer): string {
  const { tag, identifier, payloadFormat, currency, country } = wire.DUITNOW;
  if (!ACQUIRER.test(acquirer)) throw invalid('acquirer', 'has six digits');
  if (!ACCOUNT.test(account)) throw invalid('account', 'has 1 to 34 letters and digits');
  const decimal = amount && decimalOf(amount, DUITNOW_AMOUNTS);
  return writeEmvco([
    [wire.PAYLOAD_FORMAT, payloadFormat],
    [wire.POINT_OF_INITIATION.tag, amount ? wire.POINT_OF_INITIATION.oneTime : wire.POINT_OF_INITIATION.reusable],
    [
      tag,
      [
        [wire.IDENTIFIER, identifier],
        [wire.DUITNOW.acquirer, acquirer],
        [wire.DUITNOW.account, account],
      ],
    ],
    [wire.CATEGORY.tag, wire.CATEGORY.none],
    [wire.CURRENCY, numericCodeOf(currency)],
    ...optional(wire.AMOUNT.tag, decimal),
    [wire.COUNTRY, country],
    [wire.NAME.tag, checkedText('name', name, wire.NAME.maxLength)],
    [wire.CITY.tag, checkedText('city', city, wire.CITY.maxLength)],
    ...additional(wire.ADDITIONAL_DATA.reference, checkedText('reference', reference, wire.ADDITIONAL_DATA.maxLength)),
  ]);
}

/**
 * Reads a DuitNow code of any issuer. A wrong checksum is refused in every mode.
 *
 * @param payload the text of the QR code, untrusted
 */
export function parseDuitNow(payload: string, options: ReadOptions = {}): DuitNowReading {
  const reading = readProfile(payload, wire.DUITNOW, options);
  if (!reading.ok) return reading;
  const acquirer = valueAt(reading.account, wire.DUITNOW.acquirer);
  const account = valueAt(reading.account, wire.DUITNOW.account);
  if (acquirer === null || account === null || !ACQUIRER.test(acquirer) || !ACCOUNT.test(account)) {
    return refused('The code names no acquirer and account.');
  }
  return {
    ok: true,
    code: {
      ...reading.common,
      acquirer,
      account,
      reference: valueAt(reading.fields, `${wire.ADDITIONAL_DATA.tag}.${wire.ADDITIONAL_DATA.reference}`),
    },
  };
}

const ACQUIRER = /^[0-9]{6}$/;
const ACCOUNT = /^[A-Za-z0-9]{1,34}$/;

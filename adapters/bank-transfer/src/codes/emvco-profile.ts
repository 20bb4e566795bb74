import { fieldAt, ItPayError, numericCodeOf, readEmvco, type EmvcoInput, type Money, type TlvField } from '@itpay/core';
import { amountOf } from '../mapping.js';
import * as wire from '../wire.js';

/** What the three EMVCo profiles of transfers differ in before their account templates. */
export interface Profile {
  readonly tag: string;
  readonly identifier: string;
  readonly payloadFormat: string;
  readonly currency: string;
  readonly country: string;
}

/** What every code of a profile says. */
export interface CommonFields {
  /** Marked as reusable. */
  readonly static: boolean;
  /** Null when the payer chooses. */
  readonly amount: Money | null;
  readonly name: string | null;
  readonly city: string | null;
}

export type ProfileReading =
  | {
      readonly ok: true;
      readonly fields: readonly TlvField[];
      readonly account: readonly TlvField[];
      readonly common: CommonFields;
    }
  | { readonly ok: false; readonly reason: string };

/** `strict` is what a generator must produce; `tolerant` also reads what real issuers print. */
export interface ReadOptions {
  readonly mode?: 'strict' | 'tolerant';
}

/** Checks what the profiles share, and gives the fields of the one account that the code names. */
export function readProfile(payload: string, profile: Profile, { mode = 'tolerant' }: ReadOptions): ProfileReading {
  const reading = readEmvco(payload, { mode });
  if (!reading.ok) return reading;
  const { fields } = reading;
  const { tag, identifier, currency, country, payloadFormat } = profile;
  const accounts = fields.filter((field) => fieldAt(field.children ?? [], wire.IDENTIFIER) === identifier);
  const [account] = accounts;
  if (account?.tag !== tag) return refused(`The code names no account in field ${tag}.`);
  if (accounts.length > 1) return refused('The code names two accounts.');
  if (fieldAt(fields, wire.CURRENCY) !== numericCodeOf(currency))
    return refused(`The code does not ask for ${currency}.`);
  if (fieldAt(fields, wire.COUNTRY) !== country) return refused(`The code is not from ${country}.`);
  if (mode === 'strict' && fieldAt(fields, wire.PAYLOAD_FORMAT) !== payloadFormat) {
    return refused(`The payload format is not ${payloadFormat}.`);
  }
  const decimal = fieldAt(fields, wire.AMOUNT.tag);
  // Some issuers print "1000."; strict mode has refused it by now.
  const amount = decimal === undefined ? null : amountOf(decimal.replace(/\.$/, ''), currency);
  if (decimal !== undefined && amount === null) return refused(`The amount has more decimals than ${currency}.`);
  return {
    ok: true,
    fields,
    account: account.children ?? [],
    common: {
      static: fieldAt(fields, wire.POINT_OF_INITIATION.tag) !== wire.POINT_OF_INITIATION.oneTime,
      amount,
      name: fieldAt(fields, wire.NAME.tag) ?? null,
      city: fieldAt(fields, wire.CITY.tag) ?? null,
    },
  };
}

/** The value at a path, or null. */
export function valueAt(fields: readonly TlvField[], path: string): string | null {
  return fieldAt(fields, path) ?? null;
}

/** A field that is left out when there is nothing to put into it. */
export function optional(tag: string, value: string | undefined): EmvcoInput[] {
  return value === undefined ? [] : [[tag, value]];
}

/** Additional data, which holds one field here. */
export function additional(tag: string, value: string | undefined): EmvcoInput[] {
  return value === undefined ? [] : [[wire.ADDITIONAL_DATA.tag, [[tag, value]]]];
}

/** @throws ItPayError `PARAMETER_INVALID` when the text is not plain ASCII of this length, which every bank carries */
export function checkedText<Text extends string | undefined>(param: string, text: Text, maxLength: number): Text {
  if (text === undefined || (/^[\x20-\x7e]+$/.test(text) && text.length <= maxLength)) return text;
  throw invalid(param, `has 1 to ${maxLength} characters of ASCII`);
}

export function invalid(param: string, rule: string): ItPayError {
  return new ItPayError('PARAMETER_INVALID', { message: `${param} ${rule}.`, param });
}

export function refused(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason };
}

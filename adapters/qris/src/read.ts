import { fieldAt, readEmvco, type Money, type TlvField } from '@itpay/core';
import { rupiahIn } from './mapping.js';
import * as wire from './wire.js';

/** Where the money goes at one acquirer: tags 26 to 45. */
export interface QrisAccount {
  readonly tag: string;
  /** The acquirer, as a reverse domain: `ID.CO.BCA.WWW`. */
  readonly gui: string;
  /** The merchant's number across acquirers; eight digits of it name the acquirer (9360…). */
  readonly pan?: string;
  readonly merchantId?: string;
  /** The size of the merchant: `UMI`, `UKE`, `UME`, `UBE`, `URE`, `PSO` or `BLU`. */
  readonly criteria?: string;
}

/** `prompt`: the wallet asks for one. `percent` is text such as `2.5`. */
export type QrisTip =
  | { readonly mode: 'prompt' }
  | { readonly mode: 'fixed'; readonly amount: Money }
  | { readonly mode: 'percentage'; readonly percent: string };

/** What a QRIS merchant code says. */
export interface QrisCode {
  /** A dynamic code is for one payment. */
  readonly method: 'static' | 'dynamic';
  readonly accounts: readonly QrisAccount[];
  /** The national number of the merchant, and its size by the national register; tag 51. */
  readonly national: { readonly nmid: string; readonly criteria?: string } | null;
  readonly mcc: string;
  /** Null when the payer chooses. In minor units of ISO 4217. */
  readonly amount: Money | null;
  readonly tip: QrisTip | null;
  readonly merchantName: string;
  readonly city: string;
  readonly postalCode: string | null;
  /** Tag 62, by its tags: `07` is the terminal. `***` means that the wallet asks the payer. */
  readonly additional: Readonly<Record<string, string>>;
}

export type QrisReading =
  | {
      readonly ok: true;
      readonly code: QrisCode;
      /** Where the code departs from the profile in ways that wallets tolerate, as clauses. */
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly reason: string };

/**
 * Reads a QRIS merchant code of any acquirer; fields come in any order. A wrong checksum, another country or currency, and a
 * code for transfers between persons are refused. A valid code proves nothing about who made it.
 *
 * @param payload the text of the QR code, untrusted
 */
export function readQris(payload: string): QrisReading {
  const reading = readEmvco(payload, { mode: 'tolerant' });
  if (!reading.ok) return { ok: false, reason: reading.reason };

  const { fields } = reading;
  const refusal = refusalOf(fields);
  if (refusal !== null) return { ok: false, reason: refusal };
  const code = codeIn(fields);
  return { ok: true, code, warnings: [...reading.repaired, ...profileFlaws(code, fields)] };
}

function refusalOf(fields: readonly TlvField[]): string | null {
  const at = (path: string) => fieldAt(fields, path);
  if (at(wire.CURRENCY.tag) !== wire.CURRENCY.rupiah) return 'The code does not ask for Indonesian rupiah.';
  if (at(wire.COUNTRY.tag) !== wire.COUNTRY.indonesia) return 'The code is not from Indonesia.';
  if (isTransfer(fields)) return 'The code is for a transfer to a person. It pays no merchant.';
  if (accountsIn(fields).length === 0) return 'The code names no merchant account of an acquirer.';

  const amount = at(wire.AMOUNT);
  if (amount !== undefined && rupiahIn(amount) === null) return 'The amount is zero, or not rupiah.';
  const initiation = at(wire.POINT_OF_INITIATION.tag) ?? wire.POINT_OF_INITIATION.static;
  const { static: reusable, dynamic } = wire.POINT_OF_INITIATION;
  if (initiation !== reusable && initiation !== dynamic) return 'Field 01 is neither 11 nor 12.';
  if (at(wire.TIP.tag) !== undefined && tipIn(fields) === null) return 'The tip is not readable.';
  return null;
}

/** Transfer codes look like merchant codes. Their account is in 40, and 62 holds a purpose or a number of the transfer. */
function isTransfer(fields: readonly TlvField[]): boolean {
  if (!fields.some(({ tag }) => tag === wire.TRANSFER_ACCOUNT)) return false;
  const { tag, purpose, proprietary } = wire.ADDITIONAL;
  if (wire.TRANSFER_PURPOSES.includes(fieldAt(fields, `${tag}.${purpose}`) ?? '')) return true;
  return (
    fieldAt(fields, `${tag}.${proprietary}.00`) === '00' && fieldAt(fields, `${tag}.${proprietary}.01`) !== undefined
  );
}

function codeIn(fields: readonly TlvField[]): QrisCode {
  const at = (path: string) => fieldAt(fields, path);
  const nmid = at(`${wire.NATIONAL.tag}.${wire.NATIONAL.nmid}`);
  const amount = at(wire.AMOUNT);
  const { tag, dynamic } = wire.POINT_OF_INITIATION;
  return {
    method: at(tag) === dynamic ? 'dynamic' : 'static',
    accounts: accountsIn(fields),
    national:
      nmid === undefined ? null : { nmid, ...given('criteria', at(`${wire.NATIONAL.tag}.${wire.NATIONAL.criteria}`)) },
    mcc: at(wire.MCC) ?? '',
    amount: amount === undefined ? null : rupiahIn(amount),
    tip: tipIn(fields),
    merchantName: at(wire.NAME.tag) ?? '',
    city: at(wire.CITY.tag) ?? '',
    postalCode: at(wire.POSTAL_CODE) ?? null,
    additional: Object.fromEntries(
      (fields.find((field) => field.tag === wire.ADDITIONAL.tag)?.children ?? []).map((one) => [one.tag, one.value]),
    ),
  };
}

function accountsIn(fields: readonly TlvField[]): QrisAccount[] {
  return fields
    .filter(({ tag }) => Number(tag) >= wire.ACCOUNTS.first && Number(tag) <= wire.ACCOUNTS.last)
    .map(({ tag, children = [] }) => ({
      tag,
      gui: fieldAt(children, wire.ACCOUNT.gui) ?? '',
      ...given('pan', fieldAt(children, wire.ACCOUNT.pan)),
      ...given('merchantId', fieldAt(children, wire.ACCOUNT.merchantId)),
      ...given('criteria', fieldAt(children, wire.ACCOUNT.criteria)),
    }));
}

/** Null when there is none, and when what is there contradicts itself. */
function tipIn(fields: readonly TlvField[]): QrisTip | null {
  const fixed = fieldAt(fields, wire.TIP.fixedAmount);
  const percent = fieldAt(fields, wire.TIP.percentage);
  switch (fieldAt(fields, wire.TIP.tag)) {
    case wire.TIP.prompt:
      return fixed === undefined && percent === undefined ? { mode: 'prompt' } : null;
    case wire.TIP.fixed: {
      const amount = fixed === undefined || percent !== undefined ? null : rupiahIn(fixed);
      return amount && { mode: 'fixed', amount };
    }
    case wire.TIP.percent:
      return fixed === undefined && isPercent(percent) ? { mode: 'percentage', percent } : null;
    default:
      return null;
  }
}

/** From 0.01 to 99.99, in at most five characters. */
export function isPercent(text: string | undefined): text is string {
  return text !== undefined && /^[0-9]{1,2}(\.[0-9]{1,2})?$/.test(text) && /[1-9]/.test(text);
}

const LENGTHS = [
  [wire.NAME, 'merchant name', ({ merchantName }: QrisCode) => merchantName],
  [wire.CITY, 'city', ({ city }: QrisCode) => city],
] as const;

/** What the profile of Bank Indonesia wants beyond the checksum. Live codes break it, so readers warn; writers refuse. */
export function profileFlaws(code: QrisCode, fields: readonly TlvField[]): string[] {
  const flaws: string[] = [];
  const flaw = (broken: boolean, clause: string) => void (broken && flaws.push(clause));
  flaw(fieldAt(fields, wire.POINT_OF_INITIATION.tag) === undefined, 'field 01 missing');
  flaw(code.method === 'static' && code.national === null, 'national repository tag 51 missing on a static code');
  flaw(!/^[0-9]{4}$/.test(code.mcc), 'MCC is not four digits');
  for (const [{ maxLength }, name, textOf] of LENGTHS) {
    flaw(textOf(code) === '', `${name} missing`);
    flaw([...textOf(code)].length > maxLength, `${name} longer than ${maxLength}`);
  }
  flaw(code.postalCode === null, 'postal code missing');
  for (const { tag, pan, criteria } of code.accounts) {
    flaw(!/^[0-9]{8,19}$/.test(pan ?? ''), `merchant PAN in ${tag} is not 8 to 19 digits`);
    flaw(!wire.CRITERIA.includes(criteria ?? ''), `merchant criteria in ${tag} unknown`);
  }
  for (const [tag, value] of Object.entries(code.additional)) {
    const standard = Number(tag) >= 1 && Number(tag) <= 8;
    flaw(standard && [...value].length > wire.ADDITIONAL.maxLength, `additional data ${tag} longer than 25`);
    flaw(tag === wire.ADDITIONAL.dataRequest && !isDataRequest(value), 'additional data 09 is not of A, M and E');
  }
  return flaws;
}

/** Address, mobile number, e-mail: each at most once. */
function isDataRequest(value: string): boolean {
  return /^[AME]{1,3}$/.test(value) && new Set(value).size === value.length;
}

function given<Name extends string>(name: Name, value: string | undefined): { readonly [K in Name]?: string } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [K in Name]?: string };
}

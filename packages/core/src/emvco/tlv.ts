import { ItPayError } from '../error.js';

/** One field: a two-digit tag and its value; `children` when the value is a template of further fields. */
export interface TlvField {
  readonly tag: string;
  readonly value: string;
  readonly children?: readonly TlvField[];
}

/** What a length counts. The standard says characters; some issuers count UTF-8 bytes. */
export type LengthUnit = 'characters' | 'bytes';

export type TlvScan =
  { readonly ok: true; readonly fields: readonly TlvField[] } | { readonly ok: false; readonly reason: string };

/**
 * The fields of one template, in order and without a look inside their values.
 *
 * @throws ItPayError `PARAMETER_INVALID` with the reason as its message
 */
export function readTlv(text: string): TlvField[] {
  const scan = scanTlv(text, 'characters');
  if (!scan.ok) throw new ItPayError('PARAMETER_INVALID', { message: scan.reason });
  return [...scan.fields];
}

/** The value at a path of tags: `fieldAt(fields, '29.01')`. Undefined when a step is missing. */
export function fieldAt(fields: readonly TlvField[], path: string): string | undefined {
  let level: readonly TlvField[] | undefined = fields;
  let found: TlvField | undefined;
  for (const tag of path.split('.')) {
    found = level?.find((field) => field.tag === tag);
    level = found?.children;
  }
  return found?.value;
}

/** Splits a text into fields. Refusals are values here, because a wrong code in front of a camera is nothing special. */
export function scanTlv(text: string, unit: LengthUnit): TlvScan {
  const { length, slice } = measure(text, unit);
  const fields: TlvField[] = [];
  let at = 0;
  while (at < length) {
    const tag = slice(at, at + 2);
    if (!TWO_DIGITS.test(tag)) return refused(`The tag at position ${at} is not two digits.`);

    const declared = slice(at + 2, at + 4);
    if (!TWO_DIGITS.test(declared)) return refused(`The length of field ${tag} is not two digits.`);

    const start = at + 4;
    const end = start + Number(declared);
    if (end > length) {
      return refused(`Field ${tag} declares ${Number(declared)} ${unit}, but only ${length - start} are left.`);
    }
    const value = slice(start, end);
    if (unit === 'bytes' && value.includes(CUT)) return refused(`The length of field ${tag} cuts a character in two.`);
    fields.push({ tag, value });
    at = end;
  }
  return { ok: true, fields };
}

const TWO_DIGITS = /^[0-9]{2}$/;

// Without one, as in nearly every code, a character is a code unit.
const SURROGATE = /[\ud800-\udfff]/;

// What a decoder puts in the place of half a character.
const CUT = '\uFFFD';

function measure(text: string, unit: LengthUnit): { length: number; slice: (start: number, end: number) => string } {
  if (unit === 'characters') {
    if (!SURROGATE.test(text)) return { length: text.length, slice: (start, end) => text.slice(start, end) };
    const characters = [...text]; // by code point, so that an emoji counts once
    return { length: characters.length, slice: (start, end) => characters.slice(start, end).join('') };
  }
  const bytes = new TextEncoder().encode(text);
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return { length: bytes.length, slice: (start, end) => decoder.decode(bytes.subarray(start, end)) };
}

function refused(reason: string): TlvScan {
  return { ok: false, reason };
}

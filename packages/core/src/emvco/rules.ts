import { fieldAt, type TlvField } from './tlv.js';

/** Whether the value at this root tag is a template: accounts, additional data, language, and the unreserved range. */
export function isTemplate(tag: string): boolean {
  return isWithin(tag, 26, 51) || tag === '62' || tag === '64' || isUnreserved(tag);
}

/** Whether the root tag is in the range that anybody may use. */
export function isUnreserved(tag: string): boolean {
  return isWithin(tag, 80, 99);
}

/** The first rule of the standard that the fields break, as a sentence; null when they break none. */
export function flawOf(fields: readonly TlvField[], tolerant: boolean): string | null {
  for (const rule of [orderFlaw, repetitionFlaw, accountFlaw, emptinessFlaw, identifierFlaw, amountFlaw]) {
    const flaw = rule(fields, tolerant);
    if (flaw) return flaw;
  }
  return null;
}

function orderFlaw(fields: readonly TlvField[]): string | null {
  if (fields[0]?.tag !== '00') return 'The first field is not 00, the payload format.';
  if (fields.at(-1)?.tag !== '63') return 'The last field is not 63, the checksum.';
  return null;
}

function repetitionFlaw(fields: readonly TlvField[]): string | null {
  const seen = new Set<string>();
  for (const { tag } of fields) {
    if (seen.has(tag)) return `Field ${tag} occurs twice.`;
    seen.add(tag);
  }
  return null;
}

function accountFlaw(fields: readonly TlvField[]): string | null {
  if (fields.some(({ tag }) => isWithin(tag, 2, 51))) return null;
  return 'There is no account to pay to: none of the fields 02 to 51.';
}

function emptinessFlaw(fields: readonly TlvField[], tolerant: boolean): string | null {
  for (const { tag, value, children = [] } of fields) {
    if (value === '' && isTemplate(tag)) return `Template ${tag} is empty.`;
    if (value === '' && !tolerant) return `Field ${tag} is empty.`;
    const empty = children.find((child) => child.value === '');
    if (empty && !tolerant) return `Field ${tag}.${empty.tag} is empty.`;
  }
  return null;
}

function identifierFlaw(fields: readonly TlvField[]): string | null {
  for (const { tag, children } of fields) {
    if (!children || tag === '62' || tag === '64') continue;
    const identifier = fieldAt(children, '00');
    if (!identifier) return `Template ${tag} has no unique identifier in 00.`;
    const length = [...identifier].length;
    if (length > 32) return `Template ${tag}: the unique identifier has ${length} characters; the limit is 32.`;
  }
  return null;
}

function amountFlaw(fields: readonly TlvField[], tolerant: boolean): string | null {
  const amount = fieldAt(fields, '54');
  if (amount === undefined) return null;

  if (amount.length > 13) return 'The amount in field 54 is longer than 13 characters.';
  // Indonesian codes write "1000." as well.
  const form = tolerant ? /^[0-9]+(\.[0-9]*)?$/ : /^[0-9]+(\.[0-9]+)?$/;
  if (!form.test(amount)) return 'The amount in field 54 is not digits with at most one point between them.';
  // A profile may give zero a meaning; the standard forbids it.
  if (!tolerant && !/[1-9]/.test(amount)) return 'The amount in field 54 is zero.';
  return null;
}

function isWithin(tag: string, first: number, last: number): boolean {
  return Number(tag) >= first && Number(tag) <= last;
}

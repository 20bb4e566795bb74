import { ItPayError } from '@itpay/core';
import { checkDigits, mod97 } from '../mod97.js';
import type { ReferenceScheme } from './scheme.js';

/**
 * The ISO 11649 creditor reference of a body: `539007547034` is `RF18539007547034`.
 *
 * @param body 1 to 21 of `A-Z0-9`
 * @throws ItPayError `PARAMETER_INVALID`
 */
export function writeRf(body: string): string {
  if (!/^[A-Z0-9]{1,21}$/.test(body)) {
    throw new ItPayError('PARAMETER_INVALID', {
      message: 'The body of an RF reference has 1 to 21 capital letters and digits.',
      param: 'reference',
    });
  }
  return `RF${checkDigits('RF', body)}${body}`;
}

/**
 * A creditor reference as people type it, in its electronic form: `rf18 5390-0754.7034` is `RF18539007547034`.
 *
 * @returns null when it is none, or its check digits are wrong
 */
export function readRf(typed: string): string | null {
  const reference = typed.replace(/[\s.\-/]/g, '').toUpperCase();
  if (!/^RF[0-9]{2}[A-Z0-9]{1,21}$/.test(reference)) return null;
  return mod97(reference.slice(4) + reference.slice(0, 4)) === 1 ? reference : null;
}

/** In groups of four, as it is printed. */
export function formatRf(reference: string): string {
  return reference.replace(/(.{4})(?=.)/g, '$1 ');
}

/**
 * The valid references with a body of this length that a text holds, whatever a bank put between their characters. Their
 * check digits tell them from other text; about one of a hundred texts that look like one passes by chance, so what is
 * found is looked up before it is believed.
 */
export function findRf(text: string, bodyLength: number): readonly string[] {
  const letters = text.toUpperCase().replace(/[^A-Z0-9]/g, '');
  const found = new Set<string>();
  for (let at = letters.indexOf('RF'); at >= 0; at = letters.indexOf('RF', at + 1)) {
    const reference = readRf(letters.slice(at, at + 4 + bodyLength));
    if (reference?.length === 4 + bodyLength) found.add(reference);
  }
  return [...found];
}

// Twelve of these hold 60 bits, and with RF and its check digits make four groups of four. I, L, O and U are left out,
// because people misread them.
const ORDER_NUMBERS = { maxLength: 12, alphabet: '0123456789ABCDEFGHJKMNPQRSTVWXYZ' };

/** RF references, which SEPA banks carry in a field of their own and everybody else as text. */
export const rfReferences: ReferenceScheme = {
  orderNumbers: ORDER_NUMBERS,
  structured: true,
  write: writeRf,
  read(typed) {
    const reference = readRf(typed) ?? readRf(asMeant(typed)) ?? '';
    return isOrderNumber(reference.slice(4)) ? reference.slice(4) : null;
  },
  find(text) {
    const found = [...findRf(text, ORDER_NUMBERS.maxLength), ...findRf(asMeant(text), ORDER_NUMBERS.maxLength)];
    return [...new Set(found.map((reference) => reference.slice(4)).filter(isOrderNumber))];
  },
};

function isOrderNumber(body: string): boolean {
  const { maxLength, alphabet } = ORDER_NUMBERS;
  return body.length === maxLength && [...body].every((character) => alphabet.includes(character));
}

/** The letters that our order numbers never hold are the digits that they look like. */
function asMeant(typed: string): string {
  return typed.toUpperCase().replace(/O/g, '0').replace(/[IL]/g, '1');
}

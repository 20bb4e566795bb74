import { createHash } from 'node:crypto';
import { Occurrences } from './occurrences.js';

/** What a line is known by. */
export interface KeyedLine {
  /** The bank's number of the line. */
  readonly bankReference: string | null;
  readonly direction: 'in' | 'out';
  readonly currency: string;
  readonly value: bigint;
  readonly day: string;
  readonly text: string;
}

/**
 * Names the lines of a statement so that the same line has the same name in every file that tells it: during the day
 * (camt.052, MT942), at once (camt.054) and at its end (camt.053, MT940). A name is made of the bank's number, or of the
 * day and the text where there is none; lines that are the same in all of that are counted. The amount and the direction
 * are always part of it, because banks give a transfer and its return, or all parts of a batch, one number.
 * A pending line has the name of the booked one, so what is known as pending is not yet booked.
 */
export class DedupeKeys {
  readonly #occurrences = new Occurrences();
  readonly #account: string;

  constructor(account: string) {
    this.#account = lettersOf(account);
  }

  next({ bankReference, direction, currency, value, day, text }: KeyedLine): string {
    const name = isNumber(bankReference)
      ? `ref:${bankReference.replace(/\s/g, '')}`
      : `hash:${createHash('sha256')
          .update(`${day}|${lettersOf(text)}`)
          .digest('hex')
          .slice(0, 32)}`;
    const key = [this.#account, name, direction, `${currency}${value}`].join('|');
    const count = this.#occurrences.add(key);
    return count === 1 ? key : `${key}|${count}`;
  }
}

/** Whether a bank filled the field: many write a word that says that there is no reference. */
export function isNumber(reference: string | null | undefined): reference is string {
  return (
    reference !== null &&
    reference !== undefined &&
    /[A-Za-z1-9]/.test(reference) &&
    !/^(?:NONREF|NOREF|NONE|NOTPROVIDED|NOT PROVIDED|NOTAVAILABLE|N\/?A|N)$/i.test(reference.trim())
  );
}

/** Banks wrap, pad and shorten differently in their messages; letters and digits stay. */
function lettersOf(text: string): string {
  return text.toUpperCase().replace(/[^\p{L}\p{N}]/gu, '');
}

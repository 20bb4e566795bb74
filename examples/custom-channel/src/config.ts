import { ItPayError } from '@itpay/core';
import { CITY, NAME } from './wire.js';

/** Who receives the money in live mode. */
export interface PixOptions {
  /**
   * The payee's Pix key, written as the bank has it: a CPF (11 digits) or CNPJ (14 digits) without punctuation, a telephone
   * number (`+5511987654321`), an e-mail address in lower case, or a random key.
   */
  readonly key: string;
  /** What the payer reads. At most 25 characters, without accents. */
  readonly name: string;
  /** Where the payee is. At most 15 characters, without accents. */
  readonly city: string;
}

/** The random key of test mode. Nobody has it: a bank makes random keys as UUIDs of version 4, and this is none. */
export const NOBODY = '00000000-0000-0000-0000-000000000000';

/**
 * Checks the options at the start, while a person is looking.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` naming the option
 */
export function payeeOf(options: PixOptions): PixOptions {
  if (typeof options !== 'object' || options === null) throw invalid('key', 'is missing.');

  const { key, name, city, ...unknown } = options;
  const [misspelt] = Object.keys(unknown);
  if (misspelt !== undefined) throw invalid(misspelt, 'is not an option. The options are key, name and city.');

  if (typeof key !== 'string' || !isKey(key)) {
    throw invalid(
      'key',
      'is no Pix key. Write a CPF or CNPJ as digits only, a telephone number as +5511987654321, an e-mail address or a ' +
        'random key in lower case, and look for a typing error.',
    );
  }
  if (key === NOBODY) throw invalid('key', 'is the payee of test mode, whom nobody can pay.');
  if (!isPlain(name, NAME.maxLength)) throw invalid('name', 'is not 1 to 25 characters without accents.');
  if (!isPlain(city, CITY.maxLength)) throw invalid('city', 'is not 1 to 15 characters without accents.');
  return { key, name, city };
}

function isKey(key: string): boolean {
  if (/^[0-9]{11}$/.test(key)) return !/^(.)\1+$/.test(key) && hasCheckDigits(key, 11);
  if (/^[0-9]{14}$/.test(key)) return !/^(.)\1+$/.test(key) && hasCheckDigits(key, 9);
  if (/^\+55[0-9]{10,11}$/.test(key)) return true;
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(key)) return true;
  return key.length <= 77 && /^[a-z0-9.!#$&'*+/=?^_`{|}~-]+@[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(key);
}

/** The last two digits are check digits: modulus 11, with weights from the right that begin again at 2 after `last`. */
function hasCheckDigits(digits: string, last: 9 | 11): boolean {
  return [digits.length - 2, digits.length - 1].every((at) => digits[at] === checkDigit(digits.slice(0, at), last));
}

function checkDigit(digits: string, last: number): string {
  const weighted = [...digits].toReversed().map((digit, index) => Number(digit) * (2 + (index % (last - 1))));
  const rest = weighted.reduce((sum, value) => sum + value, 0) % 11;
  return String(rest < 2 ? 0 : 11 - rest);
}

function isPlain(text: unknown, maxLength: number): boolean {
  return typeof text === 'string' && /^[\x20-\x7e]+$/.test(text) && text.trim() === text && text.length <= maxLength;
}

/** Names the option and never repeats its value: the key may be a person's tax number. */
function invalid(option: string, problem: string): ItPayError {
  return new ItPayError('CONFIGURATION_INVALID', {
    message: `pix({ ${option} }): ${option} ${problem}`,
    param: option,
  });
}

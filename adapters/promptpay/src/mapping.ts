import { formatDecimal, ItPayError, moneyToWire, parseDecimal, type Money } from '@itpay/core';

/** What a PromptPay id is; the rail keeps each kind under a tag of its own. */
export type ProxyType = 'mobile' | 'national_or_tax_id' | 'e_wallet';

/** A PromptPay id as the payload carries it. */
export interface Proxy {
  readonly type: ProxyType;
  /** 13 digits, for a mobile number `0066` and the number without its leading zero; 15 digits for a wallet. */
  readonly value: string;
}

/** The smallest and largest amounts, in satang. */
export const MIN_SATANG = 1n;
// Tag 54 holds 13 characters (EMVCo), three of which are the point and the decimals: 9,999,999,999.99 baht. Banks allow far
// less per transfer; their limits depend on the payer and are not ours to know.
export const MAX_SATANG = 10n ** 12n - 1n;

/**
 * The PromptPay id behind what people write: a mobile number (`081-234-5678`, `+66 81 234 5678`), a national or tax id of
 * 13 digits, or a wallet's 15 digits. The number of digits tells which. Check digits are not looked at.
 *
 * @throws ItPayError `PARAMETER_INVALID` with the reason
 */
export function proxyOf(target: string): Proxy {
  const reading = readTarget(target);
  if ('proxy' in reading) return reading.proxy;
  throw new ItPayError('PARAMETER_INVALID', { message: `The target ${reading.flaw}.`, param: 'target' });
}

/** The digits of `proxyOf(target)`: `0812345678` is `0066812345678`. @throws the same */
export function formatTarget(target: string): string {
  return proxyOf(target).value;
}

/** What `proxyOf` finds, or the reason against it as the end of a sentence. */
export function readTarget(target: string): { readonly proxy: Proxy } | { readonly flaw: string } {
  const digits = digitsOf(target);
  if (digits === null) {
    return { flaw: 'holds something else than the digits 0 to 9, with spaces, dashes or a leading + between them' };
  }
  const mobile = /^(?:0|66)([0-9]{9})$/.exec(digits)?.[1];
  if (mobile !== undefined) return { proxy: { type: 'mobile', value: `0066${mobile}` } };
  if (digits.length === 13) return { proxy: { type: 'national_or_tax_id', value: digits } };
  if (digits.length === 15) return { proxy: { type: 'e_wallet', value: digits } };
  return {
    flaw:
      `has ${digits.length} digits; a mobile number has 10 and begins with 0, or 11 with 66 in front; ` +
      'a national or tax id has 13, an e-wallet id 15',
  };
}

/** The digits of a number as people write it; null when there is anything else in it, digits of other scripts included. */
export function digitsOf(text: string): string | null {
  const digits = text
    .trim()
    .replace(/^\+/, '')
    .replace(/[\s().\p{Pd}]/gu, '');
  return /^[0-9]+$/.test(digits) ? digits : null;
}

/**
 * The check digit of a national or tax id: the first twelve digits weigh 13 down to 2, and the thirteenth completes their
 * sum to a multiple of 11.
 */
export function isThaiId(digits: string): boolean {
  if (!/^[0-9]{13}$/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < 12; i++) sum += Number(digits[i]) * (13 - i);
  return (11 - (sum % 11)) % 10 === Number(digits[12]);
}

/** Whether a bill payment can carry the text as a reference: 1 to 20 capital letters and digits. */
export function isReference(text: string): boolean {
  return /^[A-Z0-9]{1,20}$/.test(text);
}

/**
 * The amount in baht with two decimals, as tag 54 wants it.
 *
 * @throws ItPayError `CURRENCY_NOT_SUPPORTED`, `AMOUNT_TOO_SMALL` or `AMOUNT_EXCEEDED`
 */
export function bahtOf(amount: Money): string {
  if (amount.currency !== 'THB') {
    throw new ItPayError('CURRENCY_NOT_SUPPORTED', {
      message: `PromptPay moves Thai baht, not ${amount.currency}.`,
      details: { allowed: ['THB'] },
    });
  }
  if (amount.value < MIN_SATANG) throw outside('AMOUNT_TOO_SMALL', 'minimum', MIN_SATANG);
  if (amount.value > MAX_SATANG) throw outside('AMOUNT_EXCEEDED', 'maximum', MAX_SATANG);
  return formatDecimal(amount.value, 2);
}

/** The amount that tag 54 states; null when it is none: not a number, or finer than satang. */
export function satangOf(baht: string): Money | null {
  if (!/^[0-9]+(\.[0-9]{1,2})?$/.test(baht)) return null;
  return { currency: 'THB', value: parseDecimal(baht, 2) };
}

function outside(
  code: 'AMOUNT_TOO_SMALL' | 'AMOUNT_EXCEEDED',
  bound: 'minimum' | 'maximum',
  value: bigint,
): ItPayError {
  return new ItPayError(code, {
    message: `The ${bound} of a PromptPay code is ${formatDecimal(value, 2)} baht.`,
    details: { [bound]: moneyToWire({ currency: 'THB', value }) },
  });
}

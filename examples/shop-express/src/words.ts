/** The shop counts in satang, as integers. */
export const baht = (satang: number): string => inWords(satang, 'THB');

/** An amount of any currency of two decimals, from its minor units. */
export function inWords(minor: number | bigint, currency: string): string {
  const digits = String(minor).padStart(3, '0');
  const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ',');
  return `${SIGNS[currency] ?? `${currency} `}${whole}.${digits.slice(-2)}`;
}

/** A moment, on the shop's clock. */
export const day = (moment: Date): string =>
  moment.toLocaleString('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'Asia/Bangkok' });

/** Reads `1250`, `1250.5` and `1,250.50`. Null for anything else: nobody shall guess what was meant. */
export function readMinor(text: string): number | null {
  const match = /^(\d{1,7})(?:\.(\d{1,2}))?$/.exec(text.trim().replaceAll(',', ''));
  if (match === null) return null;
  const minor = Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'));
  return minor > 0 ? minor : null;
}

const SIGNS: Record<string, string> = { THB: '฿', CNY: '¥' };

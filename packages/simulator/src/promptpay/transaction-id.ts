import type { Random } from '@itpay/kernel';

// The same 32 characters as in our ids, without I, L, O and U.
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

const BANGKOK_MS = 7 * 3_600_000;

/** A transfer's number as Thai banks print it on slips: the day in Bangkok, then letters and digits. `SIM` marks ours. */
export function transactionId(paidAt: Date, random: Random): string {
  const day = new Date(paidAt.getTime() + BANGKOK_MS).toISOString().slice(0, 10).replaceAll('-', '');
  const suffix = Array.from(random.bytes(12), (byte) => ALPHABET[byte % 32]).join('');
  return `SIM${day}${suffix}`;
}

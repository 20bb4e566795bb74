import { ItPayError } from '@itpay/core';
import { statement, type IdempotencyKey, type Operation, type StoredAnswer } from '@itpay/kernel';
import type { PaymentServices } from '../services.js';

/** What a key says before the payer acts: it was answered, the payer may have acted under it, or it is new. */
export type Claim = { readonly answer: StoredAnswer } | { readonly repeated: boolean };

/**
 * Takes the key before the payer acts, so that a repetition is known as one, also after a crash. The key then stands for the
 * payment's order.
 *
 * @throws ItPayError `IDEMPOTENCY_KEY_REUSED`
 */
export async function claimKey(
  { database, idempotency }: PaymentServices,
  key: IdempotencyKey | null,
  order: Operation,
): Promise<Claim> {
  if (key === null) return { repeated: false };
  return database.transaction(async (tx) => {
    const claim = await idempotency.claim(tx, key);
    switch (claim.verdict) {
      case 'fresh':
        await idempotency.record(tx, key, order.id);
        return { repeated: false };
      case 'resume':
        return { repeated: true };
      case 'replay':
        return { answer: claim.answer };
      case 'existing':
        throw new ItPayError('IDEMPOTENCY_IN_PROGRESS');
    }
  });
}

/** Frees a key under which nothing was achieved. */
export async function releaseKey({ database }: PaymentServices, key: IdempotencyKey | null): Promise<void> {
  if (key !== null) await database.query(RELEASE, { scopeHash: key.scopeHash });
}

const RELEASE = statement<{ scopeHash: Buffer }, object>(
  'simulate_release_key',
  `delete from {schema}.idempotency_keys where scope_hash = :scopeHash and recovery_point = 'recorded'`,
);

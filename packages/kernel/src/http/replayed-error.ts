import type { ItPayError } from '@itpay/core';

// Registered, so that a second installed copy of the kernel agrees on it.
const REPLAYED = Symbol.for('itpay.replayed');

/** Marks an error as the stored answer of an earlier request with the same idempotency key. */
export function asReplayed<E extends ItPayError>(error: E): E {
  return Object.defineProperty(error, REPLAYED, { value: true });
}

export function isReplayed(error: ItPayError): boolean {
  return (error as { [REPLAYED]?: unknown })[REPLAYED] === true;
}

import { hash } from 'node:crypto';
import type { OperationKind } from './operation.js';

/** Long enough that two are never equal (80 bits with 32 characters), short enough for every rail. */
const LENGTH = 16;

/** The logical operation that a reference stands for. */
export interface OperationIdentity {
  readonly objectId: string;
  readonly kind: OperationKind;
  /** 1 for the first order of the object, 2 once that one is known to be closed. */
  readonly ordinal: number;
}

/**
 * Our order number at the channel. The same operation always has the same number, whichever attempt and process sends it,
 * so a retry can never become a second order.
 */
export function channelReference(
  operation: OperationIdentity,
  rail: { readonly maxLength: number; readonly alphabet: string },
): string {
  const digest = hash('sha256', `${operation.objectId}|${operation.kind}|${operation.ordinal}`, 'hex');
  const base = BigInt(rail.alphabet.length);
  let rest = BigInt(`0x${digest}`);
  let reference = '';
  // A rail whose alphabet is small gets more characters, up to what it accepts.
  const length = Math.min(rail.maxLength, Math.max(LENGTH, Math.ceil(80 / Math.log2(rail.alphabet.length))));
  for (let i = 0; i < length; i++) {
    reference += rail.alphabet[Number(rest % base)];
    rest /= base;
  }
  return reference;
}

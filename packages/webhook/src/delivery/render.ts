import type { EventEnvelope } from '@itpay/core';
import { toApiVersion, toEnvelope, type EventRow } from '@itpay/kernel';
import { encryptBody } from '../encryption.js';
import type { LeasedDelivery } from './delivery.js';

/** A body stays below this, in bytes. (Protocol, 15.1) */
export const MAX_BODY_BYTES = 20_000;

/** The JSON that an endpoint gets of an event: in the endpoint's wire version, and encrypted where it has a key. */
export function renderEvent(
  row: EventRow,
  { apiVersion, encryption }: Pick<LeasedDelivery, 'apiVersion' | 'encryption'>,
): string {
  const envelope = toApiVersion(toEnvelope(row), apiVersion);
  const body = cut(envelope);
  if (encryption === null) return body;
  const { id, type, timestamp } = envelope;
  return encryptBody(body, encryption, { id, type, timestamp });
}

/** A large object is cut to what the receiver needs to fetch it. */
function cut(envelope: EventEnvelope): string {
  const body = JSON.stringify(envelope);
  if (Buffer.byteLength(body) < MAX_BODY_BYTES) return body;
  const { id, object } = envelope.data.object as { readonly id?: string; readonly object?: string };
  return JSON.stringify({ ...envelope, data: { object: { id, object, truncated: true } } });
}

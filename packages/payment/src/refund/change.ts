import { ItPayError, next } from '@itpay/core';
import type { Actor, NewEvent, Tx } from '@itpay/kernel';
import type { PaymentServices } from '../services.js';
import { refundMachine, type Refund, type RefundAction, type RefundState } from './refund.js';
import { toPlainRefund } from './wire.js';

/** What may change together with the status. */
export type RefundFields = Partial<Pick<Refund, 'manual' | 'channelRefundId' | 'failure' | 'succeededAt'>>;

export interface ChangeOptions {
  readonly fields?: RefundFields;
  /** SHA-256 of the evidence, for the audit log. */
  readonly evidenceDigest?: Uint8Array;
}

/** Writes a new refund with its events and audit entries. One that is `processing` already was `requested` first. */
export async function insertRefund(services: PaymentServices, tx: Tx, actor: Actor, refund: Refund): Promise<void> {
  await services.refunds.insert(tx, refund);
  const begun = refund.status === 'processing';
  await services.outbox.append(tx, actor, [
    eventOf({ ...refund, status: 'requested', sequence: 1 }, 'refund.created'),
    ...(begun ? [eventOf(refund, 'refund.processing')] : []),
  ]);
  const { id: objectId } = refund;
  await services.audit.append(tx, actor, [
    { action: 'refund.request', objectId, fromState: null, toState: 'requested' },
    ...(begun ? [{ action: 'refund.process', objectId, fromState: 'requested', toState: 'processing' }] : []),
  ]);
}

/**
 * Takes a refund one step further, with its event and audit entry. The caller has locked its payment and itself.
 *
 * @throws ItPayError `INVALID_STATE_TRANSITION`; nothing is written then
 */
export async function changeRefund(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  refund: Refund,
  action: RefundAction,
  { fields, evidenceDigest }: ChangeOptions = {},
): Promise<Refund> {
  const status = next(refundMachine, refund.status, action);
  if (status === null) throw invalidTransition(refund, action);
  const changed: Refund = {
    ...refund,
    ...fields,
    status,
    sequence: refund.sequence + 1,
    version: refund.version + 1,
    updatedAt: services.clock.now(),
  };
  await services.refunds.save(tx, changed);
  await services.outbox.append(tx, actor, [eventOf(changed, EVENT_OF[status]!)]);
  await services.audit.append(tx, actor, [
    { action: `refund.${action}`, objectId: refund.id, fromState: refund.status, toState: status, evidenceDigest },
  ]);
  return changed;
}

const EVENT_OF: Readonly<Partial<Record<RefundState, NewEvent['type']>>> = {
  processing: 'refund.processing',
  succeeded: 'refund.succeeded',
  failed: 'refund.failed',
  cancelled: 'refund.cancelled',
};

function eventOf(refund: Refund, type: NewEvent['type']): NewEvent {
  return { type, objectId: refund.id, sequence: refund.sequence, object: toPlainRefund(refund) };
}

/** @param requested what the caller wanted: `cancel`, `approve`, … */
export function invalidTransition(refund: Refund, requested: string): ItPayError {
  return new ItPayError('INVALID_STATE_TRANSITION', {
    details: { object: 'refund', id: refund.id, current: refund.status, requested, allowed: allowedSteps(refund) },
  });
}

/** What a caller can do with a refund now. All other steps belong to the rail. */
function allowedSteps({ status, manual }: Refund): string[] {
  if (status === 'requested') return ['approve', 'reject', 'cancel'];
  return status === 'processing' && manual ? ['complete'] : [];
}

/** @param param where it was named */
export function refundNotFound(id: string, param = 'id'): ItPayError {
  return new ItPayError('REFUND_NOT_FOUND', { param, details: { object: 'refund', id } });
}

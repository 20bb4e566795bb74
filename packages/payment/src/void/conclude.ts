import type { Actor, Tx } from '@itpay/kernel';
import type { PaymentServices } from '../services.js';
import { findVoidOfRefund, settleVoid } from './store.js';
import { toPlainVoid } from './wire.js';

/** Ends a void, with its event and audit entry. One that has ended, and a purpose that is no void, change nothing. */
export async function concludeVoid(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  id: string,
  status: 'voided' | 'failed',
): Promise<void> {
  const ended = await settleVoid(tx, id, status, services.clock.now());
  if (ended === null) return;
  await services.outbox.append(tx, actor, [
    {
      type: status === 'voided' ? 'void.succeeded' : 'void.failed',
      objectId: ended.id,
      sequence: ended.sequence,
      object: toPlainVoid(ended),
    },
  ]);
  await services.audit.append(tx, actor, [
    { action: 'void', objectId: ended.id, fromState: 'requested', toState: status },
  ]);
}

/** Ends the void that became a refund, when the refund has ended. */
export async function concludeVoidOfRefund(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  refundId: string,
  status: 'voided' | 'failed',
): Promise<void> {
  const found = await findVoidOfRefund(tx, refundId);
  if (found !== null) await concludeVoid(services, tx, actor, found.id, status);
}

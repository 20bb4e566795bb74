import type { Actor, Tx } from '@itpay/kernel';
import type { PaymentServices } from '../services.js';
import { forgetImage } from './image-jobs.js';
import { toPlainCharge } from './wire.js';

/** Takes the shown QR of an intent off, because it was paid, or because it can no longer be. None shown: nothing happens. */
export async function closeShownQr(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  intentId: string,
  action: 'consume' | 'expire',
  reason: 'timeout' | 'superseded' | 'intent_closed' | null = action === 'expire' ? 'intent_closed' : null,
): Promise<void> {
  const to = action === 'consume' ? 'consumed' : 'expired';
  const closed = await services.charges.close(tx, intentId, to, reason);
  if (closed === null) return;
  await services.outbox.append(tx, actor, [
    { type: `qr_charge.${to}`, objectId: closed.id, sequence: closed.sequence, object: toPlainCharge(closed) },
  ]);
  await services.audit.append(tx, actor, [{ action, objectId: closed.id, fromState: 'active', toState: to }]);
  await forgetImage(services.jobs, tx, closed.id, services.clock.now());
}

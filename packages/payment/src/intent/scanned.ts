import type { Actor, Tx } from '@itpay/kernel';
import { toPlainCharge } from '../qr-charge/wire.js';
import type { PaymentServices } from '../services.js';
import { changeIntent } from './change.js';

/** Notes that the payer's wallet has read the code. Repeated and late notices change nothing. */
export async function scannedByChannel(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  intentId: string,
): Promise<void> {
  const intent = await services.store.lockAny(tx, intentId);
  if (intent.status !== 'qr_generated') return;
  const charge = await services.charges.scan(tx, intentId);
  if (charge !== null) {
    await services.outbox.append(tx, actor, [
      { type: 'qr_charge.scanned', objectId: charge.id, sequence: charge.sequence, object: toPlainCharge(charge) },
    ]);
  }
  await changeIntent(services, tx, actor, intent, ['scan']);
}

import type { Actor, QrPresentation, Tx } from '@itpay/kernel';
import { toPlainCharge } from '../qr-charge/wire.js';
import type { PaymentServices } from '../services.js';
import { changeIntent } from './change.js';
import type { PaymentIntent } from './intent.js';
import { chargeFor } from './plan.js';

/** Shows a code for an intent: a new QR charge, and `qr_generated` where the intent is not there yet. */
export async function presentQr(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  intent: PaymentIntent,
  shown: QrPresentation,
): Promise<PaymentIntent> {
  const charge = chargeFor(intent, shown, services.ids.next('qr'), services.clock.now());
  await services.charges.insert(tx, charge);
  await services.outbox.append(tx, actor, [
    { type: 'qr_charge.created', objectId: charge.id, sequence: charge.sequence, object: toPlainCharge(charge) },
  ]);
  await services.audit.append(tx, actor, [
    { action: 'create', objectId: charge.id, fromState: null, toState: charge.status },
  ]);
  if (intent.status === 'pending') return changeIntent(services, tx, actor, intent, ['present']);
  if (intent.status === 'scanning') return changeIntent(services, tx, actor, intent, ['abandon_scan']);
  return intent;
}

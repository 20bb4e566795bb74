import { ItPayError } from '@itpay/core';
import type { Actor, IdempotencyKey, QrPresentation, Tx } from '@itpay/kernel';
import { closeShownQr } from '../qr-charge/close.js';
import type { OperationAnswer } from '../operation/handler.js';
import { orderOf } from '../operation/order.js';
import type { PaymentServices } from '../services.js';
import { intentNotFound, invalidTransition } from './change.js';
import type { PaymentIntent } from './intent.js';
import { isOpen } from './machine.js';
import { presentQr } from './present.js';
import { toPlain } from './wire.js';

/**
 * Shows a fresh QR charge for an open intent, under the same order at the channel: for display trouble, not for another
 * payment. The charge that was shown before is superseded. An order that was not opened yet is opened.
 *
 * @throws ItPayError `INVALID_STATE_TRANSITION` once the intent is paid or closed, or while its first code is on its way
 */
export async function refreshQr(
  services: PaymentServices,
  actor: Actor,
  intentId: string,
  key: IdempotencyKey | null,
): Promise<OperationAnswer & { readonly replayed: boolean }> {
  const { database, engine, idempotency, store } = services;
  if ((await store.find(database, actor, intentId)) === null) throw intentNotFound(intentId);
  const order = await orderOf(database, { paymentIntentId: intentId });
  // Its order was not opened yet, so this opens it, under the same number.
  if (order.state === 'not_sent' || order.state === 'queued') {
    const answer = await engine.answer(await engine.resume(order.id));
    if (!answer.final) return { ...answer, replayed: false };
    const kept = await database.transaction((tx) => idempotency.once(tx, key, () => Promise.resolve(answer)));
    return { ...kept, final: true };
  }
  return database.transaction(async (tx) => {
    const stored = await idempotency.once(tx, key, async () => {
      const intent = await store.lock(tx, actor, intentId);
      if (intent === null) throw intentNotFound(intentId);
      if (!isOpen(intent.status)) throw invalidTransition(intent, 'present');
      const current = await orderOf(tx, { paymentIntentId: intentId });
      if (current.state === 'unknown') {
        throw new ItPayError('OUTCOME_UNKNOWN', { details: { object: 'operation', id: current.id, retry_after: 5 } });
      }
      if (current.state !== 'succeeded') throw invalidTransition(intent, 'present');
      const shown = await sameCode(services, tx, intent);
      await closeShownQr(services, tx, actor, intentId, 'expire', 'superseded');
      const presented = await presentQr(services, tx, actor, intent, shown);
      return { status: 200, body: JSON.stringify(toPlain(presented)) };
    });
    return { ...stored, final: true };
  });
}

// The order is the same, so its code is; on a rail whose code is built here, building it again gives the same text. Where
// the answer with the code was lost and money under the order proved that it exists, there is no code to show again.
async function sameCode({ charges }: PaymentServices, tx: Tx, intent: PaymentIntent): Promise<QrPresentation> {
  const latest = await charges.latestOf(tx, intent.id);
  if (latest === null) throw invalidTransition(intent, 'present');
  return { kind: 'qr', qrStandard: latest.qrStandard, qrData: latest.qrData };
}

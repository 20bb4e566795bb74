import { allowedActions, ItPayError } from '@itpay/core';
import type { Actor, NewEvent, Tx } from '@itpay/kernel';
import { closeShownQr } from '../qr-charge/close.js';
import type { PaymentServices } from '../services.js';
import { forgetPurchase, rememberPurchase } from './duplicate-guard.js';
import type { PaymentIntent } from './intent.js';
import { advance, intentMachine, isClosed, STATUS_RANK, type Advanced, type IntentAction } from './machine.js';
import { toPlain } from './wire.js';

/** What may change together with the status. */
export type IntentFields = Partial<
  Pick<
    PaymentIntent,
    | 'amountCaptured'
    | 'amountRefunded'
    | 'channel'
    | 'merchantAccount'
    | 'channelReference'
    | 'channelTransactionId'
    | 'latePayment'
    | 'failure'
  >
>;

export interface ChangeOptions {
  readonly fields?: IntentFields;
  /** SHA-256 of the evidence, for the audit log. */
  readonly evidenceDigest?: Uint8Array;
}

/**
 * Takes an intent through steps and writes all that goes with it: the row, an event and an audit entry per step, the QR
 * that is no longer shown, the guard against duplicates. The caller has locked the intent.
 *
 * @throws ItPayError `INVALID_STATE_TRANSITION` that names the state and what is allowed there; nothing is written then
 */
export async function changeIntent(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  intent: PaymentIntent,
  actions: readonly IntentAction[],
  options: ChangeOptions = {},
): Promise<PaymentIntent> {
  const advanced = advance(intent, actions, services.clock.now());
  if (advanced === null) throw invalidTransition(intent, actions[0]!);
  const changed = { ...advanced.intent, ...options.fields };
  await services.store.save(tx, changed);
  await services.outbox.append(tx, actor, stepEvents(changed, advanced, intent.sequence));
  await services.audit.append(
    tx,
    actor,
    advanced.steps.map(({ action, from, to }) => ({
      action,
      objectId: intent.id,
      fromState: from,
      toState: to,
      evidenceDigest: options.evidenceDigest,
    })),
  );
  if (isClosed(changed.status) || changed.status === 'authorized') {
    await closeShownQr(services, tx, actor, intent.id, changed.amountCaptured > 0n ? 'consume' : 'expire');
  }
  if (changed.status === 'succeeded') await rememberPurchase(tx, intent.id, changed.updatedAt);
  else if (isClosed(changed.status)) await forgetPurchase(tx, intent.id);
  return changed;
}

/** Writes fields of an intent whose status stays as it is, with an event of the given type. */
export async function noteOnIntent(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  intent: PaymentIntent,
  type: NewEvent['type'] | null,
  fields: IntentFields = {},
): Promise<PaymentIntent> {
  const changed = {
    ...intent,
    ...fields,
    version: intent.version + 1,
    sequence: intent.sequence + (type === null ? 0 : 1),
    updatedAt: services.clock.now(),
  };
  await services.store.save(tx, changed);
  if (type !== null) {
    await services.outbox.append(tx, actor, [
      { type, objectId: intent.id, sequence: changed.sequence, object: toPlain(changed) },
    ]);
  }
  return changed;
}

function stepEvents(changed: PaymentIntent, { steps }: Advanced, sequenceBefore: number): NewEvent[] {
  const plain = toPlain(changed);
  return steps.map(({ to }, index) => ({
    // Going back from a scan shows the same code again; the catalogue has one name for that.
    type: `payment_intent.${to}` as NewEvent['type'],
    objectId: changed.id,
    sequence: sequenceBefore + index + 1,
    object: { ...plain, status: to },
  }));
}

export function invalidTransition(intent: PaymentIntent, requested: string): ItPayError {
  return new ItPayError('INVALID_STATE_TRANSITION', {
    details: {
      object: 'payment_intent',
      id: intent.id,
      current: intent.status,
      requested,
      allowed: STATUS_RANK[intent.status] < 3 ? allowedActions(intentMachine, intent.status) : [],
    },
  });
}

/** @param param where the request named it */
export function intentNotFound(id: string, param = 'id'): ItPayError {
  return new ItPayError('PAYMENT_INTENT_NOT_FOUND', { param, details: { object: 'payment_intent', id } });
}

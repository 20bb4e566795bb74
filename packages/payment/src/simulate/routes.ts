import {
  actorOf,
  defineRoute,
  type Actor,
  type IdempotencyKey,
  type NetworkedSimulatedRail,
  type Route,
  type SimulatedRail,
  type StoredAnswer,
} from '@itpay/kernel';
import { z } from 'zod';
import { intentNotFound } from '../intent/change.js';
import type { PresentedIntent } from '../intent/intent.js';
import { isOpen } from '../intent/machine.js';
import { intentSchema, toPlain, withPresentation, type PlainIntent } from '../intent/wire.js';
import { orderOf } from '../operation/order.js';
import type { PaymentServices } from '../services.js';
import { actAtTheRail, hearTheRail, type PayerAtTheRail } from './at-the-rail.js';
import { EVENTS, type SimulatedEvent } from './event.js';
import { actInProcess } from './in-process.js';
import { claimKey, releaseKey } from './key.js';
import { SimulatedPayers } from './rails.js';

const NOTHING_SHOWN = { qr: null, operation: null };

/** One request to let the payer act. */
interface Request {
  readonly caller: Actor;
  readonly id: string;
  readonly event: SimulatedEvent;
  readonly key: IdempotencyKey | null;
}
type Answer = StoredAnswer & { readonly replayed: boolean };

/** Lets the payer of test mode act: only on test intents, and only on a channel that is a simulation. */
export function simulateRoutes(
  services: PaymentServices,
  rails: readonly (SimulatedRail | NetworkedSimulatedRail)[],
): readonly Route[] {
  const payers = new SimulatedPayers(services.channels, rails);
  const { database, idempotency, links, store } = services;

  const simulate = defineRoute({
    method: 'POST',
    path: '/v1/test-helpers/payment-intents/{id}/simulate',
    summary: 'Let the simulated payer act',
    description:
      'Test intents on a simulated channel only. `scanned`: the wallet reads the code. `declined`: it refuses, and the ' +
      'code can still be paid. `underpaid`: half. `overpaid`: one and a half. `paid_late`: the payment expires, then it ' +
      'is paid. `paid_twice`: two transfers. Where the rail locks the amount (`amount_locked`), a payer pays what the ' +
      'code asks for, and once.',
    tag: 'Test helpers',
    access: 'payments:write',
    params: z.object({ id: z.string() }),
    body: z.strictObject({ event: z.enum(EVENTS) }).meta({ id: 'SimulatePayment' }),
    answers: { 200: { description: 'The intent afterwards', schema: intentSchema } },
    errors: [
      'PAYMENT_INTENT_NOT_FOUND',
      'LIVEMODE_MISMATCH',
      'CHANNEL_CAPABILITY_UNSUPPORTED',
      'CHANNEL_UNAVAILABLE',
      'INVALID_STATE_TRANSITION',
      'AMOUNT_TOO_SMALL',
    ],
    async run({ params: { id }, body: { event }, idempotencyKey: key, ...request }) {
      const caller = actorOf(request);
      const answer = await perform({ caller, id, event, key });
      const plain = JSON.parse(answer.body) as PlainIntent;
      // A code is never kept with an answer; it is shown as long as there is one.
      const shown = isOpen(plain.status) ? await store.find(database, caller, id) : null;
      return {
        status: answer.status,
        body: withPresentation(plain, shown ?? NOTHING_SHOWN, links, { expand: null }),
        replayed: answer.replayed,
      };
    },
  });
  return [simulate];

  async function perform(request: Request): Promise<Answer> {
    const found = await store.find(database, request.caller, request.id);
    if (found === null) throw intentNotFound(request.id);
    const payer = payers.of(found.intent);
    return payer.kind === 'in_process' ? inProcess(request, payer.rail) : atTheRail(request, payer, found);
  }

  function inProcess({ caller, id, event, key }: Request, rail: SimulatedRail): Promise<Answer> {
    return database.transaction((tx) =>
      idempotency.once(tx, key, async () => {
        const intent = (await store.lock(tx, caller, id))!;
        const payer: Actor = { ...caller, id: `simulator:${rail.channel}` };
        await actInProcess(services, tx, payer, rail, intent, event);
        const after = await store.find(tx, caller, id);
        return { status: 200, body: JSON.stringify(toPlain(after!.intent)) };
      }),
    );
  }

  async function atTheRail(
    { caller, id, event, key }: Request,
    payer: PayerAtTheRail,
    shown: PresentedIntent,
  ): Promise<Answer> {
    const order = await orderOf(database, { paymentIntentId: id });
    const claim = await claimKey(services, key, order);
    if ('answer' in claim) return { ...claim.answer, replayed: true };
    try {
      await actAtTheRail(services, payer, { shown, order, event, key, repeated: claim.repeated });
    } catch (error) {
      await releaseKey(services, key);
      throw error;
    }
    await hearTheRail(services, order);
    return database.transaction(async (tx) => {
      await store.lock(tx, caller, id);
      // The same request may have come twice at once; the first answer is the one that stays.
      const used = key && (await idempotency.find(tx, key));
      if (used?.verdict === 'replay') return { ...used.answer, replayed: true };
      const after = await store.find(tx, caller, id);
      const answer = { status: 200, body: JSON.stringify(toPlain(after!.intent)) };
      if (key) await idempotency.finish(tx, key, answer);
      return { ...answer, replayed: false };
    });
  }
}

import { ItPayError, type Money } from '@itpay/core';
import {
  actorOf,
  defineRoute,
  type Actor,
  type ChannelRegistry,
  type Route,
  type SimulatedRail,
  type Tx,
} from '@itpay/kernel';
import { z } from 'zod';
import { bookPayment } from '../inflow/book-payment.js';
import { intentNotFound, invalidTransition } from '../intent/change.js';
import { expireNow } from '../intent/expire.js';
import type { PaymentIntent, PresentedIntent } from '../intent/intent.js';
import { isOpen, STATUS_RANK } from '../intent/machine.js';
import { scannedByChannel } from '../intent/scanned.js';
import { intentSchema, toPlain, withPresentation, type PlainIntent } from '../intent/wire.js';
import type { PaymentServices } from '../services.js';
import { moreThan, lessThan } from './amounts.js';

/** What the payer of test mode can do. */
const EVENTS = ['scanned', 'paid', 'declined', 'paid_late', 'underpaid', 'overpaid', 'paid_twice'] as const;
type SimulatedEvent = (typeof EVENTS)[number];

const NOTHING_SHOWN = { qr: null, operation: null };

/** Lets the payer of test mode act: only on test intents, and only on a channel that is a simulation. */
export function simulateRoutes(services: PaymentServices, all: readonly SimulatedRail[]): readonly Route[] {
  const rails = new Map(all.map((rail) => [rail.channel, rail]));
  const { database, idempotency, links, store } = services;

  const simulate = defineRoute({
    method: 'POST',
    path: '/v1/test-helpers/payment-intents/{id}/simulate',
    summary: 'Let the simulated payer act',
    description:
      'Test intents on a simulated channel only. `scanned`: the wallet reads the code. `declined`: it refuses, and the ' +
      'code can still be paid. `underpaid`: half. `overpaid`: one and a half. `paid_late`: the payment expires, then it ' +
      'is paid. `paid_twice`: two transfers.',
    tag: 'Test helpers',
    access: 'payments:write',
    params: z.object({ id: z.string() }),
    body: z.strictObject({ event: z.enum(EVENTS) }).meta({ id: 'SimulatePayment' }),
    answers: { 200: { description: 'The intent afterwards', schema: intentSchema } },
    errors: [
      'PAYMENT_INTENT_NOT_FOUND',
      'LIVEMODE_MISMATCH',
      'CHANNEL_CAPABILITY_UNSUPPORTED',
      'INVALID_STATE_TRANSITION',
      'AMOUNT_TOO_SMALL',
    ],
    async run(request) {
      const caller = actorOf(request);
      const { id } = request.params;
      const answer = await database.transaction((tx) =>
        idempotency.once(tx, request.idempotencyKey, async () => {
          const intent = await store.lock(tx, caller, id);
          if (intent === null) throw intentNotFound(id);
          const rail = simulatedRail(intent, services.channels, rails);
          const payer: Actor = { ...caller, id: `simulator:${rail.channel}` };
          await act(services, tx, payer, rail, intent, request.body.event);
          const after = await store.find(tx, caller, id);
          return { status: 200, body: JSON.stringify(toPlain(after!.intent)) };
        }),
      );
      const plain = JSON.parse(answer.body) as PlainIntent;
      // A code is never kept with an answer; it is shown as long as there is one.
      const shown = isOpen(plain.status) ? await store.find(database, caller, id) : null;
      return {
        status: answer.status,
        body: withPresentation(plain, shown ?? NOTHING_SHOWN, links, { expand: false }),
        replayed: answer.replayed,
      };
    },
  });
  return [simulate];
}

async function act(
  services: PaymentServices,
  tx: Tx,
  payer: Actor,
  rail: SimulatedRail,
  intent: PaymentIntent,
  event: SimulatedEvent,
): Promise<void> {
  const pay = (amount: Money) =>
    bookPayment(services, tx, payer, {
      intentId: intent.id,
      credit: rail.transfer(amount),
      source: 'callback',
      channelReference: intent.channelReference,
    });

  if (event === 'paid_late') {
    await expire(services, tx, payer, intent);
    await pay(intent.amount);
    return;
  }
  const asked = rail.scan(await codeOf(services, tx, payer, intent));
  switch (event) {
    case 'scanned':
      return scannedByChannel(services, tx, payer, intent.id);
    case 'declined':
      // The wallet said no to the payer and nothing to us: the order stays open.
      return;
    case 'paid':
      await pay(asked);
      return;
    case 'underpaid':
      await pay(lessThan(asked));
      return;
    case 'overpaid':
      await pay(moreThan(asked));
      return;
    case 'paid_twice':
      await pay(asked);
      await pay(asked);
      return;
  }
}

/** What the payer scans. A closed or paid intent shows nothing. */
async function codeOf({ store }: PaymentServices, tx: Tx, payer: Actor, intent: PaymentIntent): Promise<string> {
  const { qr } = (await store.find(tx, payer, intent.id)) as PresentedIntent;
  if (qr === null) throw invalidTransition(intent, 'capture');
  return qr.qrData;
}

/** Money is late for an intent that is closed; an open one expires first. */
async function expire(services: PaymentServices, tx: Tx, payer: Actor, intent: PaymentIntent): Promise<void> {
  if (isOpen(intent.status)) await expireNow(services, tx, payer, intent);
  else if (STATUS_RANK[intent.status] !== STATUS_RANK.expired) throw invalidTransition(intent, 'expire');
}

function simulatedRail(
  intent: PaymentIntent,
  channels: ChannelRegistry,
  rails: ReadonlyMap<string, SimulatedRail>,
): SimulatedRail {
  if (intent.livemode) {
    throw new ItPayError('LIVEMODE_MISMATCH', {
      message: `${intent.id} is a live payment; only test payments can be simulated. Create one with a test key.`,
    });
  }
  const rail = channels.get(intent.channel, 'test')?.simulated ? rails.get(intent.channel) : undefined;
  if (rail === undefined) {
    throw new ItPayError('CHANNEL_CAPABILITY_UNSUPPORTED', {
      message: `The test side of "${intent.channel}" is not a simulation; pay there as its provider's sandbox asks.`,
      details: { channel: intent.channel, capability: 'simulate' },
    });
  }
  return rail;
}

import { ItPayError } from '@itpay/core';
import { defineRoute, type ChannelRegistry, type Route, type SimulatedRail } from '@itpay/kernel';
import { z } from 'zod';
import { captureFromChannel, notFound } from '../intent/capture-from-channel.js';
import type { PresentedIntent } from '../intent/intent.js';
import { actorOf } from '../intent/routes.js';
import { intentSchema, toPlain, withPresentation, type PlainIntent } from '../intent/wire.js';
import type { PaymentServices } from '../services.js';

/** Lets the payer of test mode act: only on test intents, and only on a channel that is a simulation. */
export function simulateRoutes(deps: PaymentServices, all: readonly SimulatedRail[]): readonly Route[] {
  const rails = new Map(all.map((rail) => [rail.channel, rail]));

  const simulate = defineRoute({
    method: 'POST',
    path: '/v1/test-helpers/payment-intents/{id}/simulate',
    summary: 'Let the simulated payer act',
    description: 'Test intents on a simulated channel only.',
    tag: 'Test helpers',
    access: 'payments:write',
    params: z.object({ id: z.string() }),
    body: z.strictObject({ event: z.enum(['paid']) }).meta({ id: 'SimulatePayment' }),
    answers: { 200: { description: 'The intent afterwards', schema: intentSchema } },
    errors: [
      'PAYMENT_INTENT_NOT_FOUND',
      'LIVEMODE_MISMATCH',
      'CHANNEL_CAPABILITY_UNSUPPORTED',
      'INVALID_STATE_TRANSITION',
    ],
    async run(request) {
      const actor = actorOf(request);
      const { id } = request.params;
      const answer = await deps.database.transaction((tx) =>
        deps.idempotency.once(tx, request.idempotencyKey, async () => {
          const found = await deps.store.find(tx, actor, id);
          if (found === null) throw notFound(id);
          const rail = simulatedRail(found, deps.channels, rails);
          // A closed intent shows no code to scan; the transition below says why it cannot be paid.
          const credit = found.qr
            ? rail.pay(found.qr.qrData)
            : { amount: found.intent.amount, channelTransactionId: '' };
          const paid = await captureFromChannel(deps, tx, { ...actor, id: `simulator:${rail.channel}` }, id, credit);
          return { status: 200, body: JSON.stringify(toPlain(paid)) };
        }),
      );
      const plain = JSON.parse(answer.body) as PlainIntent;
      return {
        status: answer.status,
        body: withPresentation(plain, null, deps.links, false),
        replayed: answer.replayed,
      };
    },
  });
  return [simulate];
}

function simulatedRail(
  { intent }: PresentedIntent,
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

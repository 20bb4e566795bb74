import { ItPayError } from '@itpay/core';
import { actorOf, defineRoute, type Route } from '@itpay/kernel';
import { z } from 'zod';
import { intentNotFound } from '../intent/change.js';
import { STATUS_RANK } from '../intent/machine.js';
import { toRouteAnswer } from '../operation/handler.js';
import { operatorText } from '../operation/decision-input.js';
import type { PaymentServices } from '../services.js';
import { voidByRefund, voidIntent } from './request.js';
import { findVoid, findVoidOfRefund } from './store.js';
import { toPlainVoid, voidSchema, type PlainVoid } from './wire.js';

const TAG = 'Voids';

export function voidRoutes(services: PaymentServices): readonly Route[] {
  const create = defineRoute({
    method: 'POST',
    path: '/v1/voids',
    summary: 'End a payment',
    description:
      'Closes the order, or releases the hold, at the channel. Once money has moved, the void becomes a refund of all of it.',
    tag: TAG,
    access: 'voids:write',
    body: z
      .strictObject({
        target_type: z.literal('payment_intent'),
        target_id: z.string(),
        reason: operatorText(500).optional(),
      })
      .meta({ id: 'CreateVoid' }),
    answers: {
      201: { description: 'The void, done', schema: voidSchema },
      202: {
        description: 'The channel has not said whether it closed the order; query, do not pay again',
        schema: voidSchema,
      },
    },
    errors: [
      'PAYMENT_INTENT_NOT_FOUND',
      'INVALID_STATE_TRANSITION',
      'OUTCOME_UNKNOWN',
      'CHANNEL_ERROR',
      'OPERATION_VETOED',
    ],
    async run(request) {
      const actor = actorOf(request);
      const wanted = {
        intentId: request.body.target_id,
        reason: request.body.reason ?? null,
        key: request.idempotencyKey,
      };
      const found = await services.store.find(services.database, actor, wanted.intentId);
      if (found === null) throw intentNotFound(wanted.intentId, 'target_id');
      const paid = STATUS_RANK[found.intent.status] > 3;
      const answer = await (paid ? voidByRefund : voidIntent)(services, actor, wanted);
      const status = answer.status === 200 ? 201 : answer.status;
      // Which of the two it was, the stored answer tells: it may have been paid since the first request.
      const stored = toRouteAnswer({ ...answer, status }, (plain) => plain);
      const body = stored.body as { readonly void: PlainVoid } | { readonly id: string };
      if ('void' in body) return { ...stored, body: body.void };
      return { ...stored, body: toPlainVoid((await findVoidOfRefund(services.database, body.id))!) };
    },
  });

  const get = defineRoute({
    method: 'GET',
    path: '/v1/voids/{id}',
    summary: 'Read a void',
    tag: TAG,
    access: 'voids:read',
    params: z.object({ id: z.string() }),
    answers: { 200: { description: 'The void', schema: voidSchema } },
    errors: ['RESOURCE_NOT_FOUND'],
    async run(request) {
      const { id } = request.params;
      const found = await findVoid(services.database, actorOf(request), id);
      if (found === null) throw new ItPayError('RESOURCE_NOT_FOUND', { param: 'id', details: { object: 'void', id } });
      return { status: 200, body: toPlainVoid(found) };
    },
  });
  return [create, get];
}

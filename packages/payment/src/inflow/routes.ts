import { money } from '@itpay/core';
import {
  actorOf,
  defineRoute,
  listAnswer,
  listQuery,
  listSchema,
  pageOf,
  type Actor,
  type IdempotencyKey,
  type Route,
  type RouteAnswer,
  type RouteRequest,
  type Tx,
} from '@itpay/kernel';
import { z } from 'zod';
import { amountSchema } from '../intent/input.js';
import { evidenceDigest, evidenceSchema, operatorText, reasonSchema } from '../operation/decision-input.js';
import type { PaymentServices } from '../services.js';
import { inflowMachine, type Inflow } from './inflow.js';
import { applyInflow, inflowNotFound, keepInflow, recordSeenMoney, refundInflow } from './resolve.js';
import { inflowSchema, toPlainInflow } from './wire.js';

const TAG = 'Inflows';
const PATH = '/v1/inflows';
const idParams = z.object({ id: z.string() });
const answers = { 200: { description: 'The inflow afterwards', schema: inflowSchema } } as const;

/** Money that arrived, and what an operator decides about the money that fits nothing. */
export function inflowRoutes(services: PaymentServices): readonly Route[] {
  const { database, engine, hooks, idempotency, inflows } = services;

  /** Runs a decision once per key, in one transaction. */
  async function once(
    key: IdempotencyKey | null,
    work: (tx: Tx) => Promise<{ readonly status: number; readonly inflow: Inflow }>,
  ): Promise<RouteAnswer> {
    return database.transaction((tx) =>
      idempotency.once(tx, key, async () => {
        const { status, inflow } = await work(tx);
        return { status, body: JSON.stringify(toPlainInflow(inflow)) };
      }),
    );
  }

  /** An operator's decision about one inflow, with what hooks have to say about it. */
  async function decide(
    request: Pick<RouteRequest, 'principal' | 'requestId' | 'idempotencyKey' | 'params' | 'body'>,
    decision: 'apply' | 'refund' | 'keep',
    work: (tx: Tx, actor: Actor) => Promise<Inflow>,
  ): Promise<RouteAnswer> {
    const actor = actorOf(request);
    const { idempotencyKey: key, params, body } = request;
    const subject = { point: 'inflow.resolve', actor, request: { decision, ...body }, objectId: params.id } as const;
    // A stored answer wins over what a hook says today.
    if (hooks.has('inflow.resolve', 'before') && (key === null || (await idempotency.find(database, key)) === null)) {
      await hooks.before(subject);
    }
    return once(key, async (tx) => {
      const inflow = await work(tx, actor);
      await hooks.within(tx, subject, toPlainInflow(inflow));
      return { status: 200, inflow };
    });
  }

  const record = defineRoute({
    method: 'POST',
    path: PATH,
    summary: 'Record money that was seen at the bank',
    description:
      'For money that the channel did not report. With `payment_intent_id` it counts for that payment as if the channel ' +
      'had reported it; without, it waits for somebody to say what it is for. A transaction is booked once.',
    tag: TAG,
    access: 'inflows:write',
    body: recordBody,
    answers: {
      200: { description: 'The same was booked before', schema: inflowSchema },
      201: { description: 'The inflow', schema: inflowSchema },
    },
    errors: [
      'AMOUNT_INVALID',
      'CURRENCY_INVALID',
      'CURRENCY_NOT_SUPPORTED',
      'CHANNEL_NOT_SUPPORTED',
      'PAYMENT_INTENT_NOT_FOUND',
      'RESOURCE_ALREADY_EXISTS',
    ],
    async run(request) {
      const { body } = request;
      return once(request.idempotencyKey, async (tx) => {
        const { inflow, isNew } = await recordSeenMoney(services, tx, actorOf(request), {
          channel: body.channel,
          channelTransactionId: body.channel_transaction_id,
          amount: money(body.amount.currency, BigInt(body.amount.value)),
          paidAt: new Date(body.paid_at),
          intentId: body.payment_intent_id ?? null,
          reason: body.reason,
          evidenceDigest: evidenceDigest(body.evidence),
        });
        return { status: isNew ? 201 : 200, inflow };
      });
    },
  });

  const get = defineRoute({
    method: 'GET',
    path: `${PATH}/{id}`,
    summary: 'Read an inflow',
    tag: TAG,
    access: 'inflows:read',
    params: idParams,
    answers: { 200: { description: 'The inflow', schema: inflowSchema } },
    errors: ['INFLOW_NOT_FOUND'],
    async run(request) {
      const found = await inflows.find(database, actorOf(request), request.params.id);
      if (found === null) throw inflowNotFound(request.params.id);
      return { status: 200, body: toPlainInflow(found) };
    },
  });

  const list = defineRoute({
    method: 'GET',
    path: PATH,
    summary: 'List inflows, newest first',
    tag: TAG,
    access: 'inflows:read',
    query: inflowListQuery,
    answers: { 200: { description: 'One page', schema: listSchema('InflowList', inflowSchema) } },
    errors: ['CURSOR_INVALID'],
    async run(request) {
      const { account, livemode } = actorOf(request);
      const { query } = request;
      const { limit, startingAfter, endingBefore, createdGte, createdLte } = pageOf(query);
      const found = await inflows.list(
        {
          account,
          livemode,
          status: query.status ?? null,
          paymentIntentId: query.payment_intent_id ?? null,
          createdGte: createdGte ?? null,
          createdLte: createdLte ?? null,
          cursor: endingBefore ?? startingAfter ?? null,
          limit: limit + 1,
        },
        endingBefore !== undefined,
      );
      return { status: 200, body: listAnswer(PATH, found.map(toPlainInflow), { limit, endingBefore }) };
    },
  });

  const apply = defineRoute({
    method: 'POST',
    path: `${PATH}/{id}/apply`,
    summary: 'Let money that lies aside count for a payment',
    description:
      'The payment succeeds with it. An operator’s word stands over the policies for late and for too much money; for ' +
      'less than was asked, say so with `accept_under`.',
    tag: TAG,
    access: 'inflows:write',
    params: idParams,
    body: applyBody,
    answers,
    errors: ['INFLOW_NOT_FOUND', 'PAYMENT_INTENT_NOT_FOUND', 'INVALID_STATE_TRANSITION', 'OPERATION_VETOED'],
    async run(request) {
      const { body, params } = request;
      return decide(request, 'apply', (tx, actor) =>
        applyInflow(services, tx, actor, {
          inflowId: params.id,
          intentId: body.payment_intent_id ?? null,
          acceptUnder: body.accept_under ?? false,
          reason: body.reason,
        }),
      );
    },
  });

  const refund = defineRoute({
    method: 'POST',
    path: `${PATH}/{id}/refund`,
    summary: 'Send parked money back to the payer',
    tag: TAG,
    access: 'inflows:write',
    params: idParams,
    body: decisionBody,
    answers,
    errors: [
      'INFLOW_NOT_FOUND',
      'INVALID_STATE_TRANSITION',
      'REFUND_IN_PROGRESS',
      'ALREADY_REFUNDED',
      'OUTCOME_UNKNOWN',
      'CHANNEL_CAPABILITY_UNSUPPORTED',
      'OPERATION_VETOED',
    ],
    async run(request) {
      const actor = actorOf(request);
      const { idempotencyKey: key, params, body } = request;
      // A stored answer wins over what is unknown today; the question to the channel needs no transaction.
      if (key === null || (await idempotency.find(database, key)) === null) {
        const found = await inflows.find(database, actor, params.id);
        if (found === null) throw inflowNotFound(params.id);
        if (found.paymentIntentId !== null) await engine.requireSettled(found.paymentIntentId);
      }
      return decide(request, 'refund', (tx) =>
        refundInflow(services, tx, actor, { inflowId: params.id, reason: body.reason }),
      );
    },
  });

  const keep = defineRoute({
    method: 'POST',
    path: `${PATH}/{id}/keep`,
    summary: 'Leave money with the payee, counted for nothing',
    description: 'For money that was settled with the payer in another way.',
    tag: TAG,
    access: 'inflows:write',
    params: idParams,
    body: decisionBody,
    answers,
    errors: ['INFLOW_NOT_FOUND', 'INVALID_STATE_TRANSITION', 'OPERATION_VETOED'],
    async run(request) {
      const { params, body } = request;
      return decide(request, 'keep', (tx, actor) =>
        keepInflow(services, tx, actor, { inflowId: params.id, reason: body.reason }),
      );
    },
  });

  return [record, get, list, apply, refund, keep];
}

const intentId = z.string().min(1).max(64).meta({ example: 'pi_06b2m6vk0dtf5d5cq0m3vz8x4r' });

// JavaScript and PostgreSQL write years before 1 and after 9999 differently.
const time = z.iso.datetime({ offset: true }).refine((text) => {
  const year = new Date(text).getUTCFullYear();
  return year >= 1 && year <= 9999;
});

const recordBody = z
  .strictObject({
    channel: operatorText(40).meta({ description: 'The rail on which it was seen', example: 'promptpay' }),
    channel_transaction_id: operatorText(128).meta({ description: 'The number that the rail gave the payment' }),
    amount: amountSchema,
    paid_at: time.meta({ description: 'When the payer paid, as the bank has it' }),
    payment_intent_id: intentId.optional(),
    reason: reasonSchema,
    evidence: evidenceSchema,
  })
  .meta({ id: 'RecordInflow' });

const applyBody = z
  .strictObject({
    payment_intent_id: intentId.optional().meta({ description: 'Left out: the payment that it came for' }),
    accept_under: z.boolean().optional().meta({ description: 'The payment succeeds with less than was asked for' }),
    reason: reasonSchema,
  })
  .meta({ id: 'ApplyInflow' });

const decisionBody = z.strictObject({ reason: reasonSchema }).meta({ id: 'DecideInflow' });

const inflowListQuery = listQuery('inf', {
  status: z.enum(inflowMachine.states).optional(),
  payment_intent_id: intentId.optional(),
});

import { money } from '@itpay/core';
import {
  actorOf,
  defineRoute,
  listAnswer,
  listQuery,
  listSchema,
  pageOf,
  type Route,
  type RouteAnswer,
} from '@itpay/kernel';
import { z } from 'zod';
import { amountSchema, metadataSchema } from '../intent/input.js';
import { toRouteAnswer } from '../operation/handler.js';
import type { PaymentServices } from '../services.js';
import { refundNotFound } from './change.js';
import { REFUND_REASONS, refundMachine, type Refund } from './refund.js';
import { createRefund } from './request.js';
import { approveRefund, cancelRefund, completeRefund } from './review.js';
import { refundSchema, toWireRefund } from './wire.js';

const TAG = 'Refunds';
const params = z.object({ id: z.string() });
const done = { 200: { description: 'The refund afterwards', schema: refundSchema } };
const stateErrors = ['REFUND_NOT_FOUND', 'INVALID_STATE_TRANSITION'] as const;
const channelErrors = [
  'OUTCOME_UNKNOWN',
  'PAYMENT_DECLINED',
  'INSUFFICIENT_FUNDS',
  'CHANNEL_ERROR',
  'CHANNEL_UNAVAILABLE',
] as const;

/** Protocol, chapter 12, row 20. */
export function refundRoutes(services: PaymentServices): readonly Route[] {
  const { refunds, database } = services;

  async function present(found: readonly Refund[]) {
    const operations = await refunds.operationsOf(database, found);
    return found.map((refund) => toWireRefund(refund, operations.get(refund.id) ?? null));
  }

  const create = defineRoute({
    method: 'POST',
    path: '/v1/refunds',
    summary: 'Give money of a payment back',
    description:
      'The rail is asked at once, unless `require_approval` is set. A rail without refunds leaves the refund ' +
      '`processing` with `manual: true`: send the money yourself, then complete it.',
    tag: TAG,
    access: 'refunds:write',
    body: createRefundBody,
    answers: {
      200: { description: 'The same refund, asked for a moment ago', schema: refundSchema },
      201: { description: 'The refund', schema: refundSchema },
      202: {
        description: 'The channel has not said what became of it. Wait, do not refund again',
        schema: refundSchema,
      },
    },
    errors: [
      'OPERATION_VETOED',
      'PAYMENT_INTENT_NOT_FOUND',
      'PAYMENT_NOT_SUCCEEDED',
      'ALREADY_REFUNDED',
      'REFUND_IN_PROGRESS',
      'REFUND_AMOUNT_EXCEEDED',
      'REFUND_WINDOW_EXPIRED',
      'AMOUNT_INVALID',
      'AMOUNT_PRECISION_UNSUPPORTED',
      'CURRENCY_INVALID',
      'CURRENCY_NOT_SUPPORTED',
      'CHANNEL_CAPABILITY_UNSUPPORTED',
      'METADATA_INVALID',
      ...channelErrors,
    ],
    async run(request) {
      const { body } = request;
      const answer = await createRefund(
        services,
        actorOf(request),
        (body.payment_intent_id ?? body.payment_intent)!,
        {
          amount: body.amount === undefined ? null : money(body.amount.currency, BigInt(body.amount.value)),
          reason: body.reason ?? 'customer_request',
          description: body.description ?? null,
          metadata: body.metadata ?? {},
          requireApproval: body.require_approval ?? false,
          confirmDuplicate: body.confirm_duplicate ?? false,
        },
        request.idempotencyKey,
      );
      return toRouteAnswer(answer, asIs);
    },
  });

  const get = defineRoute({
    method: 'GET',
    path: '/v1/refunds/{id}',
    summary: 'Read a refund',
    tag: TAG,
    access: 'refunds:read',
    params,
    answers: { 200: { description: 'The refund', schema: refundSchema } },
    errors: ['REFUND_NOT_FOUND'],
    async run(request): Promise<RouteAnswer> {
      const { id } = request.params;
      const found = await refunds.find(database, actorOf(request), id);
      if (found === null) throw refundNotFound(id);
      const [body] = await present([found]);
      return { status: 200, body: body! };
    },
  });

  const list = defineRoute({
    method: 'GET',
    path: '/v1/refunds',
    summary: 'List refunds, newest first',
    tag: TAG,
    access: 'refunds:read',
    query: listQuery('ref', {
      status: z.enum(refundMachine.states).optional(),
      payment_intent_id: z.string().min(1).max(40).optional(),
    }),
    answers: { 200: { description: 'One page', schema: listSchema('RefundList', refundSchema) } },
    errors: ['CURSOR_INVALID'],
    async run(request) {
      const { account, livemode } = actorOf(request);
      const page = pageOf(request.query);
      const found = await refunds.list(
        {
          account,
          livemode,
          status: request.query.status ?? null,
          paymentIntentId: request.query.payment_intent_id ?? null,
          createdGte: page.createdGte ?? null,
          createdLte: page.createdLte ?? null,
          cursor: page.endingBefore ?? page.startingAfter ?? null,
          limit: page.limit + 1,
        },
        page.endingBefore !== undefined,
      );
      return { status: 200, body: listAnswer('/v1/refunds', await present(found), page) };
    },
  });

  const approve = defineRoute({
    method: 'POST',
    path: '/v1/refunds/{id}/approve',
    summary: 'Approve a refund that waits for it',
    tag: TAG,
    access: 'refunds:write',
    params,
    answers: {
      ...done,
      202: {
        description: 'The channel has not said what became of it. Wait, do not refund again',
        schema: refundSchema,
      },
    },
    errors: [...stateErrors, ...channelErrors],
    async run(request) {
      const answer = await approveRefund(services, actorOf(request), request.params.id, request.idempotencyKey);
      return toRouteAnswer(answer, asIs);
    },
  });

  const withdraw = (word: 'cancel' | 'reject', summary: string) =>
    defineRoute({
      method: 'POST',
      path: `/v1/refunds/{id}/${word}`,
      summary,
      tag: TAG,
      access: 'refunds:write',
      params,
      answers: done,
      errors: stateErrors,
      async run(request) {
        const { id } = request.params;
        const answer = await cancelRefund(services, actorOf(request), id, word, request.idempotencyKey);
        return { status: answer.status, body: answer.body, replayed: answer.replayed };
      },
    });

  const complete = defineRoute({
    method: 'POST',
    path: '/v1/refunds/{id}/complete',
    summary: 'Say that the money of a manual refund was sent',
    tag: TAG,
    access: 'refunds:write',
    params,
    body: completeBody,
    answers: done,
    errors: stateErrors,
    async run(request) {
      const { params: path, body, idempotencyKey } = request;
      const answer = await completeRefund(services, actorOf(request), path.id, body, idempotencyKey);
      return { status: answer.status, body: answer.body, replayed: answer.replayed };
    },
  });

  return [
    create,
    get,
    list,
    withdraw('cancel', 'Take back a refund that waits for approval'),
    approve,
    withdraw('reject', 'Refuse a refund that waits for approval'),
    complete,
  ];
}

const asIs = (plain: object) => plain;

// PostgreSQL text cannot hold U+0000, and a lone surrogate is no character at all.
const text = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .refine((value) => !value.includes('\0') && value.isWellFormed(), {
      message: 'it holds a character that cannot be stored',
    });

const intentId = z.string().min(1).max(64);

/** The body of `POST /v1/refunds`. */
export const createRefundBody = z
  .strictObject({
    payment_intent_id: intentId.optional().meta({ description: 'The payment. Required, under this name or the other' }),
    payment_intent: intentId.optional().meta({ description: 'Another name for payment_intent_id' }),
    amount: amountSchema.optional().meta({ description: 'Left out: what is left of the payment' }),
    reason: z.enum(REFUND_REASONS).optional().meta({ description: 'Left out: customer_request' }),
    description: text(500).optional(),
    metadata: metadataSchema.optional(),
    require_approval: z
      .boolean()
      .optional()
      .meta({ description: 'It waits as `requested` until somebody approves it' }),
    confirm_duplicate: z.boolean().optional().meta({
      description: 'Makes a second refund of the same amount for the same reason on purpose',
    }),
  })
  .refine((body) => (body.payment_intent_id === undefined) !== (body.payment_intent === undefined), {
    path: ['payment_intent_id'],
    message: 'give payment_intent_id or payment_intent, one of the two',
  })
  .meta({ id: 'CreateRefund' });

const completeBody = z
  .strictObject({
    reason: text(500),
    evidence: text(2_000).meta({ description: 'What shows that the money went back: the number of a bank transfer' }),
  })
  .meta({ id: 'CompleteRefund' });

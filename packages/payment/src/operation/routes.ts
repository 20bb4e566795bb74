import { allowedActions, ItPayError } from '@itpay/core';
import {
  actorOf,
  defineRoute,
  listAnswer,
  listOperations,
  listQuery,
  listSchema,
  operationMachine,
  type Actor,
  type Operation,
  type Outcome,
  type Queryable,
  type Route,
} from '@itpay/kernel';
import { z } from 'zod';
import type { PaymentServices } from '../services.js';
import { evidenceDigest, evidenceSchema, operatorText, reasonSchema } from './decision-input.js';
import { operationSchema, toPlainOperation } from './wire.js';

const TAG = 'Channel operations';
const PATH = '/v1/operations';
const idParams = z.object({ id: z.string() });

/** The calls to channels, and the queue of those that only an operator can settle. */
export function operationRoutes(services: PaymentServices): readonly Route[] {
  const { audit, channels, database, engine, idempotency } = services;

  async function find(on: Queryable, { account, livemode }: Actor, id: string): Promise<Operation> {
    const operation = await engine.find(id, on);
    // Another account's operation is none.
    if (operation.account !== account || operation.livemode !== livemode) throw operationNotFound(id);
    return operation;
  }

  const get = defineRoute({
    method: 'GET',
    path: `${PATH}/{id}`,
    summary: 'Read a channel operation',
    tag: TAG,
    access: 'operations:read',
    params: idParams,
    answers: { 200: { description: 'The operation', schema: operationSchema } },
    errors: ['OPERATION_NOT_FOUND'],
    async run(request) {
      const operation = await find(database, actorOf(request), request.params.id);
      return { status: 200, body: toPlainOperation(operation) };
    },
  });

  const list = defineRoute({
    method: 'GET',
    path: PATH,
    summary: 'List channel operations, newest first',
    description:
      'With `operator_required=true`: those of which the channel has not said in five days what became of them.',
    tag: TAG,
    access: 'operations:read',
    query: operationListQuery,
    answers: { 200: { description: 'One page', schema: listSchema('OperationList', operationSchema) } },
    errors: ['CURSOR_INVALID'],
    async run(request) {
      const { account, livemode } = actorOf(request);
      const { limit, starting_after, state, operator_required, payment_intent_id } = request.query;
      const found = await listOperations(database, {
        account,
        livemode,
        state: state ?? null,
        operatorRequired: operator_required === undefined ? null : operator_required === 'true',
        paymentIntentId: payment_intent_id ?? null,
        after: starting_after ?? null,
        limit: limit + 1,
      });
      return { status: 200, body: listAnswer(PATH, found.map(toPlainOperation), { limit }) };
    },
  });

  const query = defineRoute({
    method: 'POST',
    path: `${PATH}/{id}/query`,
    summary: 'Ask the channel now what became of an operation',
    description: 'What the channel says is applied. It is never called a second time by this, only asked.',
    tag: TAG,
    access: 'operations:write',
    params: idParams,
    answers: { 200: { description: 'The operation afterwards', schema: operationSchema } },
    errors: ['OPERATION_NOT_FOUND', 'CHANNEL_UNAVAILABLE'],
    async run(request) {
      const { idempotencyKey: key, params } = request;
      const used = key && (await idempotency.find(database, key));
      if (used?.verdict === 'replay') return { ...used.answer, replayed: true };
      const operation = await find(database, actorOf(request), params.id);
      const asked = isOpenQuestion(operation, channels.byKey(operation.channelInstance)?.query !== undefined)
        ? await engine.askNow(operation)
        : operation;
      const answer = { status: 200, body: JSON.stringify(toPlainOperation(asked)) };
      // While it is unknown, the same key may ask again. (Protocol, 5.1)
      if (asked.state === 'unknown') return answer;
      return database.transaction((tx) => idempotency.once(tx, key, async () => answer));
    },
  });

  const resolve = defineRoute({
    method: 'POST',
    path: `${PATH}/{id}/resolve`,
    summary: 'Say what became of an operation that the channel does not explain',
    description: 'Only once the questions to the channel are used up (`operator_required`).',
    tag: TAG,
    access: 'operations:write',
    params: idParams,
    body: resolveBody,
    answers: { 200: { description: 'The operation afterwards', schema: operationSchema } },
    errors: ['OPERATION_NOT_FOUND', 'INVALID_STATE_TRANSITION'],
    async run(request) {
      const actor = actorOf(request);
      const { body, params, idempotencyKey } = request;
      return database.transaction((tx) =>
        idempotency.once(tx, idempotencyKey, async () => {
          await find(tx, actor, params.id);
          const operation = await engine.lock(tx, params.id);
          if (!operation.operatorRequired) throw notForOperators(operation);
          const resolved = await engine.concludeIn(tx, operation.id, operatorOutcome(operation, body), actor);
          await audit.append(tx, actor, [
            {
              action: 'resolve',
              objectId: operation.id,
              fromState: operation.state,
              toState: resolved.state,
              evidenceDigest: evidenceDigest(body.evidence),
            },
          ]);
          return { status: 200, body: JSON.stringify(toPlainOperation(resolved)) };
        }),
      );
    },
  });

  return [get, list, query, resolve];
}

/** Whether a question can bring anything: the outcome is open, or the order can still be paid. */
export function isOpenQuestion(
  { state, orderOpen }: Pick<Operation, 'state' | 'orderOpen'>,
  canQuery: boolean,
): boolean {
  return state === 'unknown' || state === 'pending' || (state === 'succeeded' && orderOpen && canQuery);
}

/**
 * What an operator says became of an operation, as the channel would have said it.
 *
 * @throws ItPayError `PARAMETER_INVALID` where the word alone is not enough: money has an amount and a number
 */
export function operatorOutcome(
  { id, kind }: Pick<Operation, 'id' | 'kind'>,
  said: z.infer<typeof resolveBody>,
): Outcome<unknown> {
  const { outcome, reason, channel_refund_id } = said;
  if (outcome === 'declined') return { outcome, failure: { category: 'declined', message: reason } };
  if (outcome === 'not_sent') return { outcome, failure: { category: 'not_processed', message: reason } };
  switch (kind) {
    case 'cancel':
      return { outcome, value: { order: { status: 'closed' } } };
    case 'refund':
      return { outcome, value: { channelRefundId: channel_refund_id ?? null } };
    default:
      throw new ItPayError('PARAMETER_INVALID', {
        message:
          `That ${id} (${kind}) succeeded follows from the money. Record what was seen at the bank with ` +
          'POST /v1/inflows and its payment_intent_id; that settles the operation too.',
        param: 'outcome',
        details: { allowed: ['declined', 'not_sent'] },
      });
  }
}

function notForOperators(operation: Operation): ItPayError {
  const { id, state } = operation;
  const open = allowedActions(operationMachine, state).length > 0;
  return new ItPayError('INVALID_STATE_TRANSITION', {
    message: open
      ? `Cannot resolve operation ${id} because the channel is still being asked (${state}). Ask it now with …/query.`
      : `Cannot resolve operation ${id} because it is ${state}.`,
    details: { object: 'operation', id, current: state, requested: 'resolve', allowed: open ? ['query'] : [] },
  });
}

function operationNotFound(id: string): ItPayError {
  return new ItPayError('OPERATION_NOT_FOUND', { param: 'id', details: { object: 'operation', id } });
}

const resolveBody = z
  .strictObject({
    outcome: z.enum(['succeeded', 'declined', 'not_sent']),
    reason: reasonSchema,
    evidence: evidenceSchema,
    channel_refund_id: operatorText(128).optional().meta({
      description: 'With a refund that succeeded: the number that the channel gave it, where it is known',
    }),
  })
  .meta({ id: 'ResolveOperation' });

const operationListQuery = listQuery('op', {
  state: z.enum(operationMachine.states).optional(),
  operator_required: z.enum(['true', 'false']).optional(),
  payment_intent_id: z.string().min(1).max(64).optional(),
}).omit({ ending_before: true, created_gte: true, created_lte: true });

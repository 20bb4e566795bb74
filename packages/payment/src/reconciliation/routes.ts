import { actorOf, defineRoute, listAnswer, listQuery, listSchema, pageOf, type Route } from '@itpay/kernel';
import { z } from 'zod';
import { evidenceDigest, evidenceSchema, operatorText, reasonSchema } from '../operation/decision-input.js';
import type { PaymentServices } from '../services.js';
import { EXCEPTION_CLASSES, exceptionMachine, RUN_STATUSES } from './reconciliation.js';
import { MAX_DAYS, requestRun } from './request.js';
import { resolveException, runNotFound } from './resolve.js';
import { exceptionSchema, reconciliationSchema, toPlainException, toPlainRun } from './wire.js';

const TAG = 'Reconciliations';
const PATH = '/v1/reconciliations';
const idParams = z.object({ id: z.string() });

/** Comparisons of a channel's files with what is known here, and what an operator makes of the differences. */
export function reconciliationRoutes(services: PaymentServices): readonly Route[] {
  const { database, idempotency, reconciliations } = services;

  const create = defineRoute({
    method: 'POST',
    path: PATH,
    summary: 'Compare what a channel tells with what is known here',
    description:
      `Fetches the files of up to ${MAX_DAYS} days where the channel has them to fetch, and compares line by line. It goes ` +
      'on after the answer: read it until it is `completed`, or wait for `reconciliation.completed`. What differs is asked ' +
      'about at the channel; no file changes a payment by this.',
    tag: TAG,
    access: 'reports:write',
    body: createBody,
    answers: { 202: { description: 'The run, which has begun', schema: reconciliationSchema } },
    errors: ['CHANNEL_NOT_SUPPORTED', 'CHANNEL_CAPABILITY_UNSUPPORTED'],
    async run(request) {
      const actor = actorOf(request);
      return database.transaction((tx) =>
        idempotency.once(tx, request.idempotencyKey, async () => {
          const run = await requestRun(services, tx, actor, request.body);
          return { status: 202, body: JSON.stringify(toPlainRun(run)) };
        }),
      );
    },
  });

  const get = defineRoute({
    method: 'GET',
    path: `${PATH}/{id}`,
    summary: 'Read a reconciliation',
    tag: TAG,
    access: 'reports:read',
    params: idParams,
    answers: { 200: { description: 'The reconciliation', schema: reconciliationSchema } },
    errors: ['RECONCILIATION_NOT_FOUND'],
    async run(request) {
      const found = await reconciliations.find(database, actorOf(request), request.params.id);
      if (found === null) throw runNotFound(request.params.id);
      return { status: 200, body: toPlainRun(found) };
    },
  });

  const list = defineRoute({
    method: 'GET',
    path: PATH,
    summary: 'List reconciliations, newest first',
    tag: TAG,
    access: 'reports:read',
    query: runListQuery,
    answers: { 200: { description: 'One page', schema: listSchema('ReconciliationList', reconciliationSchema) } },
    errors: ['CURSOR_INVALID'],
    async run(request) {
      const { account, livemode } = actorOf(request);
      const { query } = request;
      const page = pageOf(query);
      const found = await reconciliations.list(
        {
          account,
          livemode,
          channel: query.channel ?? null,
          status: query.status ?? null,
          ...filterOf(page),
        },
        page.endingBefore !== undefined,
      );
      return { status: 200, body: listAnswer(PATH, found.map(toPlainRun), page) };
    },
  });

  const exceptions = defineRoute({
    method: 'GET',
    path: `${PATH}/{id}/exceptions`,
    summary: 'List the differences that a reconciliation has seen, newest first',
    tag: TAG,
    access: 'reports:read',
    params: idParams,
    query: exceptionListQuery,
    answers: { 200: { description: 'One page', schema: listSchema('ReconciliationExceptionList', exceptionSchema) } },
    errors: ['RECONCILIATION_NOT_FOUND', 'CURSOR_INVALID'],
    async run(request) {
      const actor = actorOf(request);
      const { params, query } = request;
      const run = await reconciliations.find(database, actor, params.id);
      if (run === null) throw runNotFound(params.id);
      const page = pageOf(query);
      const found = await reconciliations.listExceptions(
        {
          account: actor.account,
          livemode: actor.livemode,
          reconciliationId: run.id,
          status: query.status ?? null,
          class: query.class ?? null,
          ...filterOf(page),
        },
        page.endingBefore !== undefined,
      );
      return { status: 200, body: listAnswer(`${PATH}/${run.id}/exceptions`, found.map(toPlainException), page) };
    },
  });

  const resolve = defineRoute({
    method: 'POST',
    path: `${PATH}/{id}/exceptions/{exception}/resolve`,
    summary: 'Say why a difference is settled',
    description:
      'It moves no money and changes no payment: correct those with inflows, refunds and operations, then say so here. What ' +
      'is resolved stays resolved, also when a later run sees it again.',
    tag: TAG,
    access: 'operations:write',
    params: z.object({ id: z.string(), exception: z.string() }),
    body: resolveBody,
    answers: { 200: { description: 'The exception afterwards', schema: exceptionSchema } },
    errors: ['RECONCILIATION_NOT_FOUND', 'RESOURCE_NOT_FOUND', 'INVALID_STATE_TRANSITION'],
    async run(request) {
      const actor = actorOf(request);
      const { params, body } = request;
      return database.transaction((tx) =>
        idempotency.once(tx, request.idempotencyKey, async () => {
          const resolved = await resolveException(services, tx, actor, {
            reconciliationId: params.id,
            exceptionId: params.exception,
            reason: body.reason,
            evidenceDigest: evidenceDigest(body.evidence),
          });
          return { status: 200, body: JSON.stringify(toPlainException(resolved)) };
        }),
      );
    },
  });

  return [create, get, list, exceptions, resolve];
}

function filterOf({ limit, startingAfter, endingBefore, createdGte, createdLte }: ReturnType<typeof pageOf>) {
  return {
    createdGte: createdGte ?? null,
    createdLte: createdLte ?? null,
    cursor: endingBefore ?? startingAfter ?? null,
    limit: limit + 1,
  };
}

const day = z.iso.date().meta({ description: 'A day in the calendar of the channel', example: '2026-03-02' });

const createBody = z
  .strictObject({
    channel: operatorText(40).meta({ description: 'The rail whose files are compared', example: 'wechat' }),
    from: day,
    to: day,
  })
  .meta({ id: 'CreateReconciliation' });

const resolveBody = z
  .strictObject({ reason: reasonSchema, evidence: evidenceSchema })
  .meta({ id: 'ResolveReconciliationException' });

const runListQuery = listQuery('rec', {
  channel: z.string().min(1).max(40).optional(),
  status: z.enum(RUN_STATUSES).optional(),
});

const exceptionListQuery = listQuery('exc', {
  status: z.enum(exceptionMachine.states).optional(),
  class: z.enum(EXCEPTION_CLASSES).optional(),
});

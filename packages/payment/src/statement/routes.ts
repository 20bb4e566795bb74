import { ItPayError } from '@itpay/core';
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
} from '@itpay/kernel';
import { z } from 'zod';
import { operatorText } from '../operation/decision-input.js';
import type { PaymentServices } from '../services.js';
import { importStatement } from './import.js';
import { ROW_OUTCOMES, type Statement } from './statement.js';
import { statementRowSchema, statementSchema, toWireStatement, toWireStatementRow } from './wire.js';

const TAG = 'Statements';
const PATH = '/v1/statements';
/** What a server takes in one request, in bytes. */
const MAX_BYTES = 8 * 1024 * 1024;

const params = z.object({ id: z.string() });
const channel = z.string().min(1).max(40);

/** Files of banks and rails, and what became of their rows. */
export function statementRoutes(services: PaymentServices): readonly Route[] {
  const { database, statements } = services;

  const requireStatement = async (actor: Actor, id: string): Promise<Statement> => {
    const found = await statements.find(database, actor, id);
    if (found !== null) return found;
    throw new ItPayError('STATEMENT_NOT_FOUND', { param: 'id', details: { object: 'statement', id } });
  };

  const bring = defineRoute({
    method: 'POST',
    path: PATH,
    summary: 'Import a statement of a bank or a rail',
    description:
      'The body is the file, unchanged, of any content type. The same bytes are one statement, and the same line is one row, ' +
      'in whichever file it stands. Where the rail tells nothing itself, a line with the reference of one payment is booked ' +
      'for it; everything else waits for somebody, or is noted. Only the first account of the installation can bring one.',
    tag: TAG,
    access: 'inflows:write',
    query: z.strictObject({
      channel: channel.meta({ description: 'The rail that it tells about', example: 'bank_transfer' }),
      name: operatorText(255)
        .optional()
        .meta({ description: 'The name of the file', example: 'statement-2026-11.xml' }),
    }),
    file: { maxBytes: MAX_BYTES },
    answers: {
      200: { description: 'This file was imported before', schema: statementSchema },
      201: { description: 'The statement', schema: statementSchema },
    },
    errors: [
      'STATEMENT_INVALID',
      'AMOUNT_PRECISION_UNSUPPORTED',
      'CHANNEL_NOT_SUPPORTED',
      'CHANNEL_CAPABILITY_UNSUPPORTED',
      'PERMISSION_DENIED',
    ],
    async run(request) {
      const { query, file, idempotencyKey } = request;
      return once(services, idempotencyKey, async () => {
        const { statement, isNew } = await importStatement(services, actorOf(request), {
          channel: query.channel,
          file: file!,
          name: query.name,
        });
        return { status: isNew ? 201 : 200, body: JSON.stringify(toWireStatement(statement)) };
      });
    },
  });

  const get = defineRoute({
    method: 'GET',
    path: `${PATH}/{id}`,
    summary: 'Read a statement',
    tag: TAG,
    access: 'inflows:read',
    params,
    answers: { 200: { description: 'The statement', schema: statementSchema } },
    errors: ['STATEMENT_NOT_FOUND'],
    async run(request) {
      return { status: 200, body: toWireStatement(await requireStatement(actorOf(request), request.params.id)) };
    },
  });

  const list = defineRoute({
    method: 'GET',
    path: PATH,
    summary: 'List statements, newest first',
    tag: TAG,
    access: 'inflows:read',
    query: listQuery('stm', { channel: channel.optional() }),
    answers: { 200: { description: 'One page', schema: listSchema('StatementList', statementSchema) } },
    errors: ['CURSOR_INVALID'],
    async run(request) {
      const page = pageOf(request.query);
      const { account, livemode } = actorOf(request);
      const found = await statements.list(
        { account, livemode, channel: request.query.channel ?? null, ...filterOf(page) },
        page.endingBefore !== undefined,
      );
      return { status: 200, body: listAnswer(PATH, found.map(toWireStatement), page) };
    },
  });

  const rows = defineRoute({
    method: 'GET',
    path: `${PATH}/{id}/rows`,
    summary: 'List the rows of a statement, the last one first',
    description:
      'Rows of payments of other accounts are not among them. A row that an earlier statement told stands there.',
    tag: TAG,
    access: 'inflows:read',
    params,
    query: listQuery('row', { outcome: z.enum(ROW_OUTCOMES).optional() }),
    answers: { 200: { description: 'One page', schema: listSchema('StatementRowList', statementRowSchema) } },
    errors: ['STATEMENT_NOT_FOUND', 'CURSOR_INVALID'],
    async run(request) {
      const actor = actorOf(request);
      const { id: statementId } = await requireStatement(actor, request.params.id);
      const page = pageOf(request.query);
      const { account, livemode } = actor;
      const found = await statements.listRows(
        { account, livemode, statementId, outcome: request.query.outcome ?? null, ...filterOf(page) },
        page.endingBefore !== undefined,
      );
      const waiting = found.filter(({ outcome }) => outcome === 'needs_match').map(({ inflowId }) => inflowId!);
      const suggested = await statements.suggestions(database, actor, waiting);
      const plain = found.map((row) => toWireStatementRow(row, suggested.get(row.inflowId ?? '') ?? []));
      return { status: 200, body: listAnswer(`${PATH}/${statementId}/rows`, plain, page) };
    },
  });

  return [bring, get, list, rows];
}

/**
 * Runs an import once per key. It is many transactions, so the key is looked up first, and written with the answer at the
 * end; what two requests at once do is the same, because the same file is.
 */
async function once(
  { database, idempotency }: PaymentServices,
  key: IdempotencyKey | null,
  work: () => Promise<{ readonly status: number; readonly body: string }>,
): Promise<RouteAnswer> {
  const used = key && (await idempotency.find(database, key));
  if (used?.verdict === 'replay') return { ...used.answer, replayed: true };
  const done = await work();
  return database.transaction((tx) => idempotency.once(tx, key, async () => done));
}

function filterOf(page: ReturnType<typeof pageOf>) {
  return {
    createdGte: page.createdGte ?? null,
    createdLte: page.createdLte ?? null,
    cursor: page.endingBefore ?? page.startingAfter ?? null,
    limit: page.limit + 1,
  };
}

import { actorOf, defineRoute, listSchema, statement, type Route } from '@itpay/kernel';
import { z } from 'zod';
import type { PaymentServices } from '../services.js';
import { intentNotFound } from './change.js';

/** More than any payment has; a list that is cut says so. */
const LIMIT = 500;

const entrySchema = z
  .object({
    id: z.string(),
    object: z.literal('timeline_entry'),
    at: z.iso.datetime(),
    action: z.string().meta({ example: 'capture' }),
    object_id: z
      .string()
      .meta({ description: 'The payment intent, or a QR charge, operation, inflow, refund or void of it' }),
    from: z.string().nullable(),
    to: z.string().nullable(),
    actor: z.string().meta({ description: 'A key, the host, a channel, the scheduler', example: 'channel:promptpay' }),
    evidence_digest: z.string().nullable().meta({ description: 'SHA-256 of what the step rests on, in hex' }),
    request_id: z.string().nullable(),
  })
  .meta({ id: 'TimelineEntry' });

/** What happened to a payment and to all that belongs to it, as the audit log has it. */
export function timelineRoute({ database, store }: PaymentServices): readonly Route[] {
  const timeline = defineRoute({
    method: 'GET',
    path: '/v1/payment-intents/{id}/timeline',
    summary: 'Read what happened to a payment',
    description: `The audited steps of the intent, its QR charges, operations, inflows, refunds and voids, oldest first; up to ${LIMIT}.`,
    tag: 'Payment intents',
    access: 'payments:read',
    params: z.object({ id: z.string() }),
    answers: { 200: { description: 'The steps, oldest first', schema: listSchema('Timeline', entrySchema) } },
    errors: ['PAYMENT_INTENT_NOT_FOUND'],
    async run(request) {
      const { id } = request.params;
      const found = await store.find(database, actorOf(request), id);
      if (found === null) throw intentNotFound(id);
      const rows = await database.query(READ, { intentId: id, account: found.intent.account, limit: LIMIT + 1 });
      return {
        status: 200,
        body: {
          object: 'list',
          data: rows.slice(0, LIMIT).map(toEntry),
          has_more: rows.length > LIMIT,
          next_cursor: null,
          url: `/v1/payment-intents/${id}/timeline`,
        },
      };
    },
  });
  return [timeline];
}

interface EntryRow {
  readonly id: string;
  readonly at: Date;
  readonly action: string;
  readonly object_id: string;
  readonly from_state: string | null;
  readonly to_state: string | null;
  readonly actor: string;
  readonly evidence_digest: Buffer | null;
  readonly request_id: string | null;
}

const toEntry = (row: EntryRow): z.infer<typeof entrySchema> => ({
  id: row.id,
  object: 'timeline_entry',
  at: row.at.toISOString(),
  action: row.action,
  object_id: row.object_id,
  from: row.from_state,
  to: row.to_state,
  actor: row.actor,
  evidence_digest: row.evidence_digest && row.evidence_digest.toString('hex'),
  request_id: row.request_id,
});

// The ids of the parts are ordered as bytes and those of the audit log as the database likes; a comparison needs one of
// the two, and the index of the audit log is in its own.
const READ = statement<{ intentId: string; account: string; limit: number }, EntryRow>(
  'intent_timeline',
  `select id, at, action, object_id, from_state, to_state, actor, evidence_digest, request_id
     from {schema}.audit_entries
    where account = :account and object_id in (
      select :intentId::text
      union all select id collate "default" from {schema}.qr_charges where payment_intent_id = :intentId::text
      union all select id collate "default" from {schema}.channel_operations where payment_intent_id = :intentId::text
      union all select id collate "default" from {schema}.inflows where payment_intent_id = :intentId::text
      union all select id collate "default" from {schema}.refunds where payment_intent_id = :intentId::text
      union all select id collate "default" from {schema}.voids where target_id = :intentId::text)
    order by at, id limit :limit`,
);

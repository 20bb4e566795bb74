import {
  actorKindOf,
  actorOf,
  defineRoute,
  listAnswer,
  listQuery,
  listSchema,
  pageOf,
  type AuditRow,
  type Database,
  type Route,
} from '@itpay/kernel';
import { z } from 'zod';
import { LIST, type AuditFilter } from './store.js';

const entrySchema = z
  .object({
    id: z.string().meta({ example: 'aud_06b2m6vk0dtf5d5cq0m3vz8x4r' }),
    object: z.literal('audit_entry'),
    livemode: z.boolean(),
    created_at: z.iso.datetime().meta({ description: 'ISO 8601, UTC, with milliseconds' }),
    actor: z.object({
      id: z
        .string()
        .meta({ description: 'A key, or the part of the framework that acted', example: 'channel:promptpay' }),
      kind: z
        .enum(['api_key', 'host_session', 'agent_token', 'display_token', 'channel', 'host', 'system'])
        .meta({ description: '`host`: code of the shop in the same process. `system`: the framework by itself' }),
    }),
    action: z.string().meta({ example: 'capture' }),
    object_id: z.string().meta({ description: 'What was changed', example: 'pi_06b2m6vk0dtf5d5cq0m3vz8x4r' }),
    from_state: z.string().nullable().meta({ description: 'Null: it was made' }),
    to_state: z.string().nullable(),
    evidence_digest: z.string().nullable().meta({ description: 'SHA-256 of what the step rests on, in hex' }),
    request_id: z.string().nullable().meta({ description: 'The request that asked for it, where one did' }),
  })
  .meta({ id: 'AuditEntry' });

const text = z.string().min(1).max(200).optional();

/** Protocol, chapter 12, row 32. */
export function auditRoutes(database: Database): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/audit-log',
      summary: 'List who changed what, newest first',
      description:
        'Every call that changed something, and every step that an object took, of this account and mode. Entries are ' +
        'never changed or removed.',
      tag: 'Audit log',
      access: 'audit:read',
      query: listQuery('aud', { object_id: text, actor: text, action: text }),
      answers: { 200: { description: 'One page', schema: listSchema('AuditEntryList', entrySchema) } },
      errors: ['CURSOR_INVALID'],
      async run(request) {
        const { account, livemode } = actorOf(request);
        const { query } = request;
        const page = pageOf(query);
        const filter: AuditFilter = {
          account,
          livemode,
          objectId: query.object_id ?? null,
          actor: query.actor ?? null,
          action: query.action ?? null,
          createdGte: page.createdGte ?? null,
          createdLte: page.createdLte ?? null,
          cursor: page.endingBefore ?? page.startingAfter ?? null,
          limit: page.limit + 1,
        };
        const rows = await database.query(page.endingBefore === undefined ? LIST.older : LIST.newer, filter);
        return { status: 200, body: listAnswer('/v1/audit-log', rows.map(toWire), page) };
      },
    }),
  ];
}

function toWire(row: AuditRow): z.infer<typeof entrySchema> {
  return {
    id: row.id,
    object: 'audit_entry',
    livemode: row.livemode,
    created_at: row.at.toISOString(),
    actor: { id: row.actor, kind: actorKindOf(row.actor, row.actor_kind) },
    action: row.action,
    object_id: row.object_id,
    from_state: row.from_state,
    to_state: row.to_state,
    evidence_digest: row.evidence_digest && row.evidence_digest.toString('hex'),
    request_id: row.request_id,
  };
}

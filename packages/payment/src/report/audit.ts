import { actorKindOf, statement, type AuditRow } from '@itpay/kernel';
import { listSource, type BatchParams, type Placed } from './source.js';

type Entry = Omit<AuditRow, 'livemode'> & Placed;

/** Who changed what in this time. The log knows no channels. */
export const audit = listSource<Entry>(
  [
    { kind: 'plain', name: 'audit_entry_id', of: ({ id }) => id },
    { kind: 'plain', name: 'created_at', of: ({ at }) => at },
    { kind: 'text', name: 'actor', of: ({ actor }) => actor },
    { kind: 'plain', name: 'actor_kind', of: (row) => actorKindOf(row.actor, row.actor_kind) },
    { kind: 'text', name: 'action', of: ({ action }) => action },
    { kind: 'text', name: 'object_id', of: (row) => row.object_id },
    { kind: 'text', name: 'from_state', of: (row) => row.from_state },
    { kind: 'text', name: 'to_state', of: (row) => row.to_state },
    { kind: 'plain', name: 'evidence_digest', of: (row) => row.evidence_digest && row.evidence_digest.toString('hex') },
    { kind: 'text', name: 'request_id', of: (row) => row.request_id },
  ],
  statement<BatchParams, Entry>(
    'report_audit',
    `select id, at::text as place, at, actor, actor_kind, action, object_id, from_state, to_state, evidence_digest, request_id
       from {schema}.audit_entries
      where account = :account and livemode = :livemode and :channel::text is null
        and at >= :from and at < :until and (at, id) > (:cursorAt::timestamptz, :cursorId)
      order by at, id limit :limit::int`,
  ),
);

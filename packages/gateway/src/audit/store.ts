import { listStatements, type AuditRow } from '@itpay/kernel';

export interface AuditFilter {
  readonly account: string;
  readonly livemode: boolean;
  readonly objectId: string | null;
  readonly actor: string | null;
  readonly action: string | null;
  readonly createdGte: Date | null;
  readonly createdLte: Date | null;
  /** The page begins after this id; or, among the newer ones, ends before it. */
  readonly cursor: string | null;
  readonly limit: number;
}

export const LIST = listStatements<AuditFilter, AuditRow>({
  name: 'audit_list',
  columns: `id, livemode, at, actor, actor_kind, action, object_id, from_state, to_state, evidence_digest, request_id`,
  table: '{schema}.audit_entries',
  where: 'account = :account and livemode = :livemode',
  filters: {
    objectId: ['text', 'object_id = :objectId'],
    actor: ['text', 'actor = :actor'],
    action: ['text', 'action = :action'],
    createdGte: ['timestamptz', 'at >= :createdGte'],
    createdLte: ['timestamptz', 'at <= :createdLte'],
  },
});

import { statement, type Principal } from '@itpay/kernel';

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

export interface AuditRow {
  readonly id: string;
  readonly livemode: boolean;
  readonly at: Date;
  readonly actor: string;
  readonly actor_kind: Principal['kind'] | null;
  readonly action: string;
  readonly object_id: string;
  readonly from_state: string | null;
  readonly to_state: string | null;
  readonly evidence_digest: Buffer | null;
  readonly request_id: string | null;
}

const SELECT = `select id, livemode, at, actor, actor_kind, action, object_id, from_state, to_state, evidence_digest,
    request_id
  from {schema}.audit_entries
 where account = :account and livemode = :livemode
   and (:objectId::text is null or object_id = :objectId)
   and (:actor::text is null or actor = :actor)
   and (:action::text is null or action = :action)
   and (:createdGte::timestamptz is null or at >= :createdGte)
   and (:createdLte::timestamptz is null or at <= :createdLte)`;

export const LIST_OLDER = statement<AuditFilter, AuditRow>(
  'audit_list_older',
  `${SELECT} and (:cursor::text is null or id < :cursor) order by id desc limit :limit`,
);
export const LIST_NEWER = statement<AuditFilter, AuditRow>(
  'audit_list_newer',
  `${SELECT} and id > :cursor order by id limit :limit`,
);

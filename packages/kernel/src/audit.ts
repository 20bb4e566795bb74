import type { Clock } from './ports/clock.js';
import type { Principal } from './ports/authenticator.js';
import type { Tx } from './ports/database.js';
import type { IdGenerator } from './ports/id-generator.js';
import { statement } from './statement.js';
import { token, type Token } from './token.js';

/** Who did something, for the audit log: a key, a host, a job. */
export interface Actor {
  readonly account: string;
  readonly livemode: boolean;
  /** The principal's id, or the name of the part of the framework that acted: `host`, `channel:promptpay`. */
  readonly id: string;
  /** What `id` stands for, where a principal acts. Left out for parts of the framework, whose `id` says it. */
  readonly kind?: Principal['kind'];
  readonly requestId: string | null;
}

export interface AuditEntry {
  readonly action: string;
  readonly objectId: string;
  readonly fromState: string | null;
  readonly toState: string | null;
  readonly evidenceDigest?: Uint8Array;
}

/** An entry as the database has it. */
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

/** What stands behind the actor of an entry. `host`: code of the shop in the same process. `system`: the framework by itself. */
export type ActorKind = Principal['kind'] | 'channel' | 'host' | 'system';

/**
 * What an actor of the audit log is.
 *
 * @param kind as the entry has it; null where a part of the framework acted, and in entries from before kinds were kept
 */
export function actorKindOf(actor: string, kind: Principal['kind'] | null): ActorKind {
  if (kind !== null) return kind;
  if (actor.startsWith('key_')) return 'api_key';
  if (actor.startsWith('channel:')) return 'channel';
  if (actor === 'host') return 'host';
  return actor === 'payer' ? 'display_token' : 'system';
}

/** Appends to the audit log, in the transaction of what it records. The database refuses every change of an entry. */
export class AuditLog {
  static readonly token: Token<AuditLog> = token<AuditLog>('audit-log');

  readonly #clock: Clock;
  readonly #ids: IdGenerator;

  constructor(clock: Clock, ids: IdGenerator) {
    this.#clock = clock;
    this.#ids = ids;
  }

  async append(tx: Tx, actor: Actor, entries: readonly AuditEntry[]): Promise<void> {
    if (entries.length === 0) return;
    await tx.query(APPEND, {
      ids: entries.map(() => this.#ids.next('aud')),
      account: actor.account,
      livemode: actor.livemode,
      at: this.#clock.now(),
      actor: actor.id,
      actorKind: actor.kind ?? null,
      actions: entries.map(({ action }) => action),
      objectIds: entries.map(({ objectId }) => objectId),
      fromStates: entries.map(({ fromState }) => fromState),
      toStates: entries.map(({ toState }) => toState),
      evidenceDigests: entries.map(({ evidenceDigest }) => evidenceDigest ?? null),
      requestId: actor.requestId,
    });
  }
}

const APPEND = statement<
  {
    ids: string[];
    account: string;
    livemode: boolean;
    at: Date;
    actor: string;
    actorKind: string | null;
    actions: string[];
    objectIds: string[];
    fromStates: (string | null)[];
    toStates: (string | null)[];
    evidenceDigests: (Uint8Array | null)[];
    requestId: string | null;
  },
  object
>(
  'audit_append',
  `insert into {schema}.audit_entries
     (id, account, livemode, at, actor, actor_kind, action, object_id, from_state, to_state, evidence_digest, request_id)
   select id, :account, :livemode, :at, :actor, :actorKind, action, object_id, from_state, to_state, evidence_digest, :requestId
     from unnest(:ids::text[], :actions::text[], :objectIds::text[], :fromStates::text[], :toStates::text[],
                 :evidenceDigests::bytea[])
       as entry (id, action, object_id, from_state, to_state, evidence_digest)`,
);

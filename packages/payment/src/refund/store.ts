import { money } from '@itpay/core';
import {
  listStatements,
  maybeOne,
  statement,
  type Actor,
  type Database,
  type OperationKind,
  type OperationState,
  type Queryable,
  type Tx,
} from '@itpay/kernel';
import type { OperationMark } from '../intent/intent.js';
import type { Refund, RefundFailure, RefundReason, RefundState } from './refund.js';

type Owner = Pick<Actor, 'account' | 'livemode'>;

export interface RefundFilter {
  readonly account: string;
  readonly livemode: boolean;
  readonly status: string | null;
  readonly paymentIntentId: string | null;
  readonly createdGte: Date | null;
  readonly createdLte: Date | null;
  /** The page begins after this id; or, with `newer`, ends before it. */
  readonly cursor: string | null;
  readonly limit: number;
}

/** The SQL of refunds. */
export class RefundStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async insert(tx: Tx, refund: Refund): Promise<void> {
    const { amount, failure, metadata, ...rest } = refund;
    await tx.query(INSERT, {
      ...rest,
      amount: amount.value,
      currency: amount.currency,
      failure: failure && JSON.stringify(failure),
      metadata: JSON.stringify(metadata),
    });
  }

  /** A refund of this account and mode. */
  async find(on: Queryable, { account, livemode }: Owner, id: string): Promise<Refund | null> {
    const row = await maybeOne(on, FIND, { id, account, livemode });
    return row && fromRow(row);
  }

  /** Reads a refund of any account and keeps others from changing it. Its payment intent is locked first. */
  async lock(tx: Tx, id: string): Promise<Refund> {
    const row = await maybeOne(tx, LOCK, { id });
    if (row === null) throw new Error(`The refund ${id} does not exist.`);
    return fromRow(row);
  }

  /** Refunds of a payment, those of its inflows as well, oldest first. With a locked intent, nobody adds one meanwhile. */
  async ofIntent(on: Queryable, paymentIntentId: string): Promise<Refund[]> {
    return (await on.query(OF_INTENT, { paymentIntentId })).map(fromRow);
  }

  /** Newest first; with `newer`, the page that comes before the cursor, oldest first. */
  async list(filter: RefundFilter, newer: boolean): Promise<Refund[]> {
    return (await this.#database.query(newer ? LIST.newer : LIST.older, filter)).map(fromRow);
  }

  /** By refund, its call to the channel, where there is one that has not succeeded. */
  async operationsOf(on: Queryable, refunds: readonly Refund[]): Promise<ReadonlyMap<string, OperationMark>> {
    if (refunds.length === 0) return new Map();
    const rows = await on.query(OPERATIONS, {
      refundIds: refunds.map(({ id }) => id),
      paymentIntentIds: [...new Set(refunds.map(({ paymentIntentId }) => paymentIntentId))],
    });
    return new Map(
      rows.map(({ object_id, next_query_at, ...mark }) => [object_id, { ...mark, nextQueryAt: next_query_at }]),
    );
  }

  /** Writes what can change about a refund. The version in the condition makes a lost update impossible. */
  async save(tx: Tx, refund: Refund): Promise<void> {
    const { id, status, manual, channelRefundId, failure, sequence, version, updatedAt, succeededAt } = refund;
    const saved = await tx.query(SAVE, {
      id,
      status,
      manual,
      channelRefundId,
      failure: failure && JSON.stringify(failure),
      sequence,
      version,
      updatedAt,
      succeededAt,
    });
    if (saved.length !== 1) throw new Error(`The refund ${id} changed while it was worked on.`);
  }
}

interface RefundRow {
  readonly id: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly payment_intent_id: string;
  readonly inflow_id: string | null;
  readonly amount: bigint;
  readonly currency: string;
  readonly reason: RefundReason;
  readonly description: string | null;
  readonly status: RefundState;
  readonly decision: Refund['decision'];
  readonly manual: boolean;
  readonly channel_refund_reference: string;
  readonly channel_refund_id: string | null;
  readonly failure: RefundFailure | null;
  readonly metadata: Record<string, string>;
  readonly sequence: number;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly succeeded_at: Date | null;
}

const fromRow = (row: RefundRow): Refund => ({
  id: row.id,
  account: row.account,
  livemode: row.livemode,
  paymentIntentId: row.payment_intent_id,
  inflowId: row.inflow_id,
  amount: money(row.currency, row.amount),
  reason: row.reason,
  description: row.description,
  status: row.status,
  decision: row.decision,
  manual: row.manual,
  channelRefundReference: row.channel_refund_reference,
  channelRefundId: row.channel_refund_id,
  failure: row.failure,
  metadata: row.metadata,
  sequence: row.sequence,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  succeededAt: row.succeeded_at,
});

const COLUMNS = `id, account, livemode, payment_intent_id, inflow_id, amount, currency, reason, description, status,
  decision, manual, channel_refund_reference, channel_refund_id, failure, metadata, sequence, version, created_at,
  updated_at, succeeded_at`;

const INSERT = statement<
  Omit<Refund, 'amount' | 'failure' | 'metadata'> & {
    readonly amount: bigint;
    readonly currency: string;
    readonly failure: string | null;
    readonly metadata: string;
  },
  object
>(
  'refund_insert',
  `insert into {schema}.refunds (${COLUMNS})
   values (:id, :account, :livemode, :paymentIntentId, :inflowId, :amount, :currency, :reason, :description, :status,
     :decision, :manual, :channelRefundReference, :channelRefundId, :failure::jsonb, :metadata::jsonb, :sequence,
     :version, :createdAt, :updatedAt, :succeededAt)`,
);
const FIND = statement<{ id: string; account: string; livemode: boolean }, RefundRow>(
  'refund_find',
  `select ${COLUMNS} from {schema}.refunds where id = :id and account = :account and livemode = :livemode`,
);
const LOCK = statement<{ id: string }, RefundRow>(
  'refund_lock',
  `select ${COLUMNS} from {schema}.refunds where id = :id for update`,
);
const OF_INTENT = statement<{ paymentIntentId: string }, RefundRow>(
  'refunds_of_intent',
  `select ${COLUMNS} from {schema}.refunds where payment_intent_id = :paymentIntentId order by id`,
);
// By the payments as well, because that is what the index on operations knows.
const OPERATIONS = statement<
  { refundIds: string[]; paymentIntentIds: string[] },
  {
    readonly object_id: string;
    readonly id: string;
    readonly kind: OperationKind;
    readonly state: OperationState;
    readonly next_query_at: Date | null;
  }
>(
  'refund_operations',
  `select object_id, id, kind, state, next_query_at from {schema}.channel_operations
    where payment_intent_id = any(:paymentIntentIds::text[]) and object_id = any(:refundIds::text[])
      and state <> 'succeeded'`,
);
const SAVE = statement<
  Pick<
    Refund,
    'id' | 'status' | 'manual' | 'channelRefundId' | 'sequence' | 'version' | 'updatedAt' | 'succeededAt'
  > & {
    readonly failure: string | null;
  },
  { id: string }
>(
  'refund_save',
  `update {schema}.refunds
      set status = :status, manual = :manual, channel_refund_id = :channelRefundId, failure = :failure::jsonb,
          sequence = :sequence, version = :version::int, updated_at = :updatedAt, succeeded_at = :succeededAt
    where id = :id and version = :version::int - 1
   returning id`,
);
const LIST = listStatements<RefundFilter, RefundRow>({
  name: 'refund_list',
  columns: COLUMNS,
  table: '{schema}.refunds',
  where: 'account = :account and livemode = :livemode',
  filters: {
    paymentIntentId: ['text', 'payment_intent_id = :paymentIntentId'],
    status: ['text', 'status = :status'],
    createdGte: ['timestamptz', 'created_at >= :createdGte'],
    createdLte: ['timestamptz', 'created_at <= :createdLte'],
  },
});

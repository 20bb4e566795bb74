import { money } from '@itpay/core';
import { listStatements, maybeOne, statement, type Database, type Queryable, type Tx } from '@itpay/kernel';
import type { Inflow, InflowKind, InflowSource, InflowStatus, Policy } from './inflow.js';

export interface InflowFilter {
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

/** The SQL of inflows. */
export class InflowStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @returns false when the same arrival is known already; nothing was written then */
  async insert(tx: Tx, inflow: Inflow): Promise<boolean> {
    const { amount, ...rest } = inflow;
    return (await tx.query(INSERT, { ...rest, amount: amount.value, currency: amount.currency })).length > 0;
  }

  async findByTransaction(
    on: Queryable,
    arrival: { channel: string; merchantAccount: string; channelTransactionId: string },
  ): Promise<Inflow | null> {
    const row = await maybeOne(on, FIND_BY_TRANSACTION, arrival);
    return row && fromRow(row);
  }

  async find(on: Queryable, owner: { account: string; livemode: boolean }, id: string): Promise<Inflow | null> {
    const row = await maybeOne(on, FIND, { id, account: owner.account, livemode: owner.livemode });
    return row && fromRow(row);
  }

  /** Inflows of a payment, oldest first. With a locked intent, nobody adds one meanwhile. */
  async ofIntent(on: Queryable, paymentIntentId: string): Promise<Inflow[]> {
    return (await on.query(OF_INTENT, { paymentIntentId })).map(fromRow);
  }

  /** Newest first; with `newer`, the page that comes before the cursor, oldest first. */
  async list(filter: InflowFilter, newer: boolean): Promise<Inflow[]> {
    return (await this.#database.query(newer ? LIST.newer : LIST.older, filter)).map(fromRow);
  }

  /** Writes what can change about an inflow. The sequence in the condition makes a lost update impossible. */
  async save(tx: Tx, inflow: Inflow): Promise<void> {
    const { id, status, kind, policy, counted, paymentIntentId, refundId, resolvedBy, note, sequence, updatedAt } =
      inflow;
    const saved = await tx.query(SAVE, {
      id,
      status,
      kind,
      policy,
      counted,
      paymentIntentId,
      refundId,
      resolvedBy,
      note,
      sequence,
      updatedAt,
    });
    if (saved.length !== 1) throw new Error(`The inflow ${id} changed while it was worked on.`);
  }
}

interface InflowRow {
  readonly id: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly channel: string;
  readonly merchant_account: string;
  readonly channel_reference: string | null;
  readonly channel_transaction_id: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly counted: bigint;
  readonly paid_at: Date;
  readonly source: InflowSource;
  readonly evidence_digest: Buffer;
  readonly payment_intent_id: string | null;
  readonly kind: InflowKind;
  readonly policy: Policy | null;
  readonly status: InflowStatus;
  readonly refund_id: string | null;
  readonly resolved_by: string | null;
  readonly note: string | null;
  readonly sequence: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const fromRow = (row: InflowRow): Inflow => ({
  id: row.id,
  account: row.account,
  livemode: row.livemode,
  channel: row.channel,
  merchantAccount: row.merchant_account,
  channelReference: row.channel_reference,
  channelTransactionId: row.channel_transaction_id,
  amount: money(row.currency, row.amount),
  counted: row.counted,
  paidAt: row.paid_at,
  source: row.source,
  evidenceDigest: row.evidence_digest,
  paymentIntentId: row.payment_intent_id,
  kind: row.kind,
  policy: row.policy,
  status: row.status,
  refundId: row.refund_id,
  resolvedBy: row.resolved_by,
  note: row.note,
  sequence: row.sequence,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

const COLUMNS = `id, account, livemode, channel, merchant_account, channel_reference, channel_transaction_id, amount,
  currency, counted, paid_at, source, evidence_digest, payment_intent_id, kind, policy, status, refund_id, resolved_by,
  note, sequence, created_at, updated_at`;

const INSERT = statement<Omit<Inflow, 'amount'> & { amount: bigint; currency: string }, { id: string }>(
  'inflow_insert',
  `insert into {schema}.inflows (${COLUMNS})
   values (:id, :account, :livemode, :channel, :merchantAccount, :channelReference, :channelTransactionId, :amount,
     :currency, :counted, :paidAt, :source, :evidenceDigest, :paymentIntentId, :kind, :policy, :status, :refundId,
     :resolvedBy, :note, :sequence, :createdAt, :updatedAt)
   on conflict (channel, merchant_account, channel_transaction_id) do nothing
   returning id`,
);
const FIND_BY_TRANSACTION = statement<
  { channel: string; merchantAccount: string; channelTransactionId: string },
  InflowRow
>(
  'inflow_find_by_transaction',
  `select ${COLUMNS} from {schema}.inflows
    where channel = :channel and merchant_account = :merchantAccount and channel_transaction_id = :channelTransactionId`,
);
const FIND = statement<{ id: string; account: string; livemode: boolean }, InflowRow>(
  'inflow_find',
  `select ${COLUMNS} from {schema}.inflows where id = :id and account = :account and livemode = :livemode`,
);
const OF_INTENT = statement<{ paymentIntentId: string }, InflowRow>(
  'inflows_of_intent',
  `select ${COLUMNS} from {schema}.inflows where payment_intent_id = :paymentIntentId order by id`,
);
const SAVE = statement<
  Pick<
    Inflow,
    | 'id'
    | 'status'
    | 'kind'
    | 'policy'
    | 'counted'
    | 'paymentIntentId'
    | 'refundId'
    | 'resolvedBy'
    | 'note'
    | 'sequence'
    | 'updatedAt'
  >,
  { id: string }
>(
  'inflow_save',
  `update {schema}.inflows
      set status = :status, kind = :kind, policy = :policy, counted = :counted, payment_intent_id = :paymentIntentId,
          refund_id = :refundId, resolved_by = :resolvedBy, note = :note, sequence = :sequence::int, updated_at = :updatedAt
    where id = :id and sequence = :sequence::int - 1
   returning id`,
);
const LIST = listStatements<InflowFilter, InflowRow>({
  name: 'inflow_list',
  columns: COLUMNS,
  table: '{schema}.inflows',
  where: 'account = :account and livemode = :livemode',
  filters: {
    paymentIntentId: ['text', 'payment_intent_id = :paymentIntentId'],
    status: ['text', 'status = :status'],
    createdGte: ['timestamptz', 'created_at >= :createdGte'],
    createdLte: ['timestamptz', 'created_at <= :createdLte'],
  },
});

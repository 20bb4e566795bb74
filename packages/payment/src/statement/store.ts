import { money } from '@itpay/core';
import { maybeOne, statement, type Actor, type Database, type Queryable, type Secrets, type Tx } from '@itpay/kernel';
import type { RefundState } from '../refund/refund.js';
import type { OrderCandidate, RefundCandidate } from './decide-row.js';
import {
  NO_COUNTS,
  type KeptRow,
  type RowDetails,
  type RowOutcome,
  type Statement,
  type StatementCounts,
  type StatementSource,
  type StatementWarning,
  type ToldStatement,
} from './statement.js';

type Owner = Pick<Actor, 'account' | 'livemode'>;

/** What the key belongs to under which details of rows are sealed. */
export const SEALED_FOR = 'statement-row';
/** How many earlier statements are looked at for the balance with which one of them closed. */
const EARLIER = 100;

export interface StatementFilter extends Owner {
  readonly channel: string | null;
  readonly createdGte: Date | null;
  readonly createdLte: Date | null;
  /** The page begins after this id; or, with `newer`, ends before it. */
  readonly cursor: string | null;
  readonly limit: number;
}

export interface RowFilter extends Owner {
  readonly statementId: string;
  readonly outcome: RowOutcome | null;
  readonly createdGte: Date | null;
  readonly createdLte: Date | null;
  readonly cursor: string | null;
  readonly limit: number;
}

/** What becomes of a row, beside what the file says. */
export type RowResult = Pick<KeptRow, 'account' | 'outcome' | 'doubt' | 'paymentIntentId' | 'inflowId' | 'refundId'>;

/** The SQL of statements and their rows. */
export class StatementStore {
  readonly #database: Database;
  readonly #secrets: Secrets;

  constructor(database: Database, secrets: Secrets) {
    this.#database = database;
    this.#secrets = secrets;
  }

  /** @returns false when these bytes are a statement already; nothing was written then */
  async insert(tx: Tx, { facts, counts, warnings, ...rest }: Statement): Promise<boolean> {
    const inserted = await tx.query(INSERT, {
      ...rest,
      facts: JSON.stringify(facts),
      counts: JSON.stringify(counts),
      warnings: JSON.stringify(warnings),
    });
    return inserted.length > 0;
  }

  /** @returns false when somebody else finished it before */
  async finish(tx: Tx, id: string, counts: StatementCounts, finishedAt: Date): Promise<boolean> {
    const finished = await tx.query(FINISH, { id, counts: JSON.stringify(counts), finishedAt });
    return finished.length > 0;
  }

  async findByDigest(on: Queryable, channelInstance: string, fileDigest: Uint8Array): Promise<Statement | null> {
    const row = await maybeOne(on, FIND_BY_DIGEST, { channelInstance, fileDigest });
    return row && fromStatementRow(row);
  }

  async find(on: Queryable, { account, livemode }: Owner, id: string): Promise<Statement | null> {
    const row = await maybeOne(on, FIND, { id, account, livemode });
    return row && fromStatementRow(row);
  }

  /** Newest first; with `newer`, the page that comes before the cursor, oldest first. */
  async list(filter: StatementFilter, newer: boolean): Promise<Statement[]> {
    return (await this.#database.query(newer ? LIST_NEWER : LIST_OLDER, filter)).map(fromStatementRow);
  }

  /** What the statements of an instance said about themselves that were read before, newest first. */
  async earlierFacts(on: Queryable, channelInstance: string): Promise<ToldStatement[]> {
    return (await on.query(EARLIER_FACTS, { channelInstance, limit: EARLIER })).flatMap(({ facts }) => facts);
  }

  /** Which of these rows an earlier reading has settled. */
  async settledKeys(on: Queryable, channelInstance: string, keys: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await on.query(SETTLED_KEYS, { channelInstance, keys: [...keys] });
    return new Set(rows.map(({ dedupe_key }) => dedupe_key));
  }

  /**
   * Writes rows down that are new, and those that were known as not booked yet, or held only because the balances of their
   * file disagreed, and are told as booked now.
   *
   * @returns of those that were written, the id by the dedupe key; two of one key are never given
   */
  async keep(tx: Tx, rows: readonly KeptRow[]): Promise<ReadonlyMap<string, string>> {
    const kept = await tx.query(KEEP, { rows: JSON.stringify(rows.map((row) => this.#toJson(row))) });
    return new Map(kept.map(({ dedupe_key, id }) => [dedupe_key, id]));
  }

  /** Writes what became of a row. */
  async saveResult(tx: Tx, id: string, result: RowResult, updatedAt: Date): Promise<void> {
    await tx.query(SAVE_RESULT, { id, ...result, updatedAt });
  }

  async countsOf(on: Queryable, statementId: string, rows: number): Promise<StatementCounts> {
    const counts: Record<keyof StatementCounts, number> = { ...NO_COUNTS, rows, known: rows };
    for (const { outcome, count } of await on.query(COUNTS, { statementId })) {
      counts[outcome] = Number(count);
      counts.known -= Number(count);
    }
    return counts;
  }

  /** Rows of one statement that belong to the owner, newest first; with `newer`, oldest first. */
  async listRows(filter: RowFilter, newer: boolean): Promise<KeptRow[]> {
    const rows = await this.#database.query(newer ? ROWS_NEWER : ROWS_OLDER, filter);
    return rows.map((row) => this.#fromRow(row));
  }

  /** Orders at an instance by their references. */
  async orders(on: Queryable, channelInstance: string, references: readonly string[]): Promise<OrderCandidate[]> {
    if (references.length === 0) return [];
    return (await on.query(ORDERS, { channelInstance, references: [...references] })).map((row) => ({
      reference: row.reference,
      paymentIntentId: row.payment_intent_id,
    }));
  }

  /** Refunds that an operator sends, by the references under which a statement brings them back. */
  async manualRefunds(
    on: Queryable,
    channelInstance: string,
    references: readonly string[],
  ): Promise<RefundCandidate[]> {
    if (references.length === 0) return [];
    const rows = await on.query(MANUAL_REFUNDS, { channelInstance, references: [...references] });
    return rows.map((row) => ({
      id: row.id,
      reference: row.channel_refund_reference,
      account: row.account,
      paymentIntentId: row.payment_intent_id,
      status: row.status,
      amount: money(row.currency, row.amount),
      isTold: row.is_told,
    }));
  }

  /** The rows that told a transaction of the instance as money that came, with what was booked for it. */
  async creditsOf(
    on: Queryable,
    channelInstance: string,
    channelTransactionId: string,
  ): Promise<{ readonly inflowId: string; readonly paymentIntentId: string | null; readonly value: bigint }[]> {
    return (await on.query(CREDITS_OF, { channelInstance, channelTransactionId })).map((row) => ({
      inflowId: row.inflow_id,
      paymentIntentId: row.payment_intent_id,
      value: row.amount,
    }));
  }

  /** Whether a row stands for this inflow already. */
  async tellsOf(on: Queryable, inflowId: string): Promise<boolean> {
    return (await maybeOne(on, TELLS_OF, { inflowId })) !== null;
  }

  /** By inflow that still waits for a match: open payments of the same amount at the same instance, at most three of each. */
  async suggestions(on: Queryable, owner: Owner, inflowIds: readonly string[]): Promise<ReadonlyMap<string, string[]>> {
    if (inflowIds.length === 0) return new Map();
    const { account, livemode } = owner;
    const rows = await on.query(SUGGESTIONS, { account, livemode, inflowIds: [...inflowIds] });
    return new Map(rows.map(({ inflow_id, payment_intent_ids }) => [inflow_id, payment_intent_ids]));
  }

  #toJson(row: KeptRow): object {
    const { details, amount, fee, ...rest } = row;
    return {
      ...rest,
      amount: String(amount.value),
      currency: amount.currency,
      fee: fee === null ? null : String(fee),
      details: this.#secrets.seal(SEALED_FOR, JSON.stringify(details)).toString('base64'),
    };
  }

  #fromRow(row: RowRow): KeptRow {
    return {
      id: row.id,
      statementId: row.statement_id,
      account: row.account,
      livemode: row.livemode,
      channel: row.channel,
      channelInstance: row.channel_instance,
      dedupeKey: row.dedupe_key,
      kind: row.kind,
      direction: row.direction,
      status: row.status,
      amount: money(row.currency, row.amount),
      fee: row.fee,
      reference: row.reference,
      channelTransactionId: row.channel_transaction_id,
      bookedAt: row.booked_at,
      valueDate: row.value_date,
      details: this.#open(row.sealed_details),
      doubt: row.doubt,
      returnReason: row.return_reason,
      position: row.position,
      outcome: row.outcome,
      paymentIntentId: row.payment_intent_id,
      inflowId: row.inflow_id,
      refundId: row.refund_id,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    };
  }

  #open(sealed: Buffer | null): RowDetails {
    if (sealed === null) return { text: '', counterparty: null };
    return JSON.parse(this.#secrets.open(SEALED_FOR, sealed).toString()) as RowDetails;
  }
}

interface StatementRowOfTable {
  readonly id: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly channel: string;
  readonly channel_instance: string;
  readonly merchant_account: string;
  readonly file_digest: Buffer;
  readonly file_name: string | null;
  readonly source: StatementSource;
  readonly day: string | null;
  readonly status: Statement['status'];
  readonly facts: ToldStatement[];
  readonly counts: StatementCounts;
  readonly warnings: StatementWarning[];
  readonly created_by: string;
  readonly created_at: Date;
  readonly finished_at: Date | null;
}

const fromStatementRow = (row: StatementRowOfTable): Statement => ({
  id: row.id,
  account: row.account,
  livemode: row.livemode,
  channel: row.channel,
  channelInstance: row.channel_instance,
  merchantAccount: row.merchant_account,
  fileDigest: row.file_digest,
  fileName: row.file_name,
  source: row.source,
  day: row.day,
  status: row.status,
  facts: row.facts,
  counts: row.counts,
  warnings: row.warnings,
  createdBy: row.created_by,
  createdAt: row.created_at,
  finishedAt: row.finished_at,
});

interface RowRow {
  readonly id: string;
  readonly statement_id: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly channel: string;
  readonly channel_instance: string;
  readonly dedupe_key: string;
  readonly kind: KeptRow['kind'];
  readonly direction: KeptRow['direction'];
  readonly status: KeptRow['status'];
  readonly amount: bigint;
  readonly currency: string;
  readonly fee: bigint | null;
  readonly reference: string | null;
  readonly channel_transaction_id: string | null;
  readonly booked_at: Date;
  readonly value_date: string | null;
  readonly sealed_details: Buffer | null;
  readonly doubt: string | null;
  readonly return_reason: string | null;
  readonly position: string;
  readonly outcome: RowOutcome;
  readonly payment_intent_id: string | null;
  readonly inflow_id: string | null;
  readonly refund_id: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const COLUMNS = `id, account, livemode, channel, channel_instance, merchant_account, file_digest, file_name, source, day,
  status, facts, counts, warnings, created_by, created_at, finished_at`;

const INSERT = statement<
  Omit<Statement, 'facts' | 'counts' | 'warnings'> & {
    readonly facts: string;
    readonly counts: string;
    readonly warnings: string;
  },
  { id: string }
>(
  'statement_insert',
  `insert into {schema}.statements (${COLUMNS})
   values (:id, :account, :livemode, :channel, :channelInstance, :merchantAccount, :fileDigest, :fileName, :source, :day,
     :status, :facts::jsonb, :counts::jsonb, :warnings::jsonb, :createdBy, :createdAt, :finishedAt)
   on conflict (channel_instance, file_digest) do nothing
   returning id`,
);
const FINISH = statement<{ id: string; counts: string; finishedAt: Date }, { id: string }>(
  'statement_finish',
  `update {schema}.statements set status = 'finished', counts = :counts::jsonb, finished_at = :finishedAt
    where id = :id and status = 'reading'
   returning id`,
);
const FIND_BY_DIGEST = statement<{ channelInstance: string; fileDigest: Uint8Array }, StatementRowOfTable>(
  'statement_find_by_digest',
  `select ${COLUMNS} from {schema}.statements where channel_instance = :channelInstance and file_digest = :fileDigest`,
);
const FIND = statement<{ id: string; account: string; livemode: boolean }, StatementRowOfTable>(
  'statement_find',
  `select ${COLUMNS} from {schema}.statements where id = :id and account = :account and livemode = :livemode`,
);
const EARLIER_FACTS = statement<{ channelInstance: string; limit: number }, { facts: ToldStatement[] }>(
  'statement_earlier_facts',
  `select facts from {schema}.statements where channel_instance = :channelInstance order by id desc limit :limit`,
);
const COUNTS = statement<{ statementId: string }, { outcome: RowOutcome; count: bigint }>(
  'statement_counts',
  `select outcome, count(*) as count from {schema}.statement_rows where statement_id = :statementId group by outcome`,
);
const FILTER = `account = :account and livemode = :livemode
  and (:channel::text is null or channel = :channel)
  and (:createdGte::timestamptz is null or created_at >= :createdGte)
  and (:createdLte::timestamptz is null or created_at <= :createdLte)`;
const LIST_OLDER = statement<StatementFilter, StatementRowOfTable>(
  'statement_list_older',
  `select ${COLUMNS} from {schema}.statements where ${FILTER} and (:cursor::text is null or id < :cursor)
    order by id desc limit :limit`,
);
const LIST_NEWER = statement<StatementFilter, StatementRowOfTable>(
  'statement_list_newer',
  `select ${COLUMNS} from {schema}.statements where ${FILTER} and id > :cursor order by id limit :limit`,
);

const ROW_COLUMNS = `id, statement_id, account, livemode, channel, channel_instance, dedupe_key, kind, direction, status,
  amount, currency, fee, reference, channel_transaction_id, booked_at, value_date, sealed_details, doubt, return_reason,
  position, outcome, payment_intent_id, inflow_id, refund_id, created_at, updated_at`;

// What a later file may still decide. Everything else is settled, and the same line in another file changes nothing.
const UNSETTLED = `(known.status <> 'booked' or (known.outcome = 'held' and known.doubt = 'balances_disagree'))`;

const SETTLED_KEYS = statement<{ channelInstance: string; keys: string[] }, { dedupe_key: string }>(
  'statement_settled_keys',
  `select known.dedupe_key from {schema}.statement_rows known
    where known.channel_instance = :channelInstance and known.dedupe_key = any(:keys::text[]) and not ${UNSETTLED}`,
);
// Ordered, so that two readers of overlapping files lock the rows that both tell in one order.
const KEEP = statement<{ rows: string }, { id: string; dedupe_key: string }>(
  'statement_rows_keep',
  `insert into {schema}.statement_rows as known (${ROW_COLUMNS})
   select id, "statementId", account, livemode, channel, "channelInstance", "dedupeKey", kind, direction, status,
     amount, currency, fee, reference, "channelTransactionId", "bookedAt", "valueDate", decode(details, 'base64'), doubt,
     "returnReason", position, outcome, "paymentIntentId", "inflowId", "refundId", "createdAt", "updatedAt"
     from jsonb_to_recordset(:rows::jsonb) as told (id text, "statementId" text, account text, livemode boolean,
       channel text, "channelInstance" text, "dedupeKey" text, kind text, direction text, status text, amount bigint,
       currency text, fee bigint, reference text, "channelTransactionId" text, "bookedAt" timestamptz, "valueDate" text,
       details text, doubt text, "returnReason" text, position text, outcome text, "paymentIntentId" text,
       "inflowId" text, "refundId" text, "createdAt" timestamptz, "updatedAt" timestamptz)
    order by "dedupeKey" collate "C"
   on conflict (channel_instance, dedupe_key) do update set
     statement_id = excluded.statement_id, account = excluded.account, kind = excluded.kind,
     direction = excluded.direction, status = excluded.status, amount = excluded.amount, currency = excluded.currency,
     fee = excluded.fee, reference = excluded.reference, channel_transaction_id = excluded.channel_transaction_id,
     booked_at = excluded.booked_at, value_date = excluded.value_date, sealed_details = excluded.sealed_details,
     doubt = excluded.doubt, return_reason = excluded.return_reason, position = excluded.position,
     outcome = excluded.outcome, payment_intent_id = excluded.payment_intent_id, inflow_id = excluded.inflow_id,
     refund_id = excluded.refund_id, updated_at = excluded.updated_at
    where excluded.status = 'booked' and ${UNSETTLED}
   returning id, dedupe_key`,
);
const SAVE_RESULT = statement<RowResult & { id: string; updatedAt: Date }, object>(
  'statement_row_save_result',
  `update {schema}.statement_rows
      set account = :account, outcome = :outcome, doubt = :doubt, payment_intent_id = :paymentIntentId,
          inflow_id = :inflowId, refund_id = :refundId, updated_at = :updatedAt
    where id = :id`,
);
const ROW_FILTER = `statement_id = :statementId and account = :account and livemode = :livemode
  and (:outcome::text is null or outcome = :outcome)
  and (:createdGte::timestamptz is null or created_at >= :createdGte)
  and (:createdLte::timestamptz is null or created_at <= :createdLte)`;
const ROWS_OLDER = statement<RowFilter, RowRow>(
  'statement_rows_older',
  `select ${ROW_COLUMNS} from {schema}.statement_rows where ${ROW_FILTER} and (:cursor::text is null or id < :cursor)
    order by id desc limit :limit`,
);
const ROWS_NEWER = statement<RowFilter, RowRow>(
  'statement_rows_newer',
  `select ${ROW_COLUMNS} from {schema}.statement_rows where ${ROW_FILTER} and id > :cursor order by id limit :limit`,
);
const ORDERS = statement<
  { channelInstance: string; references: string[] },
  { reference: string; payment_intent_id: string }
>(
  'statement_orders',
  `select reference, payment_intent_id from {schema}.channel_operations
    where channel_instance = :channelInstance and reference = any(:references::text[]) and kind = 'authorize'
    order by id`,
);
const MANUAL_REFUNDS = statement<
  { channelInstance: string; references: string[] },
  {
    readonly id: string;
    readonly channel_refund_reference: string;
    readonly account: string;
    readonly payment_intent_id: string;
    readonly status: RefundState;
    readonly amount: bigint;
    readonly currency: string;
    readonly is_told: boolean;
  }
>(
  'statement_manual_refunds',
  `select refund.id, refund.channel_refund_reference, refund.account, refund.payment_intent_id, refund.status,
     refund.amount, refund.currency,
     exists (select from {schema}.statement_rows told
              where told.refund_id = refund.id and told.outcome in ('booked', 'matched')) as is_told
     from {schema}.refunds refund
    where refund.channel_refund_reference = any(:references::text[]) and refund.manual
      and exists (select from {schema}.channel_operations placed
                   where placed.payment_intent_id = refund.payment_intent_id and placed.kind = 'authorize'
                     and placed.channel_instance = :channelInstance)
    order by refund.id`,
);
const CREDITS_OF = statement<
  { channelInstance: string; channelTransactionId: string },
  { inflow_id: string; payment_intent_id: string | null; amount: bigint }
>(
  'statement_credits_of',
  `select inflow_id, payment_intent_id, amount from {schema}.statement_rows
    where channel_instance = :channelInstance and channel_transaction_id = :channelTransactionId
      and inflow_id is not null and kind = 'credit'
    order by id`,
);
const TELLS_OF = statement<{ inflowId: string }, { id: string }>(
  'statement_tells_of',
  `select id from {schema}.statement_rows where inflow_id = :inflowId limit 1`,
);
const SUGGESTIONS = statement<
  { account: string; livemode: boolean; inflowIds: string[] },
  { inflow_id: string; payment_intent_ids: string[] }
>(
  'statement_suggestions',
  `select inflow.id as inflow_id, array(
       select intent.id from {schema}.payment_intents intent
        where intent.account = inflow.account and intent.livemode = inflow.livemode and intent.channel = inflow.channel
          and intent.merchant_account = inflow.merchant_account and intent.currency = inflow.currency
          and intent.amount = inflow.amount and intent.status_rank < 2
        order by intent.id collate "POSIX" desc limit 3) as payment_intent_ids
     from {schema}.inflows inflow
    where inflow.id = any(:inflowIds::text[]) and inflow.account = :account and inflow.livemode = :livemode
      and inflow.status = 'needs_match'`,
);

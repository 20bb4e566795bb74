import { maybeOne, statement, type Actor, type Database, type Queryable, type Tx } from '@itpay/kernel';
import type { Finding } from './compare.js';
import type {
  ExceptionClass,
  ExceptionFacts,
  ExceptionStatus,
  Reconciliation,
  ReconciliationException,
  RunCounts,
  RunDay,
  RunStatus,
  Step,
  Trigger,
} from './reconciliation.js';

type Owner = Pick<Actor, 'account' | 'livemode'>;

export interface RunFilter extends Owner {
  readonly channel: string | null;
  readonly status: string | null;
  readonly createdGte: Date | null;
  readonly createdLte: Date | null;
  /** The page begins after this id; or, with `newer`, ends before it. */
  readonly cursor: string | null;
  readonly limit: number;
}

export interface ExceptionFilter extends Owner {
  readonly reconciliationId: string;
  readonly status: string | null;
  readonly class: string | null;
  readonly createdGte: Date | null;
  readonly createdLte: Date | null;
  readonly cursor: string | null;
  readonly limit: number;
}

/** What a run has found so far. */
export interface KeptFinding extends Finding {
  /** An earlier exception that is gone. */
  readonly gone: boolean;
}

/** The SQL of reconciliations and their exceptions. */
export class ReconciliationStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @returns false when the calendar has started this run before; nothing was written then */
  async insert(tx: Tx, run: Reconciliation): Promise<boolean> {
    const { step, days, counts, ...rest } = run;
    const columns = { ...rest, step: JSON.stringify(step), days: JSON.stringify(days), counts: JSON.stringify(counts) };
    return (await tx.query(INSERT, columns)).length > 0;
  }

  async find(on: Queryable, { account, livemode }: Owner, id: string): Promise<Reconciliation | null> {
    const row = await maybeOne(on, FIND, { id, account, livemode });
    return row && runFromRow(row);
  }

  /** Newest first; with `newer`, the page that comes before the cursor, oldest first. */
  async list(filter: RunFilter, newer: boolean): Promise<Reconciliation[]> {
    return (await this.#database.query(newer ? LIST_NEWER : LIST_OLDER, filter)).map(runFromRow);
  }

  /** Writes what can change about a run. The version in the condition makes a lost update impossible. */
  async save(tx: Tx, run: Reconciliation): Promise<void> {
    const { id, status, failure, version, updatedAt, finishedAt } = run;
    const saved = await tx.query(SAVE, {
      id,
      status,
      step: JSON.stringify(run.step),
      days: JSON.stringify(run.days),
      counts: JSON.stringify(run.counts),
      failure,
      version,
      updatedAt,
      finishedAt,
    });
    if (saved.length !== 1) throw new Error(`The reconciliation ${id} changed while it was worked on.`);
  }

  /** Keeps other runs of the same instance and account from ending meanwhile. */
  async lockRunning(tx: Tx, { channelInstance, account }: Reconciliation): Promise<void> {
    await tx.query(LOCK_RUNNING, { channelInstance, account });
  }

  /** Keeps what a step has found. A step that runs again finds the same again. */
  async keepFindings(tx: Tx, run: Reconciliation, found: readonly KeptFinding[]): Promise<void> {
    if (found.length === 0) return;
    await tx.query(KEEP_FINDINGS, {
      reconciliationId: run.id,
      account: run.account,
      livemode: run.livemode,
      classes: found.map((finding) => finding.class),
      subjects: found.map(({ subject }) => subject),
      gone: found.map(({ gone }) => gone),
      waits: found.map(({ waits }) => waits),
      facts: found.map(({ facts }) => JSON.stringify(facts)),
    });
  }

  async findings(
    on: Queryable,
    { id }: Reconciliation,
    after: FindingKey | null,
    limit: number,
  ): Promise<KeptFinding[]> {
    const { class: afterClass, subject: afterSubject } = after ?? { class: '', subject: '' };
    return on.query(FINDINGS, { reconciliationId: id, afterClass, afterSubject, limit });
  }

  /** Which exceptions stand under these names, in the order of the findings; null: none yet. */
  async exceptionsOf(
    tx: Tx,
    { channelInstance, account }: Reconciliation,
    findings: readonly KeptFinding[],
  ): Promise<(ReconciliationException | null)[]> {
    const rows = await tx.query(EXCEPTIONS_OF, {
      channelInstance,
      account,
      classes: findings.map((finding) => finding.class),
      subjects: findings.map(({ subject }) => subject),
    });
    const byName = new Map(rows.map((row) => [nameOf(row), exceptionFromRow(row)]));
    return findings.map((finding) => byName.get(nameOf(finding)) ?? null);
  }

  /** Unresolved ones of which this run has found nothing yet. */
  async unseenBy(run: Reconciliation, after: string | null, limit: number): Promise<ReconciliationException[]> {
    const { id, channelInstance, account } = run;
    const rows = await this.#database.query(UNSEEN, { reconciliationId: id, channelInstance, account, after, limit });
    return rows.map(exceptionFromRow);
  }

  async insertException(tx: Tx, exception: ReconciliationException): Promise<void> {
    await tx.query(INSERT_EXCEPTION, toColumns(exception));
  }

  async saveException(tx: Tx, exception: ReconciliationException): Promise<void> {
    const saved = await tx.query(SAVE_EXCEPTION, toColumns(exception));
    if (saved.length !== 1) throw new Error(`The exception ${exception.id} changed while it was worked on.`);
  }

  /** Makes the exception one of those that the run lists. */
  async nameException(tx: Tx, run: Reconciliation, { class: of, subject, id }: ReconciliationException): Promise<void> {
    await tx.query(NAME_EXCEPTION, { reconciliationId: run.id, class: of, subject, exceptionId: id });
  }

  /** An exception that this run has seen, locked for a change. */
  async lockException(
    tx: Tx,
    { account, livemode }: Owner,
    { reconciliationId, exceptionId }: { readonly reconciliationId: string; readonly exceptionId: string },
  ): Promise<ReconciliationException | null> {
    const row = await maybeOne(tx, LOCK_EXCEPTION, { account, livemode, reconciliationId, exceptionId });
    return row && exceptionFromRow(row);
  }

  /** Newest first; with `newer`, the page that comes before the cursor, oldest first. */
  async listExceptions(filter: ExceptionFilter, newer: boolean): Promise<ReconciliationException[]> {
    const rows = await this.#database.query(newer ? EXCEPTIONS_NEWER : EXCEPTIONS_OLDER, filter);
    return rows.map(exceptionFromRow);
  }
}

type FindingKey = Pick<Finding, 'class' | 'subject'>;
const nameOf = ({ class: of, subject }: { readonly class: string; readonly subject: string }) => `${of} ${subject}`;

interface RunRow {
  readonly id: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly channel: string;
  readonly channel_instance: string;
  readonly merchant_account: string;
  readonly from_day: string;
  readonly to_day: string;
  readonly trigger: Trigger;
  readonly status: RunStatus;
  readonly step: Step;
  readonly days: RunDay[];
  readonly counts: RunCounts;
  readonly failure: string | null;
  readonly version: number;
  readonly created_by: string;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly finished_at: Date | null;
}

const runFromRow = (row: RunRow): Reconciliation => ({
  id: row.id,
  account: row.account,
  livemode: row.livemode,
  channel: row.channel,
  channelInstance: row.channel_instance,
  merchantAccount: row.merchant_account,
  fromDay: row.from_day,
  toDay: row.to_day,
  trigger: row.trigger,
  status: row.status,
  step: row.step,
  days: row.days,
  counts: row.counts,
  failure: row.failure,
  version: row.version,
  createdBy: row.created_by,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  finishedAt: row.finished_at,
});

interface ExceptionRow {
  readonly id: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly channel: string;
  readonly channel_instance: string;
  readonly merchant_account: string;
  readonly class: ExceptionClass;
  readonly subject: string;
  readonly status: ExceptionStatus;
  readonly facts: ExceptionFacts;
  readonly first_reconciliation_id: string;
  readonly reconciliation_id: string;
  readonly resolution: 'automatic' | 'operator' | null;
  readonly resolved_by: string | null;
  readonly reason: string | null;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly resolved_at: Date | null;
}

const exceptionFromRow = (row: ExceptionRow): ReconciliationException => ({
  id: row.id,
  account: row.account,
  livemode: row.livemode,
  channel: row.channel,
  channelInstance: row.channel_instance,
  merchantAccount: row.merchant_account,
  class: row.class,
  subject: row.subject,
  status: row.status,
  facts: row.facts,
  firstReconciliationId: row.first_reconciliation_id,
  reconciliationId: row.reconciliation_id,
  resolution: row.resolution,
  resolvedBy: row.resolved_by,
  reason: row.reason,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  resolvedAt: row.resolved_at,
});

function toColumns({ facts, ...rest }: ReconciliationException) {
  const { statementRowId, inflowId, refundId, paymentIntentId } = facts;
  return { ...rest, facts: JSON.stringify(facts), statementRowId, inflowId, refundId, paymentIntentId };
}

const COLUMNS = `id, account, livemode, channel, channel_instance, merchant_account, from_day, to_day, trigger, status,
  step, days, counts, failure, version, created_by, created_at, updated_at, finished_at`;

const INSERT = statement<
  Omit<Reconciliation, 'step' | 'days' | 'counts'> & {
    readonly step: string;
    readonly days: string;
    readonly counts: string;
  },
  { id: string }
>(
  'reconciliation_insert',
  `insert into {schema}.reconciliations (${COLUMNS})
   values (:id, :account, :livemode, :channel, :channelInstance, :merchantAccount, :fromDay, :toDay, :trigger, :status,
     :step::jsonb, :days::jsonb, :counts::jsonb, :failure, :version, :createdBy, :createdAt, :updatedAt, :finishedAt)
   on conflict (channel_instance, account, trigger, from_day) where trigger <> 'request' do nothing
   returning id`,
);
const FIND = statement<{ id: string; account: string; livemode: boolean }, RunRow>(
  'reconciliation_find',
  `select ${COLUMNS} from {schema}.reconciliations where id = :id and account = :account and livemode = :livemode`,
);
const FILTER = `account = :account and livemode = :livemode
  and (:channel::text is null or channel = :channel)
  and (:status::text is null or status = :status)
  and (:createdGte::timestamptz is null or created_at >= :createdGte)
  and (:createdLte::timestamptz is null or created_at <= :createdLte)`;
const LIST_OLDER = statement<RunFilter, RunRow>(
  'reconciliation_list_older',
  `select ${COLUMNS} from {schema}.reconciliations where ${FILTER} and (:cursor::text is null or id < :cursor)
    order by id desc limit :limit`,
);
const LIST_NEWER = statement<RunFilter, RunRow>(
  'reconciliation_list_newer',
  `select ${COLUMNS} from {schema}.reconciliations where ${FILTER} and id > :cursor order by id limit :limit`,
);
const SAVE = statement<
  Pick<Reconciliation, 'id' | 'status' | 'failure' | 'version' | 'updatedAt' | 'finishedAt'> & {
    readonly step: string;
    readonly days: string;
    readonly counts: string;
  },
  { id: string }
>(
  'reconciliation_save',
  `update {schema}.reconciliations
      set status = :status, step = :step::jsonb, days = :days::jsonb, counts = :counts::jsonb, failure = :failure,
          version = :version::int, updated_at = :updatedAt, finished_at = :finishedAt
    where id = :id and version = :version::int - 1
   returning id`,
);
const LOCK_RUNNING = statement<{ channelInstance: string; account: string }, { id: string }>(
  'reconciliation_lock_running',
  `select id from {schema}.reconciliations
    where channel_instance = :channelInstance and account = :account and finished_at is null
    order by id for update`,
);
const KEEP_FINDINGS = statement<
  {
    reconciliationId: string;
    account: string;
    livemode: boolean;
    classes: string[];
    subjects: string[];
    gone: boolean[];
    waits: boolean[];
    facts: string[];
  },
  object
>(
  'reconciliation_keep_findings',
  `insert into {schema}.reconciliation_findings (reconciliation_id, account, livemode, class, subject, gone, waits, facts)
   select :reconciliationId, :account, :livemode, class, subject, gone, waits, facts::jsonb
     from unnest(:classes::text[], :subjects::text[], :gone::boolean[], :waits::boolean[], :facts::text[])
       as found (class, subject, gone, waits, facts)
   on conflict (reconciliation_id, class, subject) do nothing`,
);
const FINDINGS = statement<
  { reconciliationId: string; afterClass: string; afterSubject: string; limit: number },
  KeptFinding
>(
  'reconciliation_findings',
  `select class, subject, gone, waits, facts from {schema}.reconciliation_findings
    where reconciliation_id = :reconciliationId and (class, subject) > (:afterClass, :afterSubject)
    order by class, subject limit :limit`,
);

const EXCEPTION_COLUMNS = `id, account, livemode, channel, channel_instance, merchant_account, class, subject, status,
  facts, first_reconciliation_id, reconciliation_id, resolution, resolved_by, reason, version, created_at, updated_at,
  resolved_at`;

const EXCEPTIONS_OF = statement<
  { channelInstance: string; account: string; classes: string[]; subjects: string[] },
  ExceptionRow
>(
  'exceptions_of',
  `select ${EXCEPTION_COLUMNS} from {schema}.reconciliation_exceptions
    where channel_instance = :channelInstance and account = :account
      and (class, subject) in (select * from unnest(:classes::text[], :subjects::text[]))
    order by id for update`,
);
const UNSEEN = statement<
  { reconciliationId: string; channelInstance: string; account: string; after: string | null; limit: number },
  ExceptionRow
>(
  'exceptions_unseen',
  `select ${EXCEPTION_COLUMNS} from {schema}.reconciliation_exceptions exception
    where channel_instance = :channelInstance and account = :account and status <> 'resolved'
      and (:after::text is null or id > :after)
      and not exists (select from {schema}.reconciliation_findings found
        where found.reconciliation_id = :reconciliationId and found.class = exception.class
          and found.subject = exception.subject)
    order by id limit :limit`,
);
type ExceptionValues = ReturnType<typeof toColumns>;
const INSERT_EXCEPTION = statement<ExceptionValues, object>(
  'exception_insert',
  `insert into {schema}.reconciliation_exceptions (${EXCEPTION_COLUMNS}, statement_row_id, inflow_id, refund_id,
     payment_intent_id)
   values (:id, :account, :livemode, :channel, :channelInstance, :merchantAccount, :class, :subject, :status,
     :facts::jsonb, :firstReconciliationId, :reconciliationId, :resolution, :resolvedBy, :reason, :version, :createdAt,
     :updatedAt, :resolvedAt, :statementRowId, :inflowId, :refundId, :paymentIntentId)`,
);
const SAVE_EXCEPTION = statement<ExceptionValues, { id: string }>(
  'exception_save',
  `update {schema}.reconciliation_exceptions
      set status = :status, facts = :facts::jsonb, statement_row_id = :statementRowId, inflow_id = :inflowId,
          refund_id = :refundId, payment_intent_id = :paymentIntentId, reconciliation_id = :reconciliationId,
          resolution = :resolution, resolved_by = :resolvedBy, reason = :reason, version = :version::int,
          updated_at = :updatedAt, resolved_at = :resolvedAt
    where id = :id and version = :version::int - 1
   returning id`,
);
const NAME_EXCEPTION = statement<
  { reconciliationId: string; class: string; subject: string; exceptionId: string },
  object
>(
  'reconciliation_name_exception',
  `update {schema}.reconciliation_findings set exception_id = :exceptionId
    where reconciliation_id = :reconciliationId and class = :class and subject = :subject`,
);
const SEEN_BY_RUN = `exists (select from {schema}.reconciliation_findings found
   where found.reconciliation_id = :reconciliationId and found.exception_id = exception.id)`;
const LOCK_EXCEPTION = statement<
  { account: string; livemode: boolean; reconciliationId: string; exceptionId: string },
  ExceptionRow
>(
  'exception_lock',
  `select ${EXCEPTION_COLUMNS} from {schema}.reconciliation_exceptions exception
    where id = :exceptionId and account = :account and livemode = :livemode and ${SEEN_BY_RUN} for update`,
);
const EXCEPTION_FILTER = `account = :account and livemode = :livemode and ${SEEN_BY_RUN}
  and (:status::text is null or status = :status)
  and (:class::text is null or class = :class)
  and (:createdGte::timestamptz is null or created_at >= :createdGte)
  and (:createdLte::timestamptz is null or created_at <= :createdLte)`;
const EXCEPTIONS_OLDER = statement<ExceptionFilter, ExceptionRow>(
  'exception_list_older',
  `select ${EXCEPTION_COLUMNS} from {schema}.reconciliation_exceptions exception
    where ${EXCEPTION_FILTER} and (:cursor::text is null or id < :cursor)
    order by id desc limit :limit`,
);
const EXCEPTIONS_NEWER = statement<ExceptionFilter, ExceptionRow>(
  'exception_list_newer',
  `select ${EXCEPTION_COLUMNS} from {schema}.reconciliation_exceptions exception
    where ${EXCEPTION_FILTER} and id > :cursor
    order by id limit :limit`,
);

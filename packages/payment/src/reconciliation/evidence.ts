import { money } from '@itpay/core';
import { findByReference, statement, type Database, type StatementRow } from '@itpay/kernel';
import type { InflowKind, InflowStatus } from '../inflow/inflow.js';
import type { IntentStatus } from '../intent/machine.js';
import type { RefundState } from '../refund/refund.js';
import type {
  ChannelLine,
  InflowContext,
  KnownInflow,
  KnownPayment,
  KnownRefund,
  LineContext,
  RefundContext,
} from './compare.js';
import type { Cursor, Reconciliation } from './reconciliation.js';

/** What happened in a time, page by page. */
export interface Page {
  readonly from: Date;
  readonly to: Date;
  readonly after: Cursor | null;
  readonly limit: number;
}

/** Which ones: those of a time, or these. */
export type Selection = Page | { readonly ids: readonly string[] };

/** Reads both sides of what is to be compared, of one channel instance and one account. */
export class Evidence {
  readonly #database: Database;
  readonly #run: Reconciliation;
  readonly #numbersAreUnique: boolean;
  readonly #isRead: (at: Date) => boolean;

  /**
   * @param numbersAreUnique a number of the channel stands for one transaction; at a bank it may stand for a batch
   * @param isRead whether the file of the day was read in which something happened
   */
  constructor(
    database: Database,
    run: Reconciliation,
    options: { readonly numbersAreUnique: boolean; readonly isRead: (at: Date) => boolean },
  ) {
    this.#database = database;
    this.#run = run;
    this.#numbersAreUnique = options.numbersAreUnique;
    this.#isRead = options.isRead;
  }

  /** Lines of files, with what they tell of; oldest first. */
  async lines(selection: Selection): Promise<LineContext[]> {
    const { channelInstance, merchantAccount, account, livemode } = this.#run;
    const owner = { channelInstance, merchantAccount, account, livemode };
    const rows =
      'ids' in selection
        ? await this.#database.query(LINES_BY_ID, { ...owner, ids: [...selection.ids] })
        : await this.#database.query(LINES_OF_TIME, { ...owner, ...pageOf(selection) });
    const [inflows, refunds, others] = await Promise.all([
      this.#inflowsOf(rows),
      this.#refunds(rows.flatMap((row) => (refundIdOf(row) === null ? [] : [refundIdOf(row)!]))),
      this.#sameTransactions(rows),
    ]);
    return rows.map((row) => {
      const same = others.get(transactionOf(row));
      const inflow =
        inflows.find(({ id }) => id === row.inflow_id) ??
        inflows.find(
          ({ channelTransactionId }) =>
            channelTransactionId === row.channel_transaction_id || channelTransactionId === row.dedupe_key,
        );
      return {
        line: toLine(row),
        inflow: inflow ?? null,
        refund: refunds.find(({ id }) => id === refundIdOf(row)) ?? null,
        paymentIntentId: row.order_payment_intent_id,
        repeated: this.#numbersAreUnique && row.kind === 'credit' && (same?.first_credit ?? row.id) < row.id,
        feeElsewhere: same === undefined || same.fees === null ? null : money(row.currency, same.fees),
      };
    });
  }

  /** Money that is known here, with its payment; oldest first. */
  async inflows(selection: Selection): Promise<(InflowContext & { readonly position: Cursor })[]> {
    const { channel, channelInstance, merchantAccount, account, livemode } = this.#run;
    const owner = { channel, channelInstance, merchantAccount, account, livemode };
    const rows =
      'ids' in selection
        ? await this.#database.query(INFLOWS_BY_ID, { ...owner, ids: [...selection.ids] })
        : await this.#database.query(INFLOWS_OF_TIME, { ...owner, ...pageOf(selection) });
    const payments = await this.#payments(rows.flatMap((row) => row.payment_intent_id ?? []));
    return rows.map((row) => ({
      inflow: toInflow(row),
      payment: payments.find(({ id }) => id === row.payment_intent_id) ?? null,
      inFile: row.in_file,
      dayIsRead: this.#isRead(row.paid_at),
      position: { at: row.paid_at.toISOString(), id: row.id },
    }));
  }

  /** Refunds that succeeded, oldest first. */
  async refunds(selection: Selection): Promise<(RefundContext & { readonly position: Cursor })[]> {
    const { channel, channelInstance, merchantAccount, account, livemode } = this.#run;
    const owner = { channel, channelInstance, merchantAccount, account, livemode };
    const rows =
      'ids' in selection
        ? await this.#database.query(REFUNDS_BY_ID, { ...owner, ids: [...selection.ids] })
        : await this.#database.query(REFUNDS_OF_TIME, { ...owner, ...pageOf(selection) });
    return rows.map((row) => ({
      refund: toRefund(row),
      inFile: row.in_file,
      dayIsRead: this.#isRead(row.succeeded_at!),
      position: { at: row.succeeded_at!.toISOString(), id: row.id },
    }));
  }

  /** The call to the channel that made an order or a refund. */
  async operation(reference: string | null) {
    return reference === null ? null : findByReference(this.#database, this.#run.channelInstance, reference);
  }

  async #inflowsOf(rows: readonly LineRow[]): Promise<KnownInflow[]> {
    const { channel, merchantAccount, account, livemode } = this.#run;
    if (rows.length === 0) return [];
    const found = await this.#database.query(INFLOWS_OF_LINES, {
      channel,
      merchantAccount,
      account,
      livemode,
      ids: rows.flatMap(({ inflow_id }) => inflow_id ?? []),
      transactions: rows.flatMap(({ dedupe_key: key, channel_transaction_id: id }) =>
        id === null ? [key] : [key, id],
      ),
    });
    return found.map(toInflow);
  }

  async #refunds(ids: readonly string[]): Promise<KnownRefund[]> {
    const { account, livemode } = this.#run;
    if (ids.length === 0) return [];
    return (await this.#database.query(REFUNDS_OF_LINES, { ids: [...ids], account, livemode })).map(toRefund);
  }

  async #payments(ids: readonly string[]): Promise<KnownPayment[]> {
    const { account, livemode } = this.#run;
    if (ids.length === 0) return [];
    const rows = await this.#database.query(PAYMENTS, { ids: [...new Set(ids)], account, livemode });
    return rows.map((row) => ({
      id: row.id,
      status: row.status,
      amount: money(row.currency, row.amount),
      amountCaptured: row.amount_captured,
      amountRefunded: row.amount_refunded,
      receivable: row.receivable,
    }));
  }

  async #sameTransactions(rows: readonly LineRow[]): Promise<Map<string, SameTransaction>> {
    const { channelInstance } = this.#run;
    const transactions = rows.flatMap((row) => row.channel_transaction_id ?? []);
    if (transactions.length === 0) return new Map();
    const found = await this.#database.query(SAME_TRANSACTIONS, { channelInstance, transactions });
    return new Map(found.map((one) => [transactionOf(one), one]));
  }
}

/** Whether the rail's file of a day was read: fetched, or brought by somebody, and told to its end. */
export async function readDays(
  database: Database,
  { channelInstance }: Reconciliation,
  days: readonly { readonly day: string; readonly from: Date; readonly to: Date }[],
): Promise<ReadonlySet<string>> {
  const rows = await database.query(READ_DAYS, {
    channelInstance,
    days: days.map(({ day }) => day),
    froms: days.map(({ from }) => from),
    tos: days.map(({ to }) => to),
  });
  return new Set(rows.map(({ day }) => day));
}

/** Whose money a channel instance has moved in a time, or whose exceptions it still has. */
export async function accountsOf(
  database: Database,
  { channel, channelInstance, merchantAccount, livemode }: Reconciliation,
  { from, to }: { readonly from: Date; readonly to: Date },
): Promise<string[]> {
  const parameters_ = { channel, channelInstance, merchantAccount, livemode, from, to };
  return (await database.query(ACCOUNTS, parameters_)).map(({ account }) => account);
}

/** A page of a time begins behind its cursor; the first one with whatever happened at the beginning. */
function pageOf({ from, to, after, limit }: Page) {
  return { afterAt: after === null ? from : new Date(after.at), afterId: after?.id ?? '', to, limit };
}

type PageParameters = ReturnType<typeof pageOf>;
type IdParameters = { readonly ids: string[] };
type Owner = { account: string; livemode: boolean };
type Instance = { channelInstance: string; merchantAccount: string };

interface LineRow {
  readonly id: string;
  readonly kind: StatementRow['kind'];
  readonly status: StatementRow['status'];
  readonly outcome: ChannelLine['outcome'];
  readonly amount: bigint;
  readonly currency: string;
  readonly fee: bigint | null;
  readonly reference: string | null;
  readonly channel_transaction_id: string | null;
  readonly dedupe_key: string;
  readonly booked_at: Date;
  readonly doubt: string | null;
  readonly inflow_id: string | null;
  readonly refund_id: string | null;
  readonly order_kind: string | null;
  readonly order_object_id: string | null;
  readonly order_payment_intent_id: string | null;
}

/** By the line itself where somebody matched it, else by the number in it. */
function refundIdOf(row: LineRow): string | null {
  return row.refund_id ?? (row.order_kind === 'refund' ? row.order_object_id : null);
}

const toLine = (row: LineRow): ChannelLine => ({
  id: row.id,
  kind: row.kind,
  status: row.status,
  outcome: row.outcome,
  amount: money(row.currency, row.amount),
  fee: row.fee === null ? null : money(row.currency, row.fee),
  reference: row.reference,
  channelTransactionId: row.channel_transaction_id,
  bookedAt: row.booked_at,
  doubt: row.doubt,
});

interface InflowRow {
  readonly id: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly status: InflowStatus;
  readonly kind: InflowKind;
  readonly channel_reference: string | null;
  readonly channel_transaction_id: string;
  readonly payment_intent_id: string | null;
  readonly paid_at: Date;
}

const toInflow = (row: InflowRow): KnownInflow => ({
  id: row.id,
  amount: money(row.currency, row.amount),
  status: row.status,
  kind: row.kind,
  reference: row.channel_reference,
  channelTransactionId: row.channel_transaction_id,
  paymentIntentId: row.payment_intent_id,
  paidAt: row.paid_at,
});

interface RefundRow {
  readonly id: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly status: RefundState;
  readonly channel_refund_reference: string;
  readonly payment_intent_id: string;
  readonly created_at: Date;
  readonly succeeded_at: Date | null;
}

const toRefund = (row: RefundRow): KnownRefund => ({
  id: row.id,
  amount: money(row.currency, row.amount),
  status: row.status,
  reference: row.channel_refund_reference,
  paymentIntentId: row.payment_intent_id,
  createdAt: row.created_at,
  succeededAt: row.succeeded_at,
});

interface SameTransaction {
  readonly channel_transaction_id: string;
  readonly currency: string;
  readonly first_credit: string | null;
  readonly fees: bigint | null;
}

const transactionOf = (row: { readonly channel_transaction_id: string | null; readonly currency: string }) =>
  `${row.currency} ${row.channel_transaction_id}`;

// A line belongs to whom the money or the order belongs that it names, and only then to whom the file was given.
const LINES = `select line.id, line.kind, line.status, line.outcome, line.amount, line.currency, line.fee, line.reference,
     line.channel_transaction_id, line.dedupe_key, line.booked_at, line.doubt, line.inflow_id, line.refund_id,
     named.kind as order_kind, named.object_id as order_object_id,
     coalesce(line.payment_intent_id, named.payment_intent_id) as order_payment_intent_id
     from {schema}.statement_rows line
     left join {schema}.channel_operations named
       on named.channel_instance = line.channel_instance and named.reference = line.reference
     left join {schema}.inflows arrival
       on arrival.channel = line.channel and arrival.merchant_account = :merchantAccount
         and arrival.livemode = line.livemode and arrival.channel_transaction_id = line.channel_transaction_id
    where line.channel_instance = :channelInstance and line.livemode = :livemode and line.kind <> 'fee'
      and coalesce(arrival.account, named.account, line.account) = :account`;
const LINES_OF_TIME = statement<PageParameters & Instance & Owner, LineRow>(
  'reconciliation_lines_of_time',
  `${LINES} and (line.booked_at, line.id) > (:afterAt::timestamptz, :afterId::text) and line.booked_at < :to
    order by line.booked_at, line.id limit :limit`,
);
const LINES_BY_ID = statement<IdParameters & Instance & Owner, LineRow>(
  'reconciliation_lines_by_id',
  `${LINES} and line.id = any(:ids::text[])`,
);
const INFLOW_COLUMNS = `inflow.id, inflow.amount, inflow.currency, inflow.status, inflow.kind, inflow.channel_reference,
  inflow.channel_transaction_id, inflow.payment_intent_id, inflow.paid_at`;
const INFLOWS_OF_LINES = statement<
  { channel: string; merchantAccount: string; ids: string[]; transactions: string[] } & Owner,
  InflowRow
>(
  'reconciliation_inflows_of_lines',
  `select ${INFLOW_COLUMNS} from {schema}.inflows inflow
    where inflow.account = :account and inflow.livemode = :livemode
      and (inflow.id = any(:ids::text[])
        or (inflow.channel = :channel and inflow.merchant_account = :merchantAccount
          and inflow.channel_transaction_id = any(:transactions::text[])))`,
);
type OfRail = Instance & Owner & { channel: string };
type InFile = { readonly in_file: boolean };
const INFLOWS = `select ${INFLOW_COLUMNS},
     exists (select from {schema}.statement_rows line
       where line.channel_instance = :channelInstance and line.inflow_id = inflow.id)
     or exists (select from {schema}.statement_rows line
       where line.channel_instance = :channelInstance and line.kind = 'credit'
         and line.channel_transaction_id = inflow.channel_transaction_id)
     or exists (select from {schema}.statement_rows line
       where line.channel_instance = :channelInstance and line.dedupe_key = inflow.channel_transaction_id) as in_file
     from {schema}.inflows inflow
    where inflow.channel = :channel and inflow.merchant_account = :merchantAccount
      and inflow.account = :account and inflow.livemode = :livemode`;
const INFLOWS_OF_TIME = statement<PageParameters & OfRail, InflowRow & InFile>(
  'reconciliation_inflows_of_time',
  `${INFLOWS} and (inflow.paid_at, inflow.id) > (:afterAt::timestamptz, :afterId::text) and inflow.paid_at < :to
    order by inflow.paid_at, inflow.id limit :limit`,
);
const INFLOWS_BY_ID = statement<IdParameters & OfRail, InflowRow & InFile>(
  'reconciliation_inflows_by_id',
  `${INFLOWS} and inflow.id = any(:ids::text[])`,
);
const REFUND_COLUMNS = `refund.id, refund.amount, refund.currency, refund.status, refund.channel_refund_reference,
  refund.payment_intent_id, refund.created_at, refund.succeeded_at`;
const REFUNDS_OF_LINES = statement<{ ids: string[] } & Owner, RefundRow>(
  'reconciliation_refunds_of_lines',
  `select ${REFUND_COLUMNS} from {schema}.refunds refund
    where refund.id = any(:ids::text[]) and refund.account = :account and refund.livemode = :livemode`,
);
// A refund goes over the rail that its money came over, which need not be that of the payment now.
const REFUNDS = `select ${REFUND_COLUMNS},
     exists (select from {schema}.statement_rows line
       where line.channel_instance = :channelInstance and line.refund_id = refund.id)
     or exists (select from {schema}.statement_rows line
       where line.channel_instance = :channelInstance and line.reference = refund.channel_refund_reference) as in_file
     from {schema}.refunds refund
     join {schema}.payment_intents intent on intent.id = refund.payment_intent_id
     left join {schema}.channel_operations sent
       on sent.payment_intent_id = refund.payment_intent_id and sent.object_id = refund.id and sent.kind = 'refund'
    where refund.account = :account and refund.livemode = :livemode and refund.succeeded_at is not null
      and coalesce(sent.channel_instance = :channelInstance,
        intent.channel = :channel and intent.merchant_account = :merchantAccount)`;
const REFUNDS_OF_TIME = statement<PageParameters & OfRail, RefundRow & InFile>(
  'reconciliation_refunds_of_time',
  `${REFUNDS} and (refund.succeeded_at, refund.id) > (:afterAt::timestamptz, :afterId::text)
      and refund.succeeded_at < :to
    order by refund.succeeded_at, refund.id limit :limit`,
);
const REFUNDS_BY_ID = statement<IdParameters & OfRail, RefundRow & InFile>(
  'reconciliation_refunds_by_id',
  `${REFUNDS} and refund.id = any(:ids::text[])`,
);
const PAYMENTS = statement<
  { ids: string[] } & Owner,
  {
    readonly id: string;
    readonly status: IntentStatus;
    readonly amount: bigint;
    readonly currency: string;
    readonly amount_captured: bigint;
    readonly amount_refunded: bigint;
    readonly receivable: bigint;
  }
>(
  'reconciliation_payments',
  `select intent.id, intent.status, intent.amount, intent.currency, intent.amount_captured, intent.amount_refunded,
     (select coalesce(sum(case entry.direction when 'debit' then entry.amount else -entry.amount end), 0)::bigint
        from {schema}.ledger_entries entry
       where entry.payment_intent_id = intent.id and entry.ledger_account = 'payee_receivable'
         and entry.currency = intent.currency) as receivable
     from {schema}.payment_intents intent
    where intent.id = any(:ids::text[]) and intent.account = :account and intent.livemode = :livemode`,
);
const SAME_TRANSACTIONS = statement<{ channelInstance: string; transactions: string[] }, SameTransaction>(
  'reconciliation_same_transactions',
  `select channel_transaction_id, currency, min(id) filter (where kind = 'credit' and status = 'booked') as first_credit,
     (sum(amount) filter (where kind = 'fee'))::bigint as fees
     from {schema}.statement_rows
    where channel_instance = :channelInstance and channel_transaction_id = any(:transactions::text[])
    group by channel_transaction_id, currency`,
);
// A file that somebody brought tells of a day when its lines begin before the day ends, and end after it has begun.
const READ_DAYS = statement<
  { channelInstance: string; days: string[]; froms: Date[]; tos: Date[] },
  { readonly day: string }
>(
  'reconciliation_read_days',
  `select asked.day from unnest(:days::text[], :froms::timestamptz[], :tos::timestamptz[]) as asked (day, "from", "to")
    where exists (select from {schema}.statements file
       where file.channel_instance = :channelInstance and file.status = 'finished' and file.day = asked.day)
      or exists (select from {schema}.statements file
        where file.channel_instance = :channelInstance and file.status = 'finished' and file.source = 'upload'
          and exists (select from {schema}.statement_rows line
            where line.statement_id = file.id and line.booked_at >= asked."from")
          and exists (select from {schema}.statement_rows line
            where line.statement_id = file.id and line.booked_at < asked."to"))`,
);
const ACCOUNTS = statement<
  { channel: string; livemode: boolean; from: Date; to: Date } & Instance,
  { readonly account: string }
>(
  'reconciliation_accounts',
  `select coalesce(named.account, line.account) as account from {schema}.statement_rows line
     left join {schema}.channel_operations named
       on named.channel_instance = line.channel_instance and named.reference = line.reference
    where line.channel_instance = :channelInstance and line.booked_at >= :from and line.booked_at < :to
   union
   select account from {schema}.inflows
    where channel = :channel and merchant_account = :merchantAccount and livemode = :livemode
      and paid_at >= :from and paid_at < :to
   union
   select account from {schema}.reconciliation_exceptions
    where channel_instance = :channelInstance and status <> 'resolved'
   order by account`,
);

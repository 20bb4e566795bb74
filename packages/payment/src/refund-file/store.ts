import { money } from '@itpay/core';
import { maybeOne, statement, type Actor, type Database, type Queryable, type Secrets, type Tx } from '@itpay/kernel';
import type { RefundState } from '../refund/refund.js';
import { SEALED_FOR } from '../statement/store.js';
import type { RowDetails } from '../statement/statement.js';
import type { Candidate, Payers } from './decide.js';
import { MAX_REFUNDS, type LeftOut, type RefundFile, type RefundFileStatus } from './refund-file.js';

type Owner = Pick<Actor, 'account' | 'livemode'>;

/** What the key belongs to under which the bytes of files are sealed. */
export const DOCUMENT = 'refund-file';

export interface RefundFileFilter extends Owner {
  readonly status: string | null;
  readonly createdGte: Date | null;
  readonly createdLte: Date | null;
  /** The page begins after this id; or, with `newer`, ends before it. */
  readonly cursor: string | null;
  readonly limit: number;
}

/** The SQL of refund files. */
export class RefundFileStore {
  readonly #database: Database;
  readonly #secrets: Secrets;

  constructor(database: Database, secrets: Secrets) {
    this.#database = database;
    this.#secrets = secrets;
  }

  /**
   * Refunds that may go into a file, and keeps others from changing them: all manual ones of the channel that are in no file,
   * those whose payer is known first, or the ones that are named, whatever they are like.
   */
  async lockCandidates(
    tx: Tx,
    { account, livemode }: Owner,
    channel: { readonly id: string; readonly merchantAccount: string },
    refundIds: readonly string[] | null,
  ): Promise<Candidate[]> {
    const rows =
      refundIds === null
        ? await tx.query(LOCK_WAITING, {
            account,
            livemode,
            channel: channel.id,
            merchantAccount: channel.merchantAccount,
            limit: MAX_REFUNDS,
          })
        : await tx.query(LOCK_NAMED, { account, livemode, refundIds: [...refundIds] });
    return rows.map((row) => ({
      id: row.id,
      amount: money(row.currency, row.amount),
      status: row.status,
      manual: row.manual,
      channelRefundReference: row.channel_refund_reference,
      paymentIntentId: row.payment_intent_id,
      channel: row.channel,
      merchantAccount: row.merchant_account,
      orderReference: row.order_reference,
      inFile: row.in_file,
    }));
  }

  /** By refund, what statements say about the money that it gives back. */
  async payersOf(on: Queryable, refundIds: readonly string[]): Promise<ReadonlyMap<string, Payers>> {
    const payers = new Map<string, Payers>();
    for (const { refund_id, arrived, sealed_details } of await on.query(PAYERS, { refundIds: [...refundIds] })) {
      const { accounts, returned } = payers.get(refund_id) ?? { accounts: [], returned: false };
      // Null: money of which no statement tells, and so of nobody that is known.
      if (arrived === false) payers.set(refund_id, { accounts, returned: true });
      else payers.set(refund_id, { accounts: [...accounts, this.#payerIn(sealed_details)], returned });
    }
    return payers;
  }

  /** Puts refunds into a file. @returns those that nobody else has put into another one */
  async insertItems(tx: Tx, refundFileId: string, refundIds: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await tx.query(INSERT_ITEMS, { refundFileId, refundIds: [...refundIds] });
    return new Set(rows.map(({ refund_id }) => refund_id));
  }

  async insert(tx: Tx, file: RefundFile, document: Uint8Array): Promise<void> {
    const { refundIds: _, totals, leftOut, ...rest } = file;
    await tx.query(INSERT, {
      ...rest,
      totals: JSON.stringify(totals.map(({ currency, value }) => ({ currency, value: String(value) }))),
      leftOut: JSON.stringify(leftOut),
      sealedDocument: this.#secrets.seal(DOCUMENT, document),
    });
  }

  /** A file of this account and mode. */
  async find(on: Queryable, { account, livemode }: Owner, id: string): Promise<RefundFile | null> {
    const row = await maybeOne(on, FIND, { id, account, livemode });
    return row && fromRow(row);
  }

  /** The same, and keeps others from changing it. */
  async lock(tx: Tx, { account, livemode }: Owner, id: string): Promise<RefundFile | null> {
    const row = await maybeOne(tx, LOCK, { id, account, livemode });
    return row && fromRow(row);
  }

  /** Newest first; with `newer`, the page that comes before the cursor, oldest first. */
  async list(filter: RefundFileFilter, newer: boolean): Promise<RefundFile[]> {
    return (await this.#database.query(newer ? LIST_NEWER : LIST_OLDER, filter)).map(fromRow);
  }

  /** The bytes for the bank, of whomever; null when there is no such file, or it was cancelled. */
  async document(on: Queryable, id: string): Promise<Document | null> {
    const row = await maybeOne(on, FIND_DOCUMENT, { id });
    if (row === null || row.sealed_document === null) return null;
    const { extension, content_type: contentType, account, livemode } = row;
    return { extension, contentType, account, livemode, bytes: this.#secrets.open(DOCUMENT, row.sealed_document) };
  }

  /** Refunds of a file that are not waiting any more: something became of them, so it was sent. */
  async settledIn(tx: Tx, id: string): Promise<string[]> {
    return (await tx.query(SETTLED, { id })).map((row) => row.id);
  }

  /** Writes that the file is cancelled, drops its bytes, and frees its refunds. */
  async cancel(tx: Tx, id: string, now: Date): Promise<void> {
    await tx.query(CANCEL, { id, now });
    await tx.query(RELEASE, { id, now });
  }

  #payerIn(sealed: Buffer | null): Payers['accounts'][number] {
    if (sealed === null) return { account: null, name: null };
    const { counterparty } = JSON.parse(this.#secrets.open(SEALED_FOR, sealed).toString()) as RowDetails;
    return { account: counterparty?.account ?? null, name: counterparty?.name ?? null };
  }
}

export interface Document {
  readonly extension: string;
  readonly contentType: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly bytes: Uint8Array;
}

interface RefundFileRow {
  readonly id: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly channel: string;
  readonly merchant_account: string;
  readonly status: RefundFileStatus;
  readonly refund_ids: string[];
  readonly totals: { readonly currency: string; readonly value: string }[];
  readonly left_out: LeftOut[];
  readonly extension: string;
  readonly content_type: string;
  readonly document_digest: Buffer;
  readonly sequence: number;
  readonly created_by: string;
  readonly created_at: Date;
  readonly cancelled_at: Date | null;
}

const fromRow = (row: RefundFileRow): RefundFile => ({
  id: row.id,
  account: row.account,
  livemode: row.livemode,
  channel: row.channel,
  merchantAccount: row.merchant_account,
  status: row.status,
  refundIds: row.refund_ids,
  totals: row.totals.map(({ currency, value }) => money(currency, BigInt(value))),
  leftOut: row.left_out,
  extension: row.extension,
  contentType: row.content_type,
  digest: row.document_digest,
  sequence: row.sequence,
  createdBy: row.created_by,
  createdAt: row.created_at,
  cancelledAt: row.cancelled_at,
});

interface CandidateRow {
  readonly id: string;
  readonly payment_intent_id: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly status: RefundState;
  readonly manual: boolean;
  readonly channel_refund_reference: string;
  readonly channel: string;
  readonly merchant_account: string;
  readonly order_reference: string | null;
  readonly in_file: boolean;
}

const CANDIDATE = `r.id, r.payment_intent_id, r.amount, r.currency, r.status, r.manual, r.channel_refund_reference,
  coalesce(f.channel, i.channel) as channel, coalesce(f.merchant_account, i.merchant_account) as merchant_account,
  i.order_reference`;
// Money that was not counted may have come on another rail than the one on which its payment stands.
const WITH_PAYMENT = `{schema}.refunds r join {schema}.payment_intents i on i.id = r.payment_intent_id
  left join {schema}.inflows f on f.id = r.inflow_id`;
const IN_FILE = `exists (
  select 1 from {schema}.refund_file_items t where t.refund_id = r.id and t.released_at is null)`;
// Whether an inflow `a` is what arrived for a refund: the one that it gives back, or a payment that was counted.
const ARRIVED = `(a.id = r.inflow_id
  or (r.inflow_id is null and a.payment_intent_id = r.payment_intent_id and a.counted > 0))`;

const LOCK_NAMED = statement<{ account: string; livemode: boolean; refundIds: string[] }, CandidateRow>(
  'refund_file_lock_named',
  `select ${CANDIDATE}, ${IN_FILE} as in_file
     from ${WITH_PAYMENT}
    where r.account = :account and r.livemode = :livemode and r.id = any(:refundIds::text[])
    order by r.id for update of r`,
);
const LOCK_WAITING = statement<
  { account: string; livemode: boolean; channel: string; merchantAccount: string; limit: number },
  CandidateRow
>(
  'refund_file_lock_waiting',
  `select ${CANDIDATE}, false as in_file
     from ${WITH_PAYMENT}
    where r.id in (
      select r.id
        from ${WITH_PAYMENT}
       where r.account = :account and r.livemode = :livemode and r.status = 'processing' and r.manual
         and coalesce(f.channel, i.channel) = :channel and coalesce(f.merchant_account, i.merchant_account) = :merchantAccount
         and not ${IN_FILE}
       order by not exists (
           select 1 from {schema}.inflows a join {schema}.statement_rows s on s.inflow_id = a.id where ${ARRIVED}), r.id
       limit :limit::int)
      and r.status = 'processing'
    order by r.id for update of r`,
);
const PAYERS = statement<
  { refundIds: string[] },
  { readonly refund_id: string; readonly arrived: boolean | null; readonly sealed_details: Buffer | null }
>(
  'refund_file_payers',
  `select r.id as refund_id, s.kind = 'credit' as arrived, s.sealed_details
     from {schema}.refunds r
     join {schema}.inflows a on ${ARRIVED}
     left join {schema}.statement_rows s on s.inflow_id = a.id
      and ((s.kind = 'credit' and s.outcome in ('booked', 'matched', 'needs_match')) or s.kind in ('return', 'reversal'))
    where r.id = any(:refundIds::text[])
    order by r.id, s.id`,
);
const INSERT_ITEMS = statement<{ refundFileId: string; refundIds: string[] }, { readonly refund_id: string }>(
  'refund_file_insert_items',
  `insert into {schema}.refund_file_items (refund_file_id, refund_id)
   select :refundFileId, id from unnest(:refundIds::text[]) as refund (id)
   on conflict (refund_id) where released_at is null do nothing
   returning refund_id`,
);
const INSERT = statement<
  Omit<RefundFile, 'refundIds' | 'totals' | 'leftOut'> & {
    readonly totals: string;
    readonly leftOut: string;
    readonly sealedDocument: Uint8Array;
  },
  object
>(
  'refund_file_insert',
  `insert into {schema}.refund_files
     (id, account, livemode, channel, merchant_account, status, totals, left_out, extension, content_type,
      sealed_document, document_digest, sequence, created_by, created_at)
   values (:id, :account, :livemode, :channel, :merchantAccount, :status, :totals::jsonb, :leftOut::jsonb, :extension,
     :contentType, :sealedDocument, :digest, :sequence, :createdBy, :createdAt)`,
);
const COLUMNS = `id, account, livemode, channel, merchant_account, status, totals, left_out, extension, content_type,
  document_digest, sequence, created_by, created_at, cancelled_at,
  array(select refund_id from {schema}.refund_file_items i where i.refund_file_id = f.id order by refund_id) as refund_ids`;
const FIND = statement<{ id: string; account: string; livemode: boolean }, RefundFileRow>(
  'refund_file_find',
  `select ${COLUMNS} from {schema}.refund_files f where id = :id and account = :account and livemode = :livemode`,
);
const LOCK = statement<{ id: string; account: string; livemode: boolean }, RefundFileRow>(
  'refund_file_lock',
  `select ${COLUMNS} from {schema}.refund_files f
    where id = :id and account = :account and livemode = :livemode for update`,
);
const FIND_DOCUMENT = statement<
  { id: string },
  {
    readonly account: string;
    readonly livemode: boolean;
    readonly extension: string;
    readonly content_type: string;
    readonly sealed_document: Buffer | null;
  }
>(
  'refund_file_document',
  `select account, livemode, extension, content_type, sealed_document from {schema}.refund_files where id = :id`,
);
const SETTLED = statement<{ id: string }, { readonly id: string }>(
  'refund_file_settled',
  `select r.id from {schema}.refund_file_items i join {schema}.refunds r on r.id = i.refund_id
    where i.refund_file_id = :id and r.status <> 'processing' order by r.id`,
);
const CANCEL = statement<{ id: string; now: Date }, object>(
  'refund_file_cancel',
  `update {schema}.refund_files
      set status = 'cancelled', cancelled_at = :now, sealed_document = null, sequence = sequence + 1
    where id = :id`,
);
const RELEASE = statement<{ id: string; now: Date }, object>(
  'refund_file_release',
  `update {schema}.refund_file_items set released_at = :now where refund_file_id = :id`,
);
const FILTER = `account = :account and livemode = :livemode
  and (:status::text is null or status = :status)
  and (:createdGte::timestamptz is null or created_at >= :createdGte)
  and (:createdLte::timestamptz is null or created_at <= :createdLte)`;
const LIST_OLDER = statement<RefundFileFilter, RefundFileRow>(
  'refund_file_list_older',
  `select ${COLUMNS} from {schema}.refund_files f where ${FILTER} and (:cursor::text is null or id < :cursor)
    order by id desc limit :limit`,
);
const LIST_NEWER = statement<RefundFileFilter, RefundFileRow>(
  'refund_file_list_newer',
  `select ${COLUMNS} from {schema}.refund_files f where ${FILTER} and id > :cursor order by id limit :limit`,
);

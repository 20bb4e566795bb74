import { maybeOne, statement, type Actor, type Database, type Queryable, type Tx } from '@itpay/kernel';
import type { Report, ReportFailure, ReportFormat, ReportStatus, ReportType } from './report.js';

type Owner = Pick<Actor, 'account' | 'livemode'>;

export interface ReportFilter extends Owner {
  readonly type: string | null;
  readonly status: string | null;
  readonly createdGte: Date | null;
  readonly createdLte: Date | null;
  /** Those that end after this time are still there. */
  readonly now: Date;
  /** The page begins after this id; or, with `newer`, ends before it. */
  readonly cursor: string | null;
  readonly limit: number;
}

/** What a finished file is like. */
export interface FinishedFile {
  readonly rows: number;
  readonly size: number;
  readonly digest: Uint8Array;
}

/** The SQL of reports. */
export class ReportStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async insert(tx: Tx, report: Report): Promise<void> {
    await tx.query(INSERT, report);
  }

  /** A report of this account and mode that is still kept. */
  async find(on: Queryable, { account, livemode }: Owner, id: string, now: Date): Promise<Report | null> {
    const row = await maybeOne(on, FIND, { id, account, livemode, now });
    return row && fromRow(row);
  }

  /** A report of whomever, for the job that writes it and for who shows a signed link. */
  async findAny(on: Queryable, id: string, now: Date): Promise<Report | null> {
    const row = await maybeOne(on, FIND_ANY, { id, now });
    return row && fromRow(row);
  }

  /** Newest first; with `newer`, the page that comes before the cursor, oldest first. */
  async list(filter: ReportFilter, newer: boolean): Promise<Report[]> {
    return (await this.#database.query(newer ? LIST_NEWER : LIST_OLDER, filter)).map(fromRow);
  }

  /** Notes that so many parts are in the blob store, so that they are deleted even if the file is never finished. */
  async noteParts(tx: Tx, id: string, parts: number): Promise<void> {
    await tx.query(NOTE_PARTS, { id, parts });
  }

  /** @returns the report as it is now; null when it was not pending any more, and nothing was written */
  async finish(tx: Tx, id: string, { rows, size, digest }: FinishedFile, now: Date): Promise<Report | null> {
    const row = await maybeOne(tx, FINISH, { id, rows, size, digest, now });
    return row && fromRow(row);
  }

  /** @returns as `finish` */
  async fail(tx: Tx, id: string, failure: ReportFailure, now: Date): Promise<Report | null> {
    const row = await maybeOne(tx, FAIL, { id, failure: JSON.stringify(failure), now });
    return row && fromRow(row);
  }

  /** Takes reports whose time is over, for deletion. Nobody else gets them before the lease ends. */
  async leaseEnded(now: Date, lease: Date, limit: number): Promise<{ readonly id: string; readonly parts: number }[]> {
    return this.#database.query(LEASE_ENDED, { now, lease, limit });
  }

  async remove(id: string): Promise<void> {
    await this.#database.query(REMOVE, { id });
  }
}

interface ReportRow {
  readonly id: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly type: ReportType;
  readonly format: ReportFormat;
  readonly byte_order_mark: boolean;
  readonly channel: string | null;
  readonly from_day: string;
  readonly to_day: string;
  readonly time_zone: string;
  readonly status: ReportStatus;
  readonly failure: ReportFailure | null;
  readonly row_count: number | null;
  readonly byte_size: number | null;
  readonly content_digest: Buffer | null;
  readonly created_at: Date;
  readonly finished_at: Date | null;
  readonly expires_at: Date;
}

const fromRow = (row: ReportRow): Report => ({
  id: row.id,
  account: row.account,
  livemode: row.livemode,
  type: row.type,
  format: row.format,
  byteOrderMark: row.byte_order_mark,
  channel: row.channel,
  fromDay: row.from_day,
  toDay: row.to_day,
  timeZone: row.time_zone,
  status: row.status,
  failure: row.failure,
  rows: row.row_count,
  size: row.byte_size,
  digest: row.content_digest,
  createdAt: row.created_at,
  finishedAt: row.finished_at,
  expiresAt: row.expires_at,
});

const COLUMNS = `id, account, livemode, type, format, byte_order_mark, channel, from_day, to_day, time_zone, status, failure,
  row_count, byte_size, content_digest, created_at, finished_at, expires_at`;

const INSERT = statement<Report, object>(
  'report_insert',
  `insert into {schema}.reports
     (id, account, livemode, type, format, byte_order_mark, channel, from_day, to_day, time_zone, status, created_at,
      expires_at)
   values (:id, :account, :livemode, :type, :format, :byteOrderMark, :channel, :fromDay, :toDay, :timeZone, :status,
     :createdAt, :expiresAt)`,
);
const FIND = statement<{ id: string; account: string; livemode: boolean; now: Date }, ReportRow>(
  'report_find',
  `select ${COLUMNS} from {schema}.reports
    where id = :id and account = :account and livemode = :livemode and expires_at > :now`,
);
const FIND_ANY = statement<{ id: string; now: Date }, ReportRow>(
  'report_find_any',
  `select ${COLUMNS} from {schema}.reports where id = :id and expires_at > :now`,
);
const NOTE_PARTS = statement<{ id: string; parts: number }, object>(
  'report_note_parts',
  `update {schema}.reports set parts = :parts::int where id = :id`,
);
const FINISH = statement<{ id: string; rows: number; size: number; digest: Uint8Array; now: Date }, ReportRow>(
  'report_finish',
  `update {schema}.reports
      set status = 'ready', row_count = :rows::int, byte_size = :size::int, content_digest = :digest, finished_at = :now
    where id = :id and status = 'pending'
   returning ${COLUMNS}`,
);
const FAIL = statement<{ id: string; failure: string; now: Date }, ReportRow>(
  'report_fail',
  `update {schema}.reports set status = 'failed', failure = :failure::jsonb, finished_at = :now
    where id = :id and status = 'pending'
   returning ${COLUMNS}`,
);
const LEASE_ENDED = statement<{ now: Date; lease: Date; limit: number }, { id: string; parts: number }>(
  'report_lease_ended',
  `update {schema}.reports set lease_expires_at = :lease
    where id = any(array(
      select id from {schema}.reports
       where expires_at <= :now and (lease_expires_at is null or lease_expires_at <= :now)
       order by expires_at limit :limit::int for update skip locked))
   returning id, parts`,
);
const REMOVE = statement<{ id: string }, object>('report_remove', `delete from {schema}.reports where id = :id`);
const FILTER = `account = :account and livemode = :livemode and expires_at > :now
  and (:type::text is null or type = :type)
  and (:status::text is null or status = :status)
  and (:createdGte::timestamptz is null or created_at >= :createdGte)
  and (:createdLte::timestamptz is null or created_at <= :createdLte)`;
const LIST_OLDER = statement<ReportFilter, ReportRow>(
  'report_list_older',
  `select ${COLUMNS} from {schema}.reports where ${FILTER} and (:cursor::text is null or id < :cursor)
    order by id desc limit :limit`,
);
const LIST_NEWER = statement<ReportFilter, ReportRow>(
  'report_list_newer',
  `select ${COLUMNS} from {schema}.reports where ${FILTER} and id > :cursor order by id limit :limit`,
);

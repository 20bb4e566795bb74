import { maybeOne, statement, type Queryable, type Tx } from '@itpay/kernel';
import type { Void, VoidStatus } from './void.js';

export async function insertVoid(tx: Tx, voided: Void): Promise<void> {
  await tx.query(INSERT, { ...voided });
}

/** Moves a void that is still `requested` on. Returns null when it was settled before, or the id is none of a void. */
export async function settleVoid(tx: Tx, id: string, status: VoidStatus, now: Date): Promise<Void | null> {
  const row = await maybeOne(tx, SETTLE, { id, status, now });
  return row && fromRow(row);
}

export async function findVoid(
  on: Queryable,
  owner: { account: string; livemode: boolean },
  id: string,
): Promise<Void | null> {
  const row = await maybeOne(on, FIND, { id, account: owner.account, livemode: owner.livemode });
  return row && fromRow(row);
}

/** The void that became a refund. */
export async function findVoidOfRefund(on: Queryable, refundId: string): Promise<Void | null> {
  const row = await maybeOne(on, FIND_OF_REFUND, { refundId });
  return row && fromRow(row);
}

interface VoidRow {
  readonly id: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly target_type: Void['targetType'];
  readonly target_id: string;
  readonly reason: string | null;
  readonly refund_id: string | null;
  readonly status: VoidStatus;
  readonly sequence: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const fromRow = (row: VoidRow): Void => ({
  id: row.id,
  account: row.account,
  livemode: row.livemode,
  targetType: row.target_type,
  targetId: row.target_id,
  reason: row.reason,
  refundId: row.refund_id,
  status: row.status,
  sequence: row.sequence,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

const COLUMNS =
  'id, account, livemode, target_type, target_id, reason, refund_id, status, sequence, created_at, updated_at';

const INSERT = statement<Void, object>(
  'void_insert',
  `insert into {schema}.voids (${COLUMNS})
   values (:id, :account, :livemode, :targetType, :targetId, :reason, :refundId, :status, :sequence, :createdAt, :updatedAt)`,
);
const SETTLE = statement<{ id: string; status: string; now: Date }, VoidRow>(
  'void_settle',
  `update {schema}.voids set status = :status, sequence = sequence + 1, updated_at = :now
    where id = :id and status = 'requested' returning ${COLUMNS}`,
);
const FIND = statement<{ id: string; account: string; livemode: boolean }, VoidRow>(
  'void_find',
  `select ${COLUMNS} from {schema}.voids where id = :id and account = :account and livemode = :livemode`,
);
const FIND_OF_REFUND = statement<{ refundId: string }, VoidRow>(
  'void_find_of_refund',
  `select ${COLUMNS} from {schema}.voids where refund_id = :refundId`,
);

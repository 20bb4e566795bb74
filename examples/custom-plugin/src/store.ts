import { maybeOne, statement, type Queryable, type Tx } from '@itpay/kernel';
import type { EntryKind, LoyaltyEntry, Owner } from './entry.js';

/** @returns false when this was booked before; nothing was written then */
export async function insertEntry(tx: Tx, { account, livemode }: Owner, entry: LoyaltyEntry): Promise<boolean> {
  const { id, customer, kind, points, source, at } = entry;
  const params = { id, account, livemode, customer, kind, points, source, at };
  return (await tx.query(INSERT, params)).length > 0;
}

/** Below zero: the caller has locked the balance, and seen that there are enough. */
export async function addPoints(tx: Tx, owner: Owner, customer: string, points: number): Promise<void> {
  const { account, livemode } = owner;
  await tx.query(points > 0 ? ADD : SUBTRACT, { account, livemode, customer, points: Math.abs(points) });
}

/** Until the transaction ends nobody else spends of it. */
export async function lockBalance(tx: Tx, { account, livemode }: Owner, customer: string): Promise<number> {
  const row = await maybeOne(tx, LOCK, { account, livemode, customer });
  return Number(row?.points ?? 0n);
}

export async function balanceOf(on: Queryable, { account, livemode }: Owner, customer: string): Promise<number> {
  const row = await maybeOne(on, BALANCE, { account, livemode, customer });
  return Number(row?.points ?? 0n);
}

/** Newest first. */
export async function entriesOf(on: Queryable, owner: Owner, customer: string): Promise<LoyaltyEntry[]> {
  const { account, livemode } = owner;
  const rows = await on.query(ENTRIES, { account, livemode, customer });
  return rows.map((row) => ({ ...row, points: Number(row.points) }));
}

export async function entryOf(on: Queryable, source: string, kind: EntryKind): Promise<LoyaltyEntry | null> {
  const row = await maybeOne(on, ENTRY, { source, kind });
  return row && { ...row, points: Number(row.points) };
}

interface EntryRow {
  readonly id: string;
  readonly customer: string;
  readonly kind: EntryKind;
  readonly points: bigint;
  readonly source: string;
  readonly at: Date;
}

const COLUMNS = 'id, customer, kind, points, source, at';

const INSERT = statement<LoyaltyEntry & Owner, { id: string }>(
  'loyalty_entry_insert',
  `insert into {schema}.loyalty_entries (id, account, livemode, customer, kind, points, source, at)
   values (:id, :account, :livemode, :customer, :kind, :points, :source, :at)
   on conflict (source, kind) do nothing
   returning id`,
);
type Whose = Owner & { readonly customer: string };
const ADD = statement<Whose & { readonly points: number }, object>(
  'loyalty_points_add',
  `insert into {schema}.loyalty_balances as b (account, livemode, customer, points)
   values (:account, :livemode, :customer, :points)
   on conflict (account, livemode, customer) do update set points = b.points + excluded.points`,
);
const SUBTRACT = statement<Whose & { readonly points: number }, object>(
  'loyalty_points_subtract',
  `update {schema}.loyalty_balances set points = points - :points::bigint
    where account = :account and livemode = :livemode and customer = :customer`,
);
const LOCK = statement<Whose, { points: bigint }>(
  'loyalty_balance_lock',
  `select points from {schema}.loyalty_balances
    where account = :account and livemode = :livemode and customer = :customer for update`,
);
const BALANCE = statement<Whose, { points: bigint }>(
  'loyalty_balance',
  `select points from {schema}.loyalty_balances
    where account = :account and livemode = :livemode and customer = :customer`,
);
const ENTRIES = statement<Whose, EntryRow>(
  'loyalty_entries_of',
  `select ${COLUMNS} from {schema}.loyalty_entries
    where account = :account and livemode = :livemode and customer = :customer
    order by id desc limit 100`,
);
const ENTRY = statement<{ source: string; kind: string }, EntryRow>(
  'loyalty_entry_of',
  `select ${COLUMNS} from {schema}.loyalty_entries where source = :source and kind = :kind`,
);

import { canonicalJson, moneyToWire } from '@itpay/core';
import {
  channelInstanceKey,
  type Actor,
  type Channel,
  type StatementPart,
  type StatementRow,
  type Tx,
} from '@itpay/kernel';
import { bookPayment } from '../inflow/book-payment.js';
import type { Inflow } from '../inflow/inflow.js';
import { receiveUnattributed } from '../inflow/unattributed.js';
import { refundFailed, refundSucceeded } from '../refund/conclude.js';
import { sameMoney } from '../same-money.js';
import type { PaymentServices } from '../services.js';
import { sha256 } from '../sha256.js';
import { findCandidates } from './candidates.js';
import { checkPart } from './check-part.js';
import {
  decideRow,
  type RefundCandidate,
  type RowCandidates,
  type RowContext,
  type RowDecision,
} from './decide-row.js';
import { matchRows } from './match-rows.js';
import type { KeptRow, Statement } from './statement.js';
import type { RowResult } from './store.js';

/** How many rows are looked at together. */
const BATCH = 200;

/** Told how many rows of the file are done. */
export type OnProgress = (done: { readonly rows: number; readonly of: number }) => void;

export interface RowSource {
  parts(): AsyncIterable<StatementPart>;
  readonly rows: number;
  readonly balancesAgree: readonly (boolean | null)[];
  readonly onProgress?: OnProgress | undefined;
}

/** A row, and what is known of the statement around it. */
interface PlacedRow {
  readonly row: StatementRow;
  readonly context: RowContext;
}

/** Everything that the writing of one statement shares. */
interface Writing {
  readonly services: PaymentServices;
  readonly actor: Actor;
  readonly channel: Channel;
  readonly statement: Statement;
}

/**
 * Writes the rows of a statement down, in their order, with what follows from each. It may be interrupted anywhere and run
 * again, and several processes may do it at once, with this file and with others that tell the same rows.
 */
export async function writeRows(
  services: PaymentServices,
  actor: Actor,
  channel: Channel,
  statement: Statement,
  { parts, rows: of, balancesAgree, onProgress }: RowSource,
): Promise<void> {
  const writing: Writing = { services, actor, channel, statement };
  let index = -1;
  let rows = 0;
  let batch = new Map<string, PlacedRow>();
  const flush = async () => {
    const placed = [...batch.values()];
    batch = new Map();
    await writeBatch(writing, placed);
    rows += placed.length;
    onProgress?.({ rows, of });
  };
  for await (const part of parts()) {
    checkPart(part);
    if (part.part === 'statement') index += 1;
    if (part.part !== 'row') continue;
    const { row } = part;
    if (batch.size >= BATCH || batch.has(row.dedupeKey)) await flush();
    batch.set(row.dedupeKey, { row, context: { balancesAgree: balancesAgree[index] ?? null } });
  }
  if (batch.size > 0) await flush();
}

async function writeBatch(writing: Writing, batch: readonly PlacedRow[]): Promise<void> {
  const { services, channel } = writing;
  const { database, statements } = services;
  const instance = channelInstanceKey(channel);
  const settled = await statements.settledKeys(
    database,
    instance,
    batch.map(({ row }) => row.dedupeKey),
  );
  const open = batch.filter(({ row }) => !settled.has(row.dedupeKey));
  // Where the rail can be asked, a file changes nothing.
  if (channel.query !== undefined) return noteMatches(writing, open);

  const candidates = await findCandidates(services, channel, open);
  const noted: KeptRow[] = [];
  for (const { row, context } of open) {
    const found = candidates.get(row)!;
    const decision = decideRow(row, found, context);
    if (decision.do === 'note' || decision.do === 'hold') noted.push(newRow(writing, row, resultOf(writing, decision)));
    else await writeWithEffect(writing, row, found, context);
  }
  await keepAll(writing, noted);
}

async function noteMatches(writing: Writing, open: readonly PlacedRow[]): Promise<void> {
  const { services, channel, actor } = writing;
  const matches = await matchRows(services, channel, actor, open);
  await keepAll(
    writing,
    open.map(({ row }) => newRow(writing, row, matches.get(row)!)),
  );
}

async function keepAll({ services }: Writing, rows: readonly KeptRow[]): Promise<void> {
  if (rows.length === 0) return;
  await services.database.transaction((tx) => services.statements.keep(tx, rows));
}

/** The row and what it does, in one transaction. The row comes first, so that everybody locks in one order. */
async function writeWithEffect(
  writing: Writing,
  row: StatementRow,
  found: RowCandidates,
  context: RowContext,
): Promise<void> {
  const { services } = writing;
  await services.database.transaction(async (tx) => {
    const fresh = newRow(writing, row, unresolved(writing));
    const id = (await services.statements.keep(tx, [fresh])).get(row.dedupeKey);
    // Another process was faster.
    if (id === undefined) return;
    const decision = decideRow(row, await locked(writing, tx, row, found), context);
    const result = await apply(writing, tx, row, decision);
    await services.statements.saveResult(tx, id, result, fresh.updatedAt);
  });
}

/** Locks what a row is about, and reads again what may have changed since it was looked up. */
async function locked(
  { services, channel }: Writing,
  tx: Tx,
  row: StatementRow,
  found: RowCandidates,
): Promise<RowCandidates> {
  const [refund] = found.refunds;
  if (refund === undefined) return found;
  await services.store.lockAny(tx, refund.paymentIntentId);
  const refunds = await services.statements.manualRefunds(tx, channelInstanceKey(channel), [refund.reference]);
  return { ...found, refunds };
}

async function apply(writing: Writing, tx: Tx, row: StatementRow, decision: RowDecision): Promise<RowResult> {
  switch (decision.do) {
    case 'book':
      return book(writing, tx, row, decision.order);
    case 'set_aside':
      return setAside(writing, tx, row);
    case 'refund_succeeded':
    case 'refund_failed':
      return concludeRefund(writing, tx, row, decision);
    default:
      return resultOf(writing, decision);
  }
}

async function book(
  writing: Writing,
  tx: Tx,
  row: StatementRow,
  order: { readonly paymentIntentId: string; readonly reference: string },
): Promise<RowResult> {
  const { services } = writing;
  const { account } = await services.store.lockAny(tx, order.paymentIntentId);
  const known = await seenBefore(writing, tx, row);
  if (known !== null) return resultOfInflow(writing, known, 'matched');
  const inflow = await bookPayment(services, tx, actorFor(writing, account), {
    intentId: order.paymentIntentId,
    credit: creditOf(row),
    source: 'statement',
    channelReference: order.reference,
  });
  return resultOfInflow(writing, inflow, 'booked');
}

async function setAside(writing: Writing, tx: Tx, row: StatementRow): Promise<RowResult> {
  const { services, channel, statement } = writing;
  const known = await seenBefore(writing, tx, row);
  if (known !== null) return resultOfInflow(writing, known, 'matched');
  const inflow = await receiveUnattributed(services, tx, actorFor(writing, statement.account), {
    channel,
    credit: creditOf(row),
    source: 'statement',
    channelReference: row.reference,
  });
  return resultOfInflow(writing, inflow, 'needs_match');
}

/** Money that was booked under the bank's own number before: an operator saw it there, or the bank told it at once. */
async function seenBefore({ services, channel }: Writing, tx: Tx, row: StatementRow): Promise<Inflow | null> {
  const { channelTransactionId, amount } = row;
  if (channelTransactionId === null) return null;
  const { id, merchantAccount } = channel;
  const known = await services.inflows.findByTransaction(tx, { channel: id, merchantAccount, channelTransactionId });
  if (known === null || !sameMoney(known.amount, amount)) return null;
  return (await services.statements.tellsOf(tx, known.id)) ? null : known;
}

async function concludeRefund(
  writing: Writing,
  tx: Tx,
  row: StatementRow,
  decision: { readonly do: 'refund_succeeded' | 'refund_failed'; readonly refund: RefundCandidate },
): Promise<RowResult> {
  const { services } = writing;
  // Its payment is locked.
  const refund = await services.refunds.lock(tx, decision.refund.id);
  const actor = actorFor(writing, refund.account);
  if (decision.do === 'refund_succeeded') {
    const channelRefundId = row.channelTransactionId ?? row.dedupeKey;
    await refundSucceeded(services, tx, actor, refund, { channelRefundId, digest: digestOf(row) });
  } else {
    // The bank has sent it back: nothing stands against another attempt, to another account.
    await refundFailed(services, tx, actor, refund, { code: 'PAYMENT_DECLINED', class: 'known_no_effect' });
  }
  return { ...resultOf(writing, { do: 'refund_known', refund: decision.refund }), outcome: 'booked' };
}

/** What a row came to that moves nothing. */
function resultOf(writing: Writing, decision: RowDecision): RowResult {
  const nothing = unresolved(writing);
  if (decision.do === 'refund_known') {
    const { account, paymentIntentId, id: refundId } = decision.refund;
    return { ...nothing, account, outcome: 'matched', paymentIntentId, refundId };
  }
  if (decision.do !== 'hold') return nothing;
  const { doubt, about } = decision;
  const { refund } = about;
  return {
    ...nothing,
    outcome: 'held',
    doubt,
    paymentIntentId: refund?.paymentIntentId ?? about.paymentIntentId ?? null,
    inflowId: about.inflowId ?? null,
    refundId: refund?.id ?? null,
    ...(refund && { account: refund.account }),
  };
}

function resultOfInflow(writing: Writing, inflow: Inflow, outcome: RowResult['outcome']): RowResult {
  const { account, paymentIntentId, id: inflowId } = inflow;
  return { ...unresolved(writing), account, outcome, paymentIntentId, inflowId };
}

const unresolved = ({ statement }: Writing): RowResult => ({
  account: statement.account,
  outcome: 'noted',
  doubt: null,
  paymentIntentId: null,
  inflowId: null,
  refundId: null,
});

function newRow({ services, statement }: Writing, row: StatementRow, result: RowResult): KeptRow {
  const now = services.clock.now();
  return {
    ...result,
    id: services.ids.next('row'),
    statementId: statement.id,
    livemode: statement.livemode,
    channel: statement.channel,
    channelInstance: statement.channelInstance,
    dedupeKey: row.dedupeKey,
    kind: row.kind,
    direction: row.direction ?? null,
    status: row.status,
    amount: row.amount,
    fee: row.fee?.value ?? null,
    reference: row.reference,
    channelTransactionId: row.channelTransactionId,
    bookedAt: row.bookedAt,
    valueDate: row.valueDate ?? null,
    details: { text: row.text, counterparty: row.counterparty ?? null },
    doubt: result.doubt ?? row.doubt ?? null,
    returnReason: row.returnReason ?? null,
    position: row.position,
    createdAt: now,
    updatedAt: now,
  };
}

// A bank's own number may stand for several rows of a batch; the key of a row never does.
function creditOf({ dedupeKey, amount, bookedAt }: StatementRow) {
  return { channelTransactionId: dedupeKey, amount, paidAt: bookedAt };
}

/** Who acts where a row changes something: the channel, for whichever account the payment is. */
function actorFor({ channel, actor }: Writing, account: string): Actor {
  return { account, livemode: actor.livemode, id: `channel:${channel.id}`, requestId: actor.requestId };
}

/** SHA-256 of what the row says, for the audit log. */
function digestOf({ dedupeKey, amount, bookedAt }: StatementRow): Buffer {
  return sha256(canonicalJson([dedupeKey, moneyToWire(amount), bookedAt.toISOString()]));
}

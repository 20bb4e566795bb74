import { channelInstanceKey, type Channel, type StatementRow } from '@itpay/kernel';
import type { PaymentServices } from '../services.js';
import { NO_CANDIDATES, type BookedCredit, type OrderCandidate, type RowCandidates } from './decide-row.js';
import { possibleReferences } from './references.js';

/** Looks up what of ours rows may be about: one query for all orders, one for all refunds. */
export async function findCandidates(
  services: PaymentServices,
  channel: Channel,
  rows: readonly { readonly row: StatementRow }[],
): Promise<ReadonlyMap<StatementRow, RowCandidates>> {
  const { database, statements } = services;
  const instance = channelInstanceKey(channel);
  const references = new Map(
    rows
      .filter(({ row }) => row.status === 'booked' && row.kind !== 'fee')
      .map(({ row }) => [row, possibleReferences(row, channel.reference)]),
  );
  const all = [...new Set([...references.values()].flat())];
  const orders = await statements.orders(database, instance, all);
  const refunds = await statements.manualRefunds(database, instance, all);

  const found = new Map<StatementRow, RowCandidates>();
  for (const { row } of rows) {
    const own = new Set(references.get(row) ?? []);
    const ordersOfRow = orders.filter(({ reference }) => own.has(reference));
    found.set(row, {
      ...NO_CANDIDATES,
      orders: ordersOfRow,
      refunds: refunds.filter(({ reference }) => own.has(reference)),
      takenBack: takesBack(row) ? await creditBehind(services, instance, row, ordersOfRow) : null,
    });
  }
  return found;
}

const takesBack = ({ kind, direction, status }: StatementRow) =>
  status === 'booked' && direction === 'out' && (kind === 'return' || kind === 'reversal');

/** The credit that a row takes back: by the bank's number, else by our order and the amount. */
async function creditBehind(
  { database, statements, inflows }: PaymentServices,
  instance: string,
  { channelTransactionId, amount }: StatementRow,
  orders: readonly OrderCandidate[],
): Promise<BookedCredit | null> {
  if (channelTransactionId !== null) {
    const told = await statements.creditsOf(database, instance, channelTransactionId);
    const same = told.filter(({ value }) => value === amount.value);
    if (same.length === 1) return same[0]!;
  }
  for (const paymentIntentId of new Set(orders.map((order) => order.paymentIntentId))) {
    const arrived = await inflows.ofIntent(database, paymentIntentId);
    const same = arrived.find((inflow) => inflow.amount.value === amount.value);
    if (same !== undefined) return { inflowId: same.id, paymentIntentId };
  }
  return null;
}

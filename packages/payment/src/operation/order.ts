import { operationsOfPayment, saveOperation, type Operation, type Queryable, type Tx } from '@itpay/kernel';

/** The latest order of a payment: what a capture, a cancel or a refund of it is about. */
export async function orderOf(
  on: Queryable,
  { paymentIntentId }: Pick<Operation, 'paymentIntentId'>,
): Promise<Operation> {
  const orders = (await operationsOfPayment(on, paymentIntentId)).filter(({ kind }) => kind === 'authorize');
  // By their numbers: the clocks of two processes may differ, and ids follow the clock.
  const latest = orders.toSorted((a, b) => a.ordinal - b.ordinal).at(-1);
  if (latest === undefined) throw new Error(`The payment ${paymentIntentId} has no order.`);
  return latest;
}

/** The payer can no longer pay the order, and nobody asks about it any more. */
export async function closeOrder(tx: Tx, order: Operation, now: Date): Promise<void> {
  await saveOperation(tx, { ...order, orderOpen: false, nextQueryAt: null, updatedAt: now });
}

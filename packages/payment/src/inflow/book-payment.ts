import {
  operationsOfPayment,
  type Actor,
  type Credit,
  type Operation,
  type OperationState,
  type Tx,
} from '@itpay/kernel';
import { orderOf } from '../operation/order.js';
import { sameMoney } from '../same-money.js';
import type { PaymentServices } from '../services.js';
import type { Inflow, InflowSource } from './inflow.js';
import { receiveMoney } from './receive.js';

export interface PaymentReport {
  readonly intentId: string;
  readonly credit: Credit;
  readonly source: InflowSource;
  /** The order under which it came; null when nobody said. */
  readonly channelReference: string | null;
}

/**
 * Books money that somebody from outside reports for a payment: a callback, an operator, the simulated payer. What the
 * report proves about operations that are not settled yet is written first: it may overtake the answer to the order, or to
 * the capture. The caller has locked the payment.
 */
export async function bookPayment(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  { intentId, credit, source, channelReference }: PaymentReport,
): Promise<Inflow> {
  const book = async () => {
    const capture = (await unsettledOf(tx, intentId)).find(
      ({ kind, amount }) => kind === 'capture' && amount !== null && sameMoney(amount, credit.amount),
    );
    const isOfOrder = async () =>
      channelReference === null || channelReference === (await orderOf(tx, { paymentIntentId: intentId })).reference;
    if (capture !== undefined && (await isOfOrder())) {
      // The capture books its money itself; below it is known already.
      await services.engine.concludeIn(tx, capture.id, { outcome: 'succeeded', value: credit }, actor);
    }
    return receiveMoney(services, tx, actor, { intentId, credit, source, channelReference });
  };
  return concludeOrder(services, tx, actor, { intentId, channelReference }, book);
}

/**
 * Money under an order, or a hold, proves that the order exists, whatever became of the answer to it.
 *
 * @param more what else the news says. The answer to whoever asked for the order tells of that, too
 */
export async function concludeOrder<T>(
  { engine }: PaymentServices,
  tx: Tx,
  actor: Actor,
  { intentId, channelReference }: Pick<PaymentReport, 'intentId' | 'channelReference'>,
  more: () => Promise<T>,
): Promise<T> {
  const order = (await unsettledOf(tx, intentId)).find(
    ({ kind, reference }) => kind === 'authorize' && (channelReference === null || reference === channelReference),
  );
  if (order === undefined) return more();
  // Of an order whose code nobody has seen, "scanned" says no more than that it is there.
  const isThere = { outcome: 'succeeded', value: { order: { status: 'scanned' } } } as const;
  return engine.concludeWith(tx, order.id, isThere, actor, more);
}

async function unsettledOf(tx: Tx, intentId: string): Promise<Operation[]> {
  return (await operationsOfPayment(tx, intentId)).filter(({ state }) => UNSETTLED.has(state));
}

const UNSETTLED: ReadonlySet<OperationState> = new Set(['started', 'pending', 'unknown']);

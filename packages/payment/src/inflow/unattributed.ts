import type { Actor, Channel, Credit, Tx } from '@itpay/kernel';
import { arrivalMovements, recordMovements } from '../ledger/ledger.js';
import type { PaymentServices } from '../services.js';
import type { Inflow, InflowSource } from './inflow.js';
import { announce, digestOf } from './receive.js';

export interface UnattributedArrival {
  readonly channel: Channel;
  readonly credit: Credit;
  readonly source: InflowSource;
  /** The order number that came with it and that we do not know; null when none came. */
  readonly channelReference: string | null;
}

/**
 * Books verified money of which nobody knows yet for what it is. It counts for nothing until an operator says so. The same
 * arrival is booked once, however often it is reported.
 *
 * @param actor its account is the one to whom the money belongs
 */
export async function receiveUnattributed(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  { channel, credit, source, channelReference }: UnattributedArrival,
): Promise<Inflow> {
  const now = services.clock.now();
  const inflow: Inflow = {
    id: services.ids.next('inf'),
    account: actor.account,
    livemode: actor.livemode,
    channel: channel.id,
    merchantAccount: channel.merchantAccount,
    channelReference,
    channelTransactionId: credit.channelTransactionId,
    amount: credit.amount,
    counted: 0n,
    paidAt: credit.paidAt,
    source,
    evidenceDigest: digestOf(credit),
    paymentIntentId: null,
    kind: 'unattributed',
    policy: null,
    status: 'needs_match',
    refundId: null,
    resolvedBy: null,
    note: null,
    sequence: 1,
    createdAt: now,
    updatedAt: now,
  };
  if (!(await services.inflows.insert(tx, inflow))) return (await services.inflows.findByTransaction(tx, inflow))!;
  await announce(services, tx, actor, inflow, null);
  await recordMovements(tx, services.ids, inflow, {
    paymentIntentId: null,
    objectId: inflow.id,
    currency: inflow.amount.currency,
    at: now,
    movements: arrivalMovements(inflow.amount, 0n),
  });
  return inflow;
}

import type { Actor, Operation, OrderStatus, Tx } from '@itpay/kernel';
import { receiveMoney } from '../inflow/receive.js';
import { authorizedByChannel } from '../intent/authorized.js';
import { scannedByChannel } from '../intent/scanned.js';
import type { PaymentServices } from '../services.js';

/** Books what the rail says about an order: it was scanned, the money is held, or it has arrived. */
export async function applyOrderStatus(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  { paymentIntentId, reference }: Pick<Operation, 'paymentIntentId' | 'reference'>,
  order: OrderStatus,
): Promise<void> {
  switch (order.status) {
    case 'scanned':
      return scannedByChannel(services, tx, actor, paymentIntentId);
    case 'authorized':
      return authorizedByChannel(services, tx, actor, paymentIntentId, order);
    case 'captured':
      await receiveMoney(services, tx, actor, {
        intentId: paymentIntentId,
        credit: order.credit,
        source: 'query',
        channelReference: reference,
      });
      return;
    default:
      return;
  }
}

import type { Money } from '@itpay/core';
import type { Actor, SimulatedRail, Tx } from '@itpay/kernel';
import { bookPayment } from '../inflow/book-payment.js';
import { invalidTransition } from '../intent/change.js';
import { expireNow } from '../intent/expire.js';
import type { PaymentIntent, PresentedIntent } from '../intent/intent.js';
import { isOpen, STATUS_RANK } from '../intent/machine.js';
import { scannedByChannel } from '../intent/scanned.js';
import type { PaymentServices } from '../services.js';
import { lessThan, moreThan } from './amounts.js';
import type { SimulatedEvent } from './event.js';

/** The payer of a channel that builds its codes itself: what it does is booked at once. */
export async function actInProcess(
  services: PaymentServices,
  tx: Tx,
  payer: Actor,
  rail: SimulatedRail,
  intent: PaymentIntent,
  event: SimulatedEvent,
): Promise<void> {
  const pay = (amount: Money) =>
    bookPayment(services, tx, payer, {
      intentId: intent.id,
      credit: rail.transfer(amount),
      source: 'callback',
      channelReference: intent.channelReference,
    });

  if (event === 'paid_late') {
    await expire(services, tx, payer, intent);
    await pay(intent.amount);
    return;
  }
  const asked = rail.scan(await codeOf(services, tx, payer, intent));
  switch (event) {
    case 'scanned':
      return scannedByChannel(services, tx, payer, intent.id);
    case 'declined':
      // The wallet said no to the payer and nothing to us: the order stays open.
      return;
    case 'paid':
      await pay(asked);
      return;
    case 'underpaid':
      await pay(lessThan(asked));
      return;
    case 'overpaid':
      await pay(moreThan(asked));
      return;
    case 'paid_twice':
      await pay(asked);
      await pay(asked);
      return;
  }
}

/** What the payer scans. A closed or paid intent shows nothing. */
async function codeOf({ store }: PaymentServices, tx: Tx, payer: Actor, intent: PaymentIntent): Promise<string> {
  const { qr } = (await store.find(tx, payer, intent.id)) as PresentedIntent;
  if (qr === null) throw invalidTransition(intent, 'capture');
  return qr.qrData;
}

/** Money is late for an intent that is closed; an open one expires first. */
async function expire(services: PaymentServices, tx: Tx, payer: Actor, intent: PaymentIntent): Promise<void> {
  if (isOpen(intent.status)) await expireNow(services, tx, payer, intent);
  else if (STATUS_RANK[intent.status] !== STATUS_RANK.expired) throw invalidTransition(intent, 'expire');
}

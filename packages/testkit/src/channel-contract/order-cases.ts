import { QR_STANDARDS, type Capability, type Channel } from '@itpay/kernel';
import { sampleAmounts } from './channel-samples.js';
import { expect } from '../vitest.js';
import {
  closableOrder,
  creditOf,
  freshOrder,
  freshReference,
  heldOrder,
  openOrder,
  paidOrder,
  refundOf,
  type Rig,
} from './rig.js';

/** A case of a rail with a network, and the capabilities without which it does not apply. */
export type NetworkCase = readonly [needs: readonly Capability[], run: (rig: Rig) => Promise<void>];

/** What happens when all goes well. Exported for the test of this suite. */
export const orderCases = {
  'opens an order that can be paid': [
    [],
    async (rig) => {
      const order = freshOrder(rig.channel);

      const outcome = await rig.authorize(order);

      expect(outcome).toMatchObject({
        outcome: 'succeeded',
        value: { kind: 'qr', qrData: expect.stringMatching(/./) },
      });
      expect(QR_STANDARDS).toContain(outcome.outcome === 'succeeded' && outcome.value.qrStandard);
      expect(await rig.query(order.reference)).toMatchObject({ status: 'pending' });
      expect(await rig.rail.made(order.reference)).toMatchObject({ orders: 1 });
    },
  ],

  'never makes a second order under one reference': [
    [],
    async (rig) => {
      const order = await openOrder(rig);

      await Promise.all([rig.authorize(order), rig.authorize(order)]);
      const again = await rig.authorize(order);

      expect(again.outcome).not.toBe('declined');
      expect(await rig.rail.made(order.reference)).toMatchObject({ orders: 1 });
    },
  ],

  'gives the same code again under one reference': [
    ['authorize_idempotent'],
    async (rig) => {
      const order = freshOrder(rig.channel);

      const first = await rig.authorize(order);

      expect(first).toMatchObject({ outcome: 'succeeded' });
      expect(await rig.authorize(order)).toEqual(first);
    },
  ],

  'links to the wallet with the code of the order': [
    ['deep_link'],
    async (rig) => {
      const [one, other] = [await rig.authorize(freshOrder(rig.channel)), await rig.authorize(freshOrder(rig.channel))];

      const links = [one, other].map((outcome) => {
        if (outcome.outcome !== 'succeeded') return expect.fail('The order could not be opened.');
        return rig.channel.deepLink!(outcome.value.qrData);
      });

      expect(links.map((link) => URL.canParse(link))).toEqual([true, true]);
      expect(links.map((link) => new URL(link).protocol)).not.toContain('javascript:');
      expect(links[0]).not.toBe(links[1]);
    },
  ],

  'gives different orders different codes': [
    [],
    async (rig) => {
      const [one, other] = [await rig.authorize(freshOrder(rig.channel)), await rig.authorize(freshOrder(rig.channel))];

      expect([one.outcome, other.outcome]).toEqual(['succeeded', 'succeeded']);
      expect(one).not.toEqual(other);
    },
  ],

  'leaves the requests as they were': [
    [],
    async (rig) => {
      const { amount, ...rest } = freshOrder(rig.channel);
      const order = Object.freeze({ ...rest, amount: Object.freeze({ ...amount }) });

      expect(await rig.authorize(order)).toMatchObject({ outcome: 'succeeded' });
      expect(order).toEqual({ ...rest, amount });
    },
  ],

  'says that it does not know an order that was never opened': [
    [],
    async (rig) => {
      expect(await rig.query(freshReference(rig.channel))).toMatchObject({ status: 'not_found' });
    },
  ],

  'tells the exact credit of a paid order, in every currency': [
    [],
    async (rig) => {
      for (const currency of rig.channel.currencies) {
        const amount = { currency, value: sampleAmounts(rig.channel, currency).usual };
        const order = await openOrder(rig, { amount });
        const before = Date.now();
        await rig.rail.pay(order.reference);

        const credit = await creditOf(rig, order.reference);

        expect(credit.amount).toEqual(amount);
        expect(credit.channelTransactionId).toMatch(/./);
        // Within a day: time zones are what adapters get wrong, and clocks of sandboxes.
        expect(Math.abs(credit.paidAt.getTime() - before)).toBeLessThan(DAY_MS);
      }
    },
  ],

  'tells that a code was scanned': [
    ['scan_notification'],
    async (rig) => {
      const order = await openOrder(rig);

      await rig.rail.scan(order.reference);

      expect(['scanned', 'pending']).toContain((await rig.query(order.reference)).status);
    },
  ],

  'closes an unpaid order, once and again': [
    ['close_order'],
    async (rig) => {
      const order = await closableOrder(rig);

      expect(await rig.cancel(order.reference)).toEqual({ outcome: 'succeeded', value: { result: 'closed' } });
      expect(await rig.query(order.reference)).toMatchObject({ status: 'closed' });
      // The second time it may also say that it was closed before, which a query settles.
      expect(['succeeded', 'unknown']).toContain((await rig.cancel(order.reference)).outcome);
      expect(await rig.query(order.reference)).toMatchObject({ status: 'closed' });
    },
  ],

  'does not close a paid order': [
    ['close_order'],
    async (rig) => {
      const { order, credit } = await paidOrder(rig);

      const outcome = await rig.cancel(order.reference);

      expect(outcome).toEqual({ outcome: 'succeeded', value: { result: 'already_paid' } });
      expect(await creditOf(rig, order.reference)).toEqual(credit);
    },
  ],

  'holds money, and takes none of it before it is told': [
    ['manual_capture'],
    async (rig) => {
      const order = await heldOrder(rig);

      expect(await rig.query(order.reference)).toMatchObject({ status: 'authorized', amount: order.amount });
      expect(await rig.rail.made(order.reference)).toMatchObject({ captures: 0 });
    },
  ],

  'captures a hold once, however often it is told': [
    ['manual_capture'],
    async (rig) => {
      const order = await heldOrder(rig);
      const request = captureOf(rig.channel, order.reference, order.amount);

      const first = await rig.capture(request);
      await Promise.all([rig.capture(request), rig.capture(request)]);

      expect(first).toMatchObject({ outcome: 'succeeded', value: { amount: order.amount } });
      expect(await rig.rail.made(order.reference)).toMatchObject({ captures: 1 });
      expect({ outcome: 'succeeded', value: await creditOf(rig, order.reference) }).toEqual(first);
    },
  ],

  'captures a part of a hold': [
    ['manual_capture', 'partial_capture'],
    async (rig) => {
      const order = await heldOrder(rig);
      const part = { ...order.amount, value: sampleAmounts(rig.channel, order.amount.currency).smallest };

      const outcome = await rig.capture(captureOf(rig.channel, order.reference, part));

      expect(outcome).toMatchObject({ outcome: 'succeeded', value: { amount: part } });
      expect((await creditOf(rig, order.reference)).amount).toEqual(part);
    },
  ],

  'never captures more than is held': [
    ['manual_capture'],
    async (rig) => {
      const order = await heldOrder(rig);
      const more = { ...order.amount, value: sampleAmounts(rig.channel, order.amount.currency).next };

      const outcome = await rig.capture(captureOf(rig.channel, order.reference, more));

      expect(['declined', 'not_sent']).toContain(outcome.outcome);
      expect(await rig.rail.made(order.reference)).toMatchObject({ captures: 0 });
    },
  ],

  'releases a hold': [
    ['manual_capture', 'close_order'],
    async (rig) => {
      const order = await heldOrder(rig);

      expect(await rig.cancel(order.reference)).toEqual({ outcome: 'succeeded', value: { result: 'closed' } });
      expect(await rig.query(order.reference)).toMatchObject({ status: 'closed' });
      const late = await rig.capture(captureOf(rig.channel, order.reference, order.amount));
      expect(late.outcome).not.toBe('succeeded');
      expect(await rig.rail.made(order.reference)).toMatchObject({ captures: 0 });
    },
  ],

  'refunds once, however often it is told': [
    ['refund'],
    async (rig) => {
      const { order, credit } = await paidOrder(rig);
      const request = refundOf(rig, order, credit);

      const first = await rig.refund(request);
      const again = await Promise.all([rig.refund(request), rig.refund(request)]);

      expect(['succeeded', 'pending']).toContain(first.outcome);
      for (const one of again) expect(one.outcome).not.toBe('declined');
      expect(await rig.rail.made(order.reference)).toMatchObject({ refunds: 1 });
    },
  ],

  'tells what became of a refund': [
    ['refund'],
    async (rig) => {
      const { order, credit } = await paidOrder(rig);
      const request = refundOf(rig, order, credit);

      expect(await rig.queryRefund(request)).toMatchObject({ status: 'not_found' });
      const { outcome } = await rig.refund(request);

      const { status } = await rig.queryRefund(request);
      expect(outcome === 'succeeded' ? ['succeeded'] : ['processing', 'succeeded']).toContain(status);
    },
  ],

  'refunds a part': [
    ['refund', 'partial_refund'],
    async (rig) => {
      const { order, credit } = await paidOrder(rig);

      const { outcome } = await rig.refund(refundOf(rig, order, credit, partOf(rig, credit.amount)));

      expect(['succeeded', 'pending']).toContain(outcome);
      expect(await rig.rail.made(order.reference)).toMatchObject({ refunds: 1 });
    },
  ],

  'refunds in parts, and never more than was paid': [
    ['refund', 'partial_refund', 'multiple_refunds'],
    async (rig) => {
      const { order, credit } = await paidOrder(rig);
      const part = partOf(rig, credit.amount);

      const first = await rig.refund(refundOf(rig, order, credit, part));
      const rest = await rig.refund(refundOf(rig, order, credit, credit.amount.value - part));
      const tooMuch = await rig.refund(refundOf(rig, order, credit, part));

      for (const one of [first, rest]) expect(['succeeded', 'pending']).toContain(one.outcome);
      expect(['declined', 'not_sent']).toContain(tooMuch.outcome);
      expect(await rig.rail.made(order.reference)).toMatchObject({ refunds: 2 });
    },
  ],
} satisfies Record<string, NetworkCase>;

const DAY_MS = 86_400_000;

export function captureOf(channel: Channel, reference: string, amount: { currency: string; value: bigint }) {
  return { reference, captureReference: freshReference(channel, 'capture'), amount };
}

function partOf({ channel }: Rig, { currency }: { currency: string }): bigint {
  return sampleAmounts(channel, currency).smallest;
}

import { ChannelRegistry } from '@itpay/kernel';
import { describe, expect, it } from 'vitest';
import { aChannel, aCharge, anIntent, CHARGE_ID, INTENT_ID, NOW } from '../../test/samples.js';
import { Links } from '../links.js';
import { toPlainCharge } from '../qr-charge/wire.js';
import { intentSchema, toPlain, toWire } from './wire.js';

const TOKEN = 'canary-of-the-token';
const links = new Links('https://shop.example/itpay', { issue: () => TOKEN } as never);
const channels = new ChannelRegistry([aChannel()]);
const paid = anIntent({
  status: 'succeeded',
  amountCaptured: 19_900n,
  channelTransactionId: 'tx-1',
  version: 2,
  capturedAt: NOW,
  succeededAt: NOW,
  closedAt: NOW,
});

describe('the plain form of an intent', () => {
  it('has every field of the answer but those that let somebody pay or look, or hold for one answer only', () => {
    const plain = toPlain(anIntent());
    const now = ['qr', 'operation', 'next_action', 'duplicate_of_existing', 'pay_url'];
    const shown = Object.keys(intentSchema.shape).filter((name) => !now.includes(name));

    expect(Object.keys(plain).toSorted()).toEqual(shown.toSorted());
  });

  it('spells everything as the wire does', () => {
    expect(toPlain(paid)).toMatchInlineSnapshot(`
      {
        "allowed_channels": [
          "rail",
        ],
        "amount": {
          "currency": "THB",
          "value": 19900,
        },
        "amount_captured": {
          "currency": "THB",
          "value": 19900,
        },
        "amount_refunded": {
          "currency": "THB",
          "value": 0,
        },
        "authorization": "human_scan",
        "authorized_at": null,
        "capture_method": "automatic",
        "captured_at": "2025-01-01T00:00:00.000Z",
        "channel": "rail",
        "channel_reference": "REF0123456789ABC",
        "channel_transaction_id": "tx-1",
        "closed_at": "2025-01-01T00:00:00.000Z",
        "created_at": "2025-01-01T00:00:00.000Z",
        "description": "Two bowls of noodles",
        "expires_at": "2025-01-01T00:15:00.000Z",
        "failure": null,
        "id": "pi_06b2m6vk0dtf5d5cq0m3vz8x4r",
        "late_payment": false,
        "livemode": false,
        "metadata": {
          "cart": "c-17",
        },
        "object": "payment_intent",
        "order_reference": "order-1001",
        "payee": {
          "merchant_account": "shop-1",
        },
        "payer": {
          "agent_id": "agent_06b2m6vk0dtf5d5cq0m3vz8x4t",
          "human_id": "human_06b2m6vk0dtf5d5cq0m3vz8x4v",
        },
        "presentation": "qr",
        "refund_status": "none",
        "return_url": "https://shop.example/thanks",
        "settlement": {
          "currency": "THB",
          "rate": "1",
          "value": 19900,
        },
        "status": "succeeded",
        "succeeded_at": "2025-01-01T00:00:00.000Z",
        "type": "one_time",
        "updated_at": "2025-01-01T00:00:00.000Z",
        "version": 2,
      }
    `);
  });

  it('carries no code, no token and no link of a charge either', () => {
    const text = JSON.stringify([toPlain(anIntent()), toPlainCharge(aCharge())]);

    expect(text).not.toMatch(/canary|qr_data|pay_url|image|[?&]t=/);
  });
});

describe('the answer about an intent', () => {
  it('shows where to pay while there is a code', () => {
    const wire = toWire({ intent: anIntent(), qr: aCharge(), operation: null }, links);

    expect(wire.next_action).toEqual({ type: 'show_qr' });
    expect(wire.pay_url).toBe(`https://shop.example/itpay/pay/${INTENT_ID}?t=${TOKEN}`);
    expect(wire.qr).toEqual({
      charge_id: CHARGE_ID,
      scan_url: wire.pay_url,
      qr_image_url: `https://shop.example/itpay/v1/qr-charges/${CHARGE_ID}/image.png?t=${TOKEN}`,
      qr_image_svg_url: `https://shop.example/itpay/v1/qr-charges/${CHARGE_ID}/image.svg?t=${TOKEN}`,
      expires_at: '2025-01-01T00:15:00.000Z',
    });
  });

  it('holds the text of the code only when it was asked for', () => {
    const presented = { intent: anIntent(), qr: aCharge(), operation: null };

    expect(toWire(presented, links, channels).qr).toMatchObject({ qr_standard: 'emvco', qr_data: aCharge().qrData });
    expect(JSON.stringify(toWire(presented, links))).not.toContain(aCharge().qrData);
  });

  it('says what to type instead of scanning, where the channel can, and only to those who asked for the code', () => {
    const channel = aChannel({
      id: 'bank',
      instructions: (qrData) => [{ field: 'reference', value: qrData }],
    });
    const presented = { intent: anIntent(), qr: aCharge({ channel: 'bank', livemode: false }), operation: null };

    expect(toWire(presented, links, new ChannelRegistry([channel])).qr).toMatchObject({
      instructions: [{ field: 'reference', value: aCharge().qrData }],
    });
    expect(toWire(presented, links, channels).qr).not.toHaveProperty('instructions');
    expect(toWire(presented, links).qr).not.toHaveProperty('instructions');
  });

  it.each([
    ['pending', 'wait'],
    ['qr_generated', 'wait'],
    ['scanning', 'wait'],
    ['authorized', 'wait'],
    ['captured', 'none'],
    ['succeeded', 'none'],
    ['expired', 'none'],
    ['cancelled', 'none'],
    ['failed', 'none'],
  ] as const)('without a code, in %s, asks the caller to %s', (status, type) => {
    const wire = toWire({ intent: anIntent({ status }), qr: null, operation: null }, links, channels);

    expect(wire).toMatchObject({ qr: null, next_action: { type } });
  });

  it.each([
    ['open', { intent: anIntent(), qr: aCharge(), operation: null }],
    ['paid', { intent: paid, qr: null, operation: null }],
    [
      'bare',
      {
        intent: anIntent({ payer: null, description: null, orderReference: null, returnUrl: null }),
        qr: null,
        operation: null,
      },
    ],
  ])('keeps to its schema when %s', (_, presented) => {
    const wire = toWire(presented, links, channels);

    expect(intentSchema.strict().parse(JSON.parse(JSON.stringify(wire)))).toEqual(wire);
  });
});

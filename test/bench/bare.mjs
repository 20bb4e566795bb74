import { createHash, randomUUID } from 'node:crypto';
import express from 'express';
import pg from 'pg';

// What somebody writes who needs this one route, on this one rail, and is good at it: no framework, no validation, no
// worker, one prepared statement with the same rows in the same tables.

const INSERT = {
  name: 'create_intent',
  text: `
with key as (
  insert into itpay.idempotency_keys
    (scope_hash, request_hash, recovery_point, object_id, status, body, created_at, expires_at)
  values ($1, $2, 'finished', $3, 201, $4, $5, $6)),
intent as (
  insert into itpay.payment_intents
    (id, account, livemode, type, status, status_rank, amount, currency, amount_captured, description, order_reference,
     channel, merchant_account, capture_method, channel_reference, metadata, version, sequence, created_at, updated_at,
     expires_at)
  values ($3, $7, false, 'one_time', 'qr_generated', 1, $8, $9, 0, $10, $11, 'promptpay', $12, 'automatic', $13, $14, 1, 2,
          $5, $5, $15)),
charge as (
  insert into itpay.qr_charges
    (id, payment_intent_id, account, livemode, channel, channel_reference, qr_standard, qr_data, status, sequence,
     expires_at, created_at)
  values ($16, $3, $7, false, 'promptpay', $13, 'emvco', $17, 'active', 1, $15, $5)),
operation as (
  insert into itpay.channel_operations
    (id, account, object, object_id, kind, channel, channel_instance, reference, ordinal, state, outcome, order_open,
     created_at, updated_at)
  values ($18, $7, 'payment_intent', $3, 'authorize', 'promptpay', $19, $13, 1, 'succeeded', 'succeeded', true, $5, $5)),
audit as (
  insert into itpay.audit_entries (id, account, at, actor, action, object_id, from_state, to_state, request_id)
  values ($20, $7, $5, $21, 'create', $3, null, 'pending', $22),
         ($23, $7, $5, $21, 'present', $3, 'pending', 'qr_generated', $22),
         ($24, $7, $5, $21, 'create', $16, null, 'active', $22))
insert into itpay.events (id, account, livemode, type, object_id, sequence, at, data)
values ($25, $7, false, 'payment_intent.created', $3, 1, $5, $26),
       ($27, $7, false, 'payment_intent.qr_generated', $3, 2, $5, $28),
       ($29, $7, false, 'qr_charge.created', $16, 1, $5, $30)`,
};

const PAYEE = '0066000000000';
const ACCOUNT = newId('m');
const KEY = newId('key');

/**
 * @param {{ database: string, poolSize: number, publicUrl: string }} options
 * @returns {{ app: import('express').Express, stop(): Promise<void> }}
 */
export function bareServer({ database, poolSize, publicUrl }) {
  const pool = new pg.Pool({ connectionString: database, max: poolSize });
  const app = express();
  app.use(express.json());
  app.get('/itpay/v1/nothing', (req, res) => void res.json({ ok: true }));
  app.post('/itpay/v1/payment-intents', async (req, res) => {
    const { amount, description, order_reference, metadata } = req.body;
    const [intentId, chargeId] = [newId('pi'), newId('qr')];
    const now = new Date();
    const expiresAt = new Date(now.getTime() + 15 * 60_000);
    const reference = randomUUID().replaceAll('-', '').slice(0, 16).toUpperCase();
    const baht = (amount.value / 100).toFixed(2);
    const qrData = `00020101021229370016A0000006770101110113${PAYEE}530376454${String(baht.length).padStart(2, '0')}${baht}5802TH6304ABCD`;
    const intent = {
      id: intentId,
      object: 'payment_intent',
      livemode: false,
      type: 'one_time',
      status: 'qr_generated',
      amount,
      settlement: { ...amount, rate: '1' },
      description,
      order_reference,
      payer: null,
      payee: { merchant_account: PAYEE },
      channel: 'promptpay',
      presentation: 'qr',
      authorization: 'human_scan',
      capture_method: 'automatic',
      amount_captured: { currency: amount.currency, value: 0 },
      channel_reference: reference,
      channel_transaction_id: null,
      metadata,
      return_url: null,
      version: 1,
      created_at: now,
      updated_at: now,
      expires_at: expiresAt,
      captured_at: null,
      succeeded_at: null,
      closed_at: null,
    };
    const charge = {
      id: chargeId,
      object: 'qr_charge',
      payment_intent_id: intentId,
      livemode: false,
      channel: 'promptpay',
      channel_reference: reference,
      qr_standard: 'emvco',
      status: 'active',
      expires_at: expiresAt,
      created_at: now,
    };
    const answer = JSON.stringify(intent);
    const event = `{"object":${answer}}`;
    await pool.query({
      ...INSERT,
      values: [
        sha256(String(req.headers['idempotency-key'])),
        sha256(JSON.stringify(req.body)),
        intentId,
        answer,
        now,
        new Date(now.getTime() + 72 * 3_600_000),
        ACCOUNT,
        amount.value,
        amount.currency,
        description,
        order_reference,
        PAYEE,
        reference,
        metadata,
        expiresAt,
        chargeId,
        qrData,
        newId('op'),
        `promptpay:${PAYEE}`,
        newId('aud'),
        KEY,
        newId('req'),
        newId('aud'),
        newId('aud'),
        newId('evt'),
        event,
        newId('evt'),
        event,
        newId('evt'),
        JSON.stringify({ object: charge }),
      ],
    });
    const token = `${intentId.slice(3)}.${intentId.slice(3, 25)}`;
    const image = `${publicUrl}/v1/qr-charges/${chargeId}/image`;
    const payUrl = `${publicUrl}/pay/${intentId}?t=${token}`;
    res.status(201).json({
      ...intent,
      qr: {
        charge_id: chargeId,
        scan_url: payUrl,
        qr_image_url: `${image}.png?t=${token}`,
        qr_image_svg_url: `${image}.svg?t=${token}`,
        expires_at: expiresAt,
        qr_standard: 'emvco',
        qr_data: qrData,
      },
      next_action: { type: 'show_qr' },
      pay_url: payUrl,
    });
  });
  return { app, stop: () => pool.end() };
}

/**
 * As long as ItPay's ids, and in the order of time as well.
 *
 * @param {string} prefix
 */
function newId(prefix) {
  const time = Date.now().toString(32).padStart(10, '0');
  return `${prefix}_${time}${randomUUID().replaceAll('-', '').slice(0, 16)}`;
}

/** @param {string} text */
function sha256(text) {
  return createHash('sha256').update(text).digest();
}

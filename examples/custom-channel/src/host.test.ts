import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mount } from '@itpay/express';
import { pix, pixPayer } from '@itpay/example-custom-channel';
import express from 'express';
import { createItPay } from 'itpay';
import { afterAll, expect, it } from 'vitest';

const [publicUrl, port] = ['https://loja.example/itpay', 0];
const dataDir = await mkdtemp(join(tmpdir(), 'itpay-pix-'));

const pay = await createItPay({
  publicUrl,
  dataDir,
  plugins: [pix({ key: 'caixa@loja.example', name: 'Loja da Esquina', city: 'SAO PAULO' }), pixPayer()],
});
const server = express().use('/itpay', mount(pay)).listen(port, '127.0.0.1');

await once(server, 'listening');
const mounted = `http://127.0.0.1:${(server.address() as AddressInfo).port}/itpay`;
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await pay.stop();
  await rm(dataDir, { recursive: true });
});

const keyOf = async (preset: 'merchant_full' | 'operator') =>
  (await pay.keys.create({ account: pay.account.id, livemode: false, label: preset, preset })).token;
const shop = await keyOf('merchant_full');
const operator = await keyOf('operator');
let calls = 0;

async function call(method: string, path: string, key: string, body?: object): Promise<any> {
  const response = await fetch(`${mounted}/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'idempotency-key': `call-${calls++}`,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return response.json();
}

async function bring(file: string): Promise<any> {
  const response = await fetch(`${mounted}/v1/statements?channel=pix`, {
    method: 'POST',
    headers: { authorization: `Bearer ${operator}`, 'content-type': 'text/csv', 'idempotency-key': `call-${calls++}` },
    body: file,
  });
  return response.json();
}

const amount = { currency: 'BRL', value: 1990 };
const open = () => call('POST', '/payment-intents', shop, { amount, channel: 'pix' });

it('shows a Pix code with the amount and the order number', async () => {
  const intent = await open();

  expect(intent).toMatchObject({ status: 'qr_generated', amount, livemode: false });
  expect(intent.qr.qr_data).toContain('br.gov.bcb.pix013600000000-0000-0000-0000-000000000000');
  expect(intent.qr.qr_data).toContain('540519.905802BR5915Loja da Esquina6009SAO PAULO');
  expect(intent.qr.qr_data).toContain(`0516${intent.channel_reference}`);
});

it('is paid by the payer of test mode', async () => {
  const intent = await open();

  const paid = await call('POST', `/test-helpers/payment-intents/${intent.id}/simulate`, shop, { event: 'paid' });

  expect(paid).toMatchObject({ status: 'succeeded', amount_captured: amount });
  expect(paid.channel_transaction_id).toMatch(/^SIM/);
});

it('is paid by a line of the statement, once', async () => {
  const intent = await open();

  const line = `2025-01-02T09:30:00-03:00;19,90;E00000000202501020930abcdefghijk;${intent.channel_reference}`;
  const statement = await bring(`data;valor;endToEndId;txid\n${line}\n`);
  const again = await bring(`data;valor;endToEndId;txid\n${line}\n\n`);

  expect(statement.counts).toMatchObject({ rows: 1, booked: 1 });
  expect(again.counts).toMatchObject({ rows: 1, booked: 0, known: 1 });
  expect(await call('GET', `/payment-intents/${intent.id}`, shop)).toMatchObject({
    status: 'succeeded',
    amount_captured: amount,
  });
});

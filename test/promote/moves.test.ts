import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createFakeRailServer, fakeChannel } from '@itpay/testkit/fake-rail';
import { verifySignature } from '@itpay/webhook';
import { beforeAll, expect, it } from 'vitest';
import { itpay, type Result } from '../command-line/itpay.js';
import { whenFileEnds } from '../support/cleanup.js';
import { freshDatabase, postgresNeed } from '../support/database.js';
import { describeNeeding } from '../support/needs.js';
import { startS3Double } from '../support/s3-double.mjs';
import { receiver } from '../webhooks/receiver.js';
import { answersOf } from './answers.js';
import { ODD_ROWS } from './odd-tables.mjs';
import { folderOfShop, openShop, PLUGINS, PUBLIC_URL, secretKeyOf, type Shop } from './shop.js';

const thb = (value: number) => ({ currency: 'THB', value });
const INTENTS = '/v1/payment-intents';

type Rail = Awaited<ReturnType<typeof createFakeRailServer>>;

/** Payments in every state that these rails have, and everything else that leaves a row. */
async function aLongDay(shop: Shop, rail: Rail, key: string, operator: string, origin: string) {
  const { must, clock, pay } = shop;
  const open = (more: object = {}) =>
    must(key, 'POST', INTENTS, {
      body: { amount: thb(19_900), channel: 'promptpay', confirm_duplicate: true, ...more },
    });
  const simulate = (id: string, event: string) =>
    must(key, 'POST', `/v1/test-helpers/payment-intents/${id}/simulate`, { body: { event } });

  const endpoint = await must(operator, 'POST', '/v1/webhook-endpoints', {
    body: { url: `${origin}/heard`, enabled_events: ['payment_intent.succeeded', 'payment_intent.expired'] },
  });
  const expired = await open();
  await simulate(expired.id, 'scanned');
  clock.advance('30h');
  await pay.settle();
  await simulate(expired.id, 'paid_late');

  const paid = await open({ order_reference: 'order-1', metadata: { note: '茶 ชา 🍵' } });
  await simulate(paid.id, 'paid');
  const refunded = await open();
  await simulate(refunded.id, 'paid');
  await must(operator, 'POST', '/v1/refunds', { body: { payment_intent_id: refunded.id, amount: thb(100) } });
  await must(operator, 'POST', '/v1/refunds', {
    body: { payment_intent_id: refunded.id, amount: thb(200), require_approval: true },
  });
  await simulate((await open()).id, 'scanned');
  await simulate((await open()).id, 'declined');
  await simulate((await open()).id, 'underpaid');
  await simulate((await open()).id, 'overpaid');
  await simulate((await open()).id, 'paid_twice');
  await must(key, 'POST', `${INTENTS}/${(await open()).id}/cancel`, { body: {} });
  await must(operator, 'POST', '/v1/voids', {
    body: { target_type: 'payment_intent', target_id: (await open()).id, reason: 'Out of stock' },
  });
  await must(operator, 'POST', '/v1/inflows', {
    body: {
      channel: 'promptpay',
      channel_transaction_id: 'bank-1',
      amount: thb(500),
      paid_at: clock.now().toISOString(),
      reason: 'Seen',
      evidence: 'Line 7',
    },
  });
  await must(operator, 'POST', '/v1/statements?channel=bank_transfer', {
    body: Buffer.from(':20:A\n:25:DE36000000000000000000\n:28C:1/1\n:61:250102C5,NTRFNONREF//1\n:86:for nobody\n-\n'),
    type: 'text/plain',
  });
  await must(operator, 'POST', '/v1/reconciliations', {
    body: { channel: 'bank_transfer', from: '2025-01-01', to: '2025-01-02' },
  });
  await must(key, 'POST', '/v1/reports', { body: { type: 'transactions', from: '2025-01-01', to: '2025-01-31' } });
  await must(operator, 'POST', '/v1/api-keys', { body: { label: 'a little', permissions: ['payments:read'] } });
  await pay.settle();
  const onRail = async (more: object = {}) => {
    const body = { amount: thb(5_000), channel: 'fake', confirm_duplicate: true, ...more };
    return (await shop.request('POST', INTENTS, { key, body })).body;
  };
  const held = await onRail({ capture_method: 'manual' });
  await rail.pay(held.channel_reference);
  for (const { url, headers, body } of await rail.callbacks()) {
    await pay.fetch(new Request(url, { method: 'POST', headers, body }));
  }
  await rail.script({ operation: 'authorize', behaviour: 'decline' });
  await onRail();
  await rail.script({ operation: 'authorize', behaviour: 'reset_after' });
  const unknown = await onRail();
  const last = await open();
  const charge = await must(key, 'GET', `/v1/qr-charges/${last.qr.charge_id}`);
  await must(key, 'GET', charge.qr_image_url.slice(PUBLIC_URL.length)); // now it has a file
  return { endpoint, held, unknown, open: last };
}

describeNeeding(postgresNeed(), 'an embedded shop that moves to PostgreSQL', () => {
  let shop: Shop;
  let after: Shop;
  let folder: Awaited<ReturnType<typeof folderOfShop>>;
  let heard: Awaited<ReturnType<typeof receiver>>;
  let day: Awaited<ReturnType<typeof aLongDay>>;
  let before: ReadonlyMap<string, string>;
  let created: { status: number; text: string };
  let moved: Result;
  let keys: { test: string; operator: string; live: string };
  let postgres: string;
  let rail: Rail;
  let s3: Awaited<ReturnType<typeof startS3Double>>;
  const create = (on: Shop) =>
    on.request('POST', INTENTS, { key: keys.test, once: 'the same', body: { amount: thb(777), channel: 'promptpay' } });

  beforeAll(async () => {
    folder = await folderOfShop();
    heard = await receiver();
    const webhooks = { allowedOrigins: [heard.origin] };
    rail = await createFakeRailServer();
    whenFileEnds(() => rail.stop());
    const plugins = [...PLUGINS, fakeChannel({ url: rail.url, secret: rail.secret, mode: 'test' })];
    shop = await openShop({ dataDir: folder.dataDir, webhooks, plugins });
    keys = {
      test: await shop.newKey('merchant_full'),
      operator: await shop.newKey('operator'),
      live: await shop.newKey('merchant_full', true),
    };
    await shop.pay.knex.raw(ODD_ROWS);
    await shop.pay.knex.raw('create table public.orders_of_the_host (id int primary key)');
    day = await aLongDay(shop, rail, keys.test, keys.operator, heard.origin);
    heard.take();
    heard.answer({ status: 500 }); // what happens from here on is tried again, after the move
    await shop.must(keys.test, 'POST', `/v1/test-helpers/payment-intents/${day.open.id}/simulate`, {
      body: { event: 'paid' },
    });
    created = await create(shop);
    await shop.pay.settle();
    before = await answersOf(shop, keys);
    await shop.pay.stop();

    postgres = (await freshDatabase()).url;
    const account = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'a-secret-of-the-store' };
    s3 = await startS3Double({ ...account, bucket: 'shop' });
    whenFileEnds(() => s3.stop());
    moved = await itpay(['promote', '--to', postgres, '--yes'], folder.cwd, {
      S3_BUCKET: 'shop',
      S3_REGION: 'us-east-1',
      S3_ENDPOINT: s3.endpoint,
      S3_FORCE_PATH_STYLE: 'true',
      S3_ACCESS_KEY_ID: account.accessKeyId,
      S3_SECRET_ACCESS_KEY: account.secretAccessKey,
    });
    if (moved.code !== 0) throw new Error(moved.err);
    const secretKey = await secretKeyOf(folder.dataDir);
    const { dataDir } = folder;
    const same = { webhooks, plugins, clock: shop.clock };
    after = await openShop({ ...same, database: postgres, dataDir, secretKey, migrate: 'check' });
  });

  it('is told what goes and what is left, how far it is, and what to set', () => {
    expect(moved).toMatchObject({ code: 0 });
    expect(moved.err).toMatch(/left +tables outside of "itpay", which are not ItPay's: public\.orders_of_the_host/);
    expect(moved.err).toMatch(/payment_intents 15\/15/);
    expect(moved.out).toMatch(/^Moved \d+ tables, \d+ rows: counts and checksums are the same/);
    expect(moved.out).toMatch(/ITPAY_SECRET_KEY +the key in .*secret\.key; read it with: cat .*secret\.key/);
  });

  it('shows neither the secret key nor the password of the database', async () => {
    const secret = await secretKeyOf(folder.dataDir);
    const again = await itpay(['promote', '--to', 'postgres://shop:hunter2@127.0.0.1:1/shop', '--yes'], folder.cwd);

    expect(moved.out + moved.err).not.toContain(secret);
    expect(again.out + again.err).not.toContain('hunter2');
  });

  it('copies its files into S3, as they are', async () => {
    const files = new Map<string, Buffer>();
    for (const [key, bytes] of s3.objects()) {
      files.set(key, bytes);
      expect(bytes.equals(await readFile(join(folder.dataDir, 'blobs', key)))).toBe(true);
    }

    expect([...files.keys()].map((key) => key.split('/')[0])).toEqual(expect.arrayContaining(['qr', 'reports']));
    expect(moved.out).toContain(`${files.size} files (QR images, reports) are in the blob store.`);
  });

  it('gives the same answers, byte for byte', async () => {
    const now = await answersOf(after, keys);

    expect(before.size).toBeGreaterThan(150);
    expect([...before].filter(([, text]) => text.startsWith('5'))).toEqual([]);
    expect([...now].filter(([path, text]) => before.get(path) !== text)).toEqual([]);
    expect([...now.keys()]).toEqual([...before.keys()]);
    const states = new Set(
      [...before]
        .flatMap(([path, text]) => (/intents\/pi_\w+$/.test(path) ? [text] : []))
        .map((text) => JSON.parse(text.slice(text.indexOf('{'))).status),
    );
    expect([...states].toSorted()).toEqual([
      'authorized',
      'cancelled',
      'expired',
      'failed',
      'pending',
      'qr_generated',
      'scanning',
      'succeeded',
    ]);
  });

  it('repeats the answer to a repeated request', async () => {
    expect(created.status).toBe(201);
    expect(await create(after)).toEqual(created);
  });

  it('delivers what was due, signed with the secret of before', async () => {
    heard.take();
    heard.answer({ status: 204 });
    after.clock.advance('1h');
    await after.pay.settle();

    const [first] = heard.received;
    const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = first!.headers;
    const message = { id: id!, timestamp: Number(timestamp), signature: signature!, body: Buffer.from(first!.body) };
    expect(first!.event).toMatchObject({
      type: 'payment_intent.succeeded',
      data: { object: { id: day.open.id } },
    });
    expect(verifySignature(message as never, [day.endpoint.secret], after.clock.now())).toBe(true);
  });

  it('asks the rail what became of an order that nobody knew of', async () => {
    const { unknown, held } = day;

    expect(unknown.status).toBe('pending');
    const look = () => after.must(keys.test, 'GET', `${INTENTS}/${unknown.id}`);
    let now = await look();
    // A question may be lost on the way; the next one comes by itself.
    for (let tries = 0; tries < 5 && now.status !== 'expired'; tries += 1) {
      after.clock.advance('10m');
      await after.pay.settle();
      now = await look();
    }
    // More than an hour has passed: the order was found, and closed at the rail.
    expect(now).toMatchObject({ status: 'expired', operation: null });
    expect((await rail.entry(unknown.channel_reference))!.received.query).toBeGreaterThan(0);
    expect((await after.must(keys.test, 'POST', `${INTENTS}/${held.id}/capture`, { body: {} })).status).toBe(
      'succeeded',
    );
  });

  it('takes payments, and closes those of before', async () => {
    const intent = await after.must(keys.live, 'POST', INTENTS, { body: { amount: thb(300), channel: 'promptpay' } });
    const waiting = JSON.parse(created.text) as { id: string };
    after.clock.advance('30h');
    await after.pay.settle();

    expect(intent.status).toBe('qr_generated');
    expect((await after.must(keys.test, 'GET', `${INTENTS}/${waiting.id}`)).status).toBe('expired');
  });

  it('keeps triggers, foreign keys and sequences as they were', async () => {
    const { knex } = after.pay;
    await expect(knex('itpay.audit_entries').delete()).rejects.toThrow(/append-only/);
    await expect(knex.raw('insert into itpay.odd (parent) values (5)')).rejects.toThrow(/odd_parent/);
    const { rows } = await knex.raw(
      `insert into itpay.odd default values returning "Id ""quoted""" as id, doubled, written`,
    );
    const [log] = await knex('itpay.odd_log').orderBy('n', 'desc');

    // Three rows before, a refused one, and this one: each counted once by the trigger.
    expect(rows).toEqual([{ id: '140', doubled: '280', written: 1 }]);
    expect(Number((await knex('itpay.odd_log').count())[0]!['count'])).toBe(4);
    expect(log.n).toBe(5);
    expect((await knex('itpay.odd').where({ written: 1 })).length).toBe(4);
  });

  it('leaves the directory as it is, and keeps it from being started until somebody wants it back', async () => {
    const started = await itpay(['start'], folder.cwd);
    const doctor = await itpay(['doctor'], folder.cwd, { ITPAY_PUBLIC_URL: 'http://localhost:9/itpay' });
    const again = await itpay(['promote', '--to', postgres, '--yes'], folder.cwd);

    expect(started).toMatchObject({
      code: 1,
      err: expect.stringMatching(/was moved to .*DATABASE_URL.*promoted\.json/),
    });
    expect(started.err).not.toMatch(/\n\s+at /);
    expect(doctor.out).toMatch(/✗ +database .*was moved to/);
    expect(again).toMatchObject({ code: 1, err: expect.stringMatching(/was moved to .*promoted\.json/) });

    await rm(join(folder.dataDir, 'promoted.json'));
    const back = await itpay(['inflows', 'list'], folder.cwd);
    expect(back).toMatchObject({ code: 0, out: expect.stringMatching(/^inf_/) });
  });
});

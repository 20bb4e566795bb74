import { hash } from 'node:crypto';
import { ItPay } from '@itpay/client';
import { beforeAll, describe, expect, it } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { testPay } from '../support/pay.js';
import { startS3Double, type S3Double } from '../support/s3-double.mjs';

const credentials = { accessKeyId: 'AKIATESTKEY', secretAccessKey: 'not-to-be-seen-anywhere' };
const bucket = 'shop-files';
const region = 'eu-central-1';
const PNG = [0x89, 0x50, 0x4e, 0x47];

type Installation = Awaited<ReturnType<typeof testPay>>;

async function bucketOfItsOwn(): Promise<S3Double> {
  const double = await startS3Double({ ...credentials, bucket, region });
  whenFileEnds(() => double.stop());
  return double;
}

/** An installation whose files are in a bucket. */
async function withBucket() {
  const double = await bucketOfItsOwn();
  const t = await testPay({ s3: { bucket, region, endpoint: double.endpoint, credentials, prefix: 'itpay/' } });
  const keys = () => [...double.objects().keys()];
  return { ...t, double, keys };
}

async function open({ request }: Installation, value = 19_900) {
  const body = { amount: { currency: 'THB', value }, confirm_duplicate: true };
  const answer = await request('POST', '/v1/payment-intents', { body });
  expect(answer.status).toBe(201);
  return answer.body;
}

const pay = ({ request }: Installation, id: string) =>
  request('POST', `/v1/test-helpers/payment-intents/${id}/simulate`, { body: { event: 'paid' } });

async function image({ request, pay: instance, testKey }: Installation, intentId: string) {
  const { qr } = (await request('GET', `/v1/payment-intents/${intentId}`)).body;
  const answer = await instance.fetch(
    new Request(`https://shop.example/itpay/v1/qr-charges/${qr.charge_id}/image.png`, {
      headers: { authorization: `Bearer ${testKey}` },
    }),
  );
  return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()), chargeId: qr.charge_id as string };
}

async function ask({ request, clock }: Installation) {
  const today = clock.now().toISOString().slice(0, 10);
  const body = { type: 'transactions', from: today, to: today };
  const asked = await request('POST', '/v1/reports', { body });
  expect(asked.status).toBe(202);
  return asked.body.id as string;
}

const report = async ({ request }: Installation, id: string) => (await request('GET', `/v1/reports/${id}`)).body;

describe('an installation whose files are in S3', () => {
  let t: Awaited<ReturnType<typeof withBucket>>;
  let intentId: string;
  let reportId: string;
  beforeAll(async () => {
    t = await withBucket();
    intentId = (await open(t)).id;
  });

  it('draws the image of a code once', async () => {
    const first = await image(t, intentId);
    const again = await image(t, intentId);

    expect([first.status, ...first.bytes.subarray(0, 4)]).toEqual([200, ...PNG]);
    expect(again.bytes.equals(first.bytes)).toBe(true);
    expect(t.keys()).toEqual([`itpay/qr/${first.chargeId}.png`]);
    expect(t.double.requests().map(({ method, status }) => [method, status])).toEqual([
      ['GET', 404],
      ['PUT', 200],
      ['GET', 200],
    ]);
  });

  it('hands a report on to the store, under its own link', async () => {
    await pay(t, intentId);
    reportId = await ask(t);
    await t.settle();
    const { download_url: link, digest, size } = await report(t, reportId);
    expect(link).toMatch(/^https:\/\/shop\.example\/itpay\/v1\/reports\//);

    const answer = await t.request('GET', link.replace('https://shop.example/itpay', ''), { key: null });
    const location = answer.headers.get('location')!;
    const file = await fetch(location);
    const text = await file.text();

    expect([answer.status, answer.text, answer.headers.get('cache-control')]).toEqual([302, '', 'no-store']);
    expect(location.startsWith(`${t.double.endpoint}/shop-files/itpay/reports/${reportId}?`)).toBe(true);
    expect([file.status, Buffer.byteLength(text), hash('sha256', text)]).toEqual([200, size, digest]);
    expect(text).toContain(intentId);
    expect(file.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(file.headers.get('content-disposition')).toMatch(/^attachment; filename="transactions-[\d-]+\.csv"$/);
  });

  it('looks at its own link first', async () => {
    const { download_url: link } = await report(t, reportId);
    const path = link.replace('https://shop.example/itpay', '');

    const wrong = await t.request('GET', `${path.slice(0, -4)}AAAA`, { key: null });
    t.clock.advance('15m');
    const late = await t.request('GET', path, { key: null });

    expect([wrong.status, wrong.headers.get('location')]).toEqual([401, null]);
    expect([late.status, late.headers.get('location')]).toEqual([401, null]);
  });

  it('sends the bytes itself to a client with a key, and the key nowhere else', async () => {
    const before = t.double.requests().length;
    const client = new ItPay({
      apiKey: t.testKey,
      baseUrl: 'https://shop.example/itpay',
      fetch: (input, init) => t.pay.fetch(new Request(input as string, init)),
    });

    const bytes = await client.reports.file(reportId);

    expect(new TextDecoder().decode(bytes)).toContain(intentId);
    const headers = JSON.stringify(
      t.double
        .requests()
        .slice(before)
        .map((request) => request.headers),
    );
    expect(headers).toContain('AWS4-HMAC-SHA256');
    expect(headers).not.toContain(t.testKey);
  });

  it('says nothing of its secret', async () => {
    expect(JSON.stringify(t.logger.lines)).not.toContain(credentials.secretAccessKey);
  });
});

describe('while S3 is away', () => {
  let t: Awaited<ReturnType<typeof withBucket>>;
  beforeAll(async () => {
    t = await withBucket();
  });

  it('payments are taken, images drawn anew, and reports written later', async () => {
    const before = await open(t);
    const drawn = await image(t, before.id);
    const early = await ask(t);
    await t.settle();
    await t.double.refuse(true);

    const during = await open(t, 20_000);
    const [again, fresh] = [await image(t, before.id), await image(t, during.id)];
    const paid = await pay(t, during.id);
    const ready = await t.request('GET', '/v1/ready', { key: null });
    const file = await t.request('GET', `/v1/reports/${early}/file`);
    const late = await ask(t);
    await t.settle();

    expect([again.status, again.bytes.equals(drawn.bytes)]).toEqual([200, true]);
    expect([fresh.status, ...fresh.bytes.subarray(0, 4)]).toEqual([200, ...PNG]);
    expect(paid.status).toBe(200);
    expect((await t.request('GET', `/v1/payment-intents/${during.id}`)).body.status).toBe('succeeded');
    expect([ready.status, ready.body.status, ready.body.checks.blob_store.state]).toEqual([200, 'degraded', 'failed']);
    expect([file.status, file.body.error.code, file.headers.get('retry-after')]).toEqual([
      503,
      'SERVICE_UNAVAILABLE',
      '5',
    ]);
    expect(await report(t, late)).toMatchObject({ status: 'pending', failure: null });
    const warned = t.logger.lines.filter(({ message }) => message.startsWith('The store of files is away'));
    expect(warned.map(({ fields }) => fields['charge'])).toEqual([drawn.chargeId, fresh.chargeId]);

    await t.double.refuse(false);
    t.clock.advance('10s'); // the next try of the job, and of the check
    await t.settle();

    const done = await report(t, late);
    expect(done).toMatchObject({ status: 'ready' });
    const link = await t.request('GET', done.download_url.replace('https://shop.example/itpay', ''), { key: null });
    expect(await (await fetch(link.headers.get('location')!)).text()).toContain(during.id);
    await expect
      .poll(async () => (await t.request('GET', '/v1/ready', { key: null })).body.status, { timeout: 5_000 })
      .toBe('ok');
    expect(JSON.stringify(t.logger.lines)).not.toContain(credentials.secretAccessKey);
  });

  it('a payer does not wait for it either when it says nothing at all', async () => {
    t.double.hang(true);
    const intent = await open(t, 30_000);
    const since = Date.now();

    const { status } = await image(t, intent.id);

    expect(status).toBe(200);
    expect(Date.now() - since).toBeLessThan(8_000); // three seconds, and a busy machine
    t.double.hang(false);
  });
});

describe('a store of the host', () => {
  it('is closed with ItPay, where it can be', async () => {
    let closed = 0;
    const blobs = new Map<string, Uint8Array>();
    const t = await testPay({
      blobStore: {
        put: async (key, bytes) => void blobs.set(key, bytes),
        get: async (key) => blobs.get(key) ?? null,
        delete: async (key) => void blobs.delete(key),
        close: async () => void closed++,
      },
    });

    await t.stop();
    await t.stop();

    expect(closed).toBe(1);
  });

  it('is refused beside a bucket', async () => {
    const blobStore = { put: async () => {}, get: async () => null, delete: async () => {} };

    await expect(testPay({ blobStore, s3: { bucket, region } })).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      param: 's3',
    });
  });
});

import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { StatementRow } from '@itpay/kernel';
import { startWechatSimulator } from '@itpay/simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchBill, type BillKind } from './bill-download.js';
import { call, railOf } from './client.js';
import { merchantOf, type WechatTestMerchant } from './config.js';
import { fetchStatement } from './fetch-statement.js';
import { PATHS } from './wire.js';

// In the middle of a day in China, and the next one, when the bill is ready.
let time = new Date('2026-03-02T04:00:00Z');
const now = () => time;
const simulator = await startWechatSimulator({ seed: 'bills', now });
afterAll(() => simulator.close());
const { control, credentials } = simulator;
const merchant: WechatTestMerchant = { baseUrl: simulator.url, ...credentials };
const signal = AbortSignal.timeout(60_000);

beforeAll(async () => {
  const rail = railOf(merchantOf('test', merchant, now));
  const order = {
    appid: merchant.appid,
    mchid: merchant.mchid,
    description: '茶',
    out_trade_no: 'ORDER1',
    notify_url: 'http://127.0.0.1:9/callback',
    amount: { total: 12_345, currency: 'CNY' },
  };
  await call(rail, { call: 'order', method: 'POST', path: PATHS.order, content: order, signal });
  await control.act({ action: 'pay', reference: 'ORDER1' });
  const refund = {
    out_trade_no: 'ORDER1',
    out_refund_no: 'REFUND1',
    amount: { refund: 2_345, total: 12_345, currency: 'CNY' },
  };
  await call(rail, { call: 'refund', method: 'POST', path: PATHS.refunds, content: refund, signal });
  await control.act({ action: 'settle_refund', reference: 'REFUND1' }).catch(() => {});
  time = new Date('2026-03-03T04:00:00Z');
});

describe('a bill from WeChat', () => {
  it('tells the trades of a day', async () => {
    const rows = await bill('trade');

    expect(rows.map(({ kind, reference, amount, status }) => [kind, reference, amount.value, status])).toEqual([
      ['credit', 'ORDER1', 12_345n, 'booked'],
      ['refund', 'REFUND1', 2_345n, 'booked'],
    ]);
  });

  it('tells the flow of the money, with the fees', async () => {
    const rows = await bill('fund_flow');

    expect(rows.map(({ kind }) => kind).toSorted()).toEqual(['credit', 'fee', 'refund']);
    expect(rows.find(({ kind }) => kind === 'fee')?.amount.value).toBe(74n);
  });

  it('is none for a day without trades', async () => {
    for (const kind of ['trade', 'fund_flow'] as const) {
      expect(await fetchBill(merchant, { date: '2026-03-01', kind, now })).toBeNull();
    }
  });

  it.each(['', '2026-3-2', '20260302', '2026-13-01', '2026-03-02&bill_type=SUCCESS'])(
    'is of no day %j',
    async (date) => {
      await expect(fetchBill(merchant, { date, kind: 'trade', now })).rejects.toMatchObject({
        code: 'PARAMETER_INVALID',
        param: 'date',
      });
    },
  );

  it('comes later when WeChat is away', async () => {
    await control.script({ operation: 'tradebill', behaviour: '500_before' });

    await expect(bill('trade')).rejects.toMatchObject({ code: 'CHANNEL_UNAVAILABLE', retryable: true });
  });

  it('is not believed when its announcement is not signed by WeChat', async () => {
    await control.script({ operation: 'tradebill', behaviour: 'bad_signature' });

    await expect(bill('trade')).rejects.toMatchObject({ code: 'CHANNEL_UNAVAILABLE' });
  });

  it('is not believed when the file is not the one that was announced', async () => {
    await control.script({ operation: 'billdownload', behaviour: 'garbage' });

    await expect(bill('trade')).rejects.toMatchObject({
      code: 'CHANNEL_ERROR',
      message: expect.stringContaining('SHA-1 differs'),
    });
  });
});

describe('the file of a bill', () => {
  const text = '总交易单数\r\n`0\r\n';
  const file = Buffer.from(`交易时间\r\n${text}`);
  const sha1 = createHash('sha1').update(file).digest('hex');

  it.each<[what: string, bytes: Buffer, hash: string]>([
    ['packed', gzipSync(file), sha1],
    ['as it is', file, sha1],
    ['with its hash in capitals', file, sha1.toUpperCase()],
  ])('may come %s', async (_, bytes, hash) => {
    expect(await read(await announcing({ bytes, hash_value: hash }))).toEqual([]);
  });

  it.each<[what: string, change: Announcement, message: string]>([
    ['the hash is of the packed bytes', { bytes: gzipSync(file), hash_value: sha1Of(gzipSync(file)) }, 'SHA-1 differs'],
    ['it cannot be unpacked', { bytes: gzipSync(file).subarray(0, 20), hash_value: sha1 }, 'cannot be unpacked'],
    ['the hash is of another kind', { bytes: file, hash_value: sha1, hash_type: 'MD5' }, 'hash_type is not SHA1'],
    ['it lies at another host', { bytes: file, hash_value: sha1, download_url: 'http://127.0.0.2/x' }, 'another host'],
    ['its address is none', { bytes: file, hash_value: sha1, download_url: 'file' }, 'another host'],
  ])('is refused when %s', async (_, change, message) => {
    await expect(read(await announcing(change))).rejects.toMatchObject({
      code: 'CHANNEL_ERROR',
      message: expect.stringContaining(message),
    });
  });
});

it('of a day that cannot be read is an invalid statement', async () => {
  const bytes = Buffer.from('<html>Welcome</html>');
  const baseUrl = await announcing({ bytes, hash_value: sha1Of(bytes) });
  const rail = railOf(merchantOf('test', { ...merchant, baseUrl }, now));

  await expect(fetchStatement(rail, '2026-03-02', { signal })).rejects.toMatchObject({ code: 'STATEMENT_INVALID' });
});

interface Announcement {
  readonly bytes: Buffer;
  readonly hash_value: string;
  readonly hash_type?: string;
  readonly download_url?: string;
}

const closing: (() => void)[] = [];
afterAll(() => closing.forEach((close) => close()));

/** A WeChat that announces this file, whatever is asked of it. Its answers are signed by the simulator's key. */
async function announcing({ bytes, download_url, hash_value, hash_type = 'SHA1' }: Announcement): Promise<string> {
  const server = createServer((request, response) => {
    const isFile = request.url?.startsWith('/file');
    const announcement = JSON.stringify({
      hash_type,
      hash_value,
      download_url: download_url ?? `http://${request.headers.host}/file?token=1`,
    });
    if (isFile) response.writeHead(200, { connection: 'close' }).end(bytes);
    else void signedAnswer(announcement).then((headers) => response.writeHead(200, headers).end(announcement));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A notification of the simulator with another content: what is signed is the same. */
async function signedAnswer(content: string): Promise<Record<string, string>> {
  const [any] = await control.callbacks();
  const { headers } = await control.rewriteCallback({ headers: any!.headers, body: any!.body }, { content });
  return { ...headers, connection: 'close' };
}

async function read(baseUrl: string): Promise<StatementRow[]> {
  return all(await fetchBill({ ...merchant, baseUrl }, { date: '2026-03-02', kind: 'trade', now }));
}

async function bill(kind: BillKind): Promise<StatementRow[]> {
  return all(await fetchBill(merchant, { date: '2026-03-02', kind, now }));
}

async function all(rows: AsyncIterable<StatementRow> | null): Promise<StatementRow[]> {
  const read_: StatementRow[] = [];
  for await (const row of rows!) read_.push(row);
  return read_;
}

function sha1Of(bytes: Buffer): string {
  return createHash('sha1').update(bytes).digest('hex');
}

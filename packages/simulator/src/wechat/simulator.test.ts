import { createHash, createVerify, randomBytes, sign, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { startWechatSimulator, type WechatSimulator, type WechatSimulatorOptions } from './simulator.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

// Keys take their time, so tests share one rail and give each order numbers of its own.
const shared = await startWechatSimulator();
afterAll(() => shared.close());
let orders = 0;

interface Change {
  /** Of the fields in the Authorization header. */
  readonly authorization?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent in place of the body that was signed. */
  readonly sent?: string;
}

async function start(options: WechatSimulatorOptions) {
  const simulator = await startWechatSimulator(options);
  closing.push(() => simulator.close());
  return talkTo(simulator, options.now);
}

function talkTo(simulator: WechatSimulator = shared, now = () => new Date()) {
  const no = `ORDER${(orders += 1)}_`;
  const { credentials, control, url } = simulator;
  const { mchid, appid } = credentials;

  const send = async (method: string, path: string, body: object | string = '', change: Change = {}) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const nonce = randomBytes(16).toString('hex');
    const fields = {
      mchid,
      nonce_str: nonce,
      timestamp: String(Math.floor(now().getTime() / 1000)),
      serial_no: credentials.merchantSerial,
      ...change.authorization,
    };
    const message = `${method}\n${path}\n${fields.timestamp}\n${fields.nonce_str}\n${text}\n`;
    const signature = sign('sha256', Buffer.from(message), credentials.merchantPrivateKey).toString('base64');
    const given = Object.entries({ signature, ...fields }).map(([name, value]) => `${name}="${value}"`);
    const answer = await fetch(url + path, {
      method,
      headers: {
        authorization: `WECHATPAY2-SHA256-RSA2048 ${given.join(',')}`,
        accept: 'application/json',
        'content-type': 'application/json',
        'user-agent': 'test',
        ...change.headers,
      },
      ...(method === 'POST' && { body: change.sent ?? text }),
    });
    const raw = Buffer.from(await answer.arrayBuffer());
    const json = answer.headers.get('content-type') === 'application/json' ? JSON.parse(raw.toString()) : undefined;
    return { status: answer.status, headers: answer.headers, raw, json, code: json?.code as string | undefined };
  };
  const order = (change: object = {}) => ({
    mchid,
    appid,
    out_trade_no: no,
    description: '咖啡',
    notify_url: 'https://shop.example/n',
    amount: { total: 1000, currency: 'CNY' },
    ...change,
  });
  const native = (change: object = {}) => send('POST', '/v3/pay/transactions/native', order(change));
  const query = (number = no) => send('GET', `/v3/pay/transactions/out-trade-no/${number}?mchid=${mchid}`);
  const close = (number = no) => send('POST', `/v3/pay/transactions/out-trade-no/${number}/close`, { mchid });
  const refund = (outRefundNo: string, amount: number, change: object = {}) =>
    send('POST', '/v3/refund/domestic/refunds', {
      out_trade_no: no,
      out_refund_no: no + outRefundNo,
      notify_url: 'https://shop.example/n',
      amount: { refund: amount, total: 1000, currency: 'CNY' },
      ...change,
    });
  const paid = async () => {
    await native();
    await control.act({ action: 'pay', reference: no });
  };
  /** The notifications about this order and its refunds. */
  const notices = async () => (await control.callbacks()).filter(({ reference }) => reference.startsWith(no));
  const booked = async () =>
    (await control.books()).orders.find((one: { out_trade_no: string }) => one.out_trade_no === no);
  return { booked, no, simulator, credentials, control, send, order, native, query, close, refund, paid, notices };
}

describe('who may speak to the simulated WeChat', () => {
  it.each<[what: string, change: Change, status: number, code: string]>([
    ['an old timestamp', { authorization: { timestamp: '1600000000' } }, 401, 'SIGN_ERROR'],
    ['a timestamp in milliseconds', { authorization: { timestamp: String(Date.now()) } }, 401, 'SIGN_ERROR'],
    ['another merchant', { authorization: { mchid: '1' } }, 401, 'SIGN_ERROR'],
    ['a long nonce', { authorization: { nonce_str: 'n'.repeat(33) } }, 401, 'SIGN_ERROR'],
    ['another serial', { authorization: { serial_no: 'ABC' } }, 500, 'SYSTEM_ERROR'],
    ['a signature of nothing', { authorization: { signature: 'AAAA' } }, 401, 'SIGN_ERROR'],
    ['one more field', { authorization: { more: '1' } }, 401, 'SIGN_ERROR'],
    ['another scheme', { headers: { authorization: 'Bearer x' } }, 401, 'SIGN_ERROR'],
  ])('not with %s, and the refusal is not signed', async (_, change, status, code) => {
    const { send, order } = talkTo();

    const answer = await send('POST', '/v3/pay/transactions/native', order(), change);

    expect([answer.status, answer.code]).toEqual([status, code]);
    expect(answer.headers.get('wechatpay-signature')).toBeNull();
  });

  it('not with a body that was written anew after it was signed', async () => {
    const { send, order } = talkTo();

    const sent = JSON.stringify(order(), null, 1);

    expect((await send('POST', '/v3/pay/transactions/native', order(), { sent })).code).toBe('SIGN_ERROR');
  });

  it.each<[what: string, headers: Record<string, string>]>([
    ['an Accept of another kind', { accept: 'text/plain' }],
    ['a body of another kind', { 'content-type': 'text/plain' }],
    ['a key of WeChat that it does not have', { 'wechatpay-serial': 'PUB_KEY_ID_0' }],
  ])('not with %s', async (_, headers) => {
    const { send, order } = talkTo();

    const answer = await send('POST', '/v3/pay/transactions/native', order(), { headers });

    expect([answer.status, answer.code]).toEqual([400, 'PARAM_ERROR']);
    expect(answer.headers.get('wechatpay-signature')).not.toBeNull();
  });

  it('proves its own answers, also one without a body', async () => {
    const { native, close, credentials } = talkTo();
    await native();

    const { status, headers, raw } = await close();

    const [time, nonce] = [headers.get('wechatpay-timestamp'), headers.get('wechatpay-nonce')];
    const proof = createVerify('sha256').update(`${time}\n${nonce}\n\n`);
    expect([status, raw.length]).toEqual([204, 0]);
    expect(headers.get('wechatpay-serial')).toBe(credentials.platformPublicKeyId);
    expect(proof.verify(credentials.platformPublicKey!, headers.get('wechatpay-signature')!, 'base64')).toBe(true);
  });
});

describe('an order of the simulated WeChat', () => {
  it.each<[what: string, change: object, code: string]>([
    ['another app', { appid: 'wx0' }, 'APPID_MCHID_NOT_MATCH'],
    ['another merchant', { mchid: '1' }, 'PARAM_ERROR'],
    ['a short number', { out_trade_no: 'A1' }, 'PARAM_ERROR'],
    ['a number with a dot', { out_trade_no: 'ORDER.01' }, 'PARAM_ERROR'],
    ['128 bytes of description', { description: `${'咖'.repeat(42)}ab` }, 'PARAM_ERROR'],
    ['an emoji', { description: '☕ 🍰' }, 'PARAM_ERROR'],
    ['no description', { description: undefined }, 'PARAM_ERROR'],
    ['http', { notify_url: 'http://shop.example/n' }, 'PARAM_ERROR'],
    ['a query in the address', { notify_url: 'https://shop.example/n?a=1' }, 'PARAM_ERROR'],
    ['nothing to pay', { amount: { total: 0 } }, 'PARAM_ERROR'],
    ['an amount as text', { amount: { total: '1000' } }, 'PARAM_ERROR'],
    ['half a fen', { amount: { total: 10.5 } }, 'PARAM_ERROR'],
    ['another currency', { amount: { total: 1000, currency: 'USD' } }, 'PARAM_ERROR'],
    ['a time without offset', { time_expire: '2099-01-01T00:00:00' }, 'PARAM_ERROR'],
    [
      'a time in half a minute',
      { time_expire: new Date(Date.now() + 30_000).toISOString().slice(0, 19) + 'Z' },
      'PARAM_ERROR',
    ],
  ])('is not opened with %s', async (_, change, code) => {
    const { native, booked } = talkTo();

    expect(await native(change)).toMatchObject({ status: 400, code });
    expect(await booked()).toBeUndefined();
  });

  it('is not opened with an integer that is written as a decimal', async () => {
    const { send, order } = talkTo();
    const body = JSON.stringify(order()).replace('1000', '1000.0');

    expect(await send('POST', '/v3/pay/transactions/native', body)).toMatchObject({ code: 'PARAM_ERROR' });
  });

  it('takes a description of 127 bytes, and plain http on this machine', async () => {
    const { native } = talkTo();

    const change = { description: `${'咖'.repeat(42)}a`, notify_url: 'http://127.0.0.1:9/n' };

    expect((await native(change)).status).toBe(200);
  });

  it('gives its code again, and refuses other content under its number', async () => {
    const { native, order } = talkTo();
    const first = await native();

    expect((await native()).json).toEqual(first.json);
    expect(await native({ amount: { total: 1001, currency: 'CNY' } })).toMatchObject({ code: 'INVALID_REQUEST' });
    expect(await native({ ...order(), description: '茶' })).toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('gives a new code when the old one is two hours old', async () => {
    let time = Date.parse('2026-03-02T02:00:00Z');
    const { native } = await start({ now: () => new Date(time) });
    const first = await native();
    time += 2 * 3_600_000;

    expect((await native()).json.code_url).not.toBe(first.json.code_url);
  });

  it('tells of money only when it came', async () => {
    const { native, query, control, no } = talkTo();
    await native();
    const open = await query();
    await control.act({ action: 'pay', reference: no, amount: '900' });

    expect(open.json).toMatchObject({ trade_state: 'NOTPAY' });
    expect(open.json).not.toHaveProperty('amount');
    expect((await query()).json).toMatchObject({
      trade_state: 'SUCCESS',
      amount: { total: 1000, payer_total: 900, currency: 'CNY' },
    });
    expect(await native()).toMatchObject({ status: 400, code: 'ORDERPAID' });
  });

  it('is closed once; a paid one never; one that never was, as well', async () => {
    const { native, query, close, control, no } = talkTo();
    await native();

    expect(await close()).toMatchObject({ status: 204 });
    expect(await close()).toMatchObject({ code: 'ORDER_CLOSED' });
    expect((await query()).json).toMatchObject({ trade_state: 'CLOSED' });
    await native({ out_trade_no: `${no}2` });
    await control.act({ action: 'pay', reference: `${no}2` });
    expect(await close(`${no}2`)).toMatchObject({ code: 'ORDERPAID' });
    expect(await close(`${no}3`)).toMatchObject({ status: 204 });
    expect(await query(`${no}3`)).toMatchObject({ status: 404, code: 'ORDER_NOT_EXIST' });
  });

  it('can be paid late only by a payment that was under way', async () => {
    const { native, query, close, control, no } = talkTo();
    await native();
    const before = new Date().toISOString();
    await close();

    await expect(control.act({ action: 'pay', reference: no })).rejects.toThrow('say "paidAt" before that');
    await control.act({ action: 'pay', reference: no, paidAt: new Date(Date.parse(before) - 1).toISOString() });

    expect((await query()).json).toMatchObject({ trade_state: 'SUCCESS' });
    await expect(control.act({ action: 'pay', reference: no })).rejects.toThrow('was paid already');
  });

  it('has an end that closes nothing', async () => {
    const { native, query, control, no } = talkTo();
    await native();
    await control.act({ action: 'expire', reference: no });

    await expect(control.act({ action: 'pay', reference: no })).rejects.toThrow('ended at');
    expect((await query()).json).toMatchObject({ trade_state: 'NOTPAY' });
  });
});

describe('a refund of the simulated WeChat', () => {
  it('is done once under each number', async () => {
    const { paid, refund, query, booked } = talkTo();
    await paid();

    const first = await refund('BACK_01', 400);

    expect(first.json).toMatchObject({ status: 'SUCCESS', amount: { refund: 400, total: 1000 } });
    expect((await refund('BACK_01', 400)).json).toEqual(first.json);
    expect(await refund('BACK_01', 401)).toMatchObject({ code: 'INVALID_REQUEST' });
    expect(await refund('BACK_02', 601)).toMatchObject({ code: 'INVALID_REQUEST' });
    expect(await refund('BACK_02', 600, { amount: { refund: 600, total: 999, currency: 'CNY' } })).toMatchObject({
      code: 'INVALID_REQUEST',
    });
    expect((await booked()).refunds).toHaveLength(1);
    expect((await query()).json).toMatchObject({ trade_state: 'REFUND' });
  });

  it('ends when the rail settles it, in three ways', async () => {
    const { paid, refund, send, control, no, notices } = talkTo();
    await paid();
    const ends = { BACK_01: 'succeeded', BACK_02: 'failed', BACK_03: 'abnormal' } as const;
    await control.script({ operation: 'refund', behaviour: 'pending', times: 3 });

    const found: string[] = [];
    for (const [reference, status] of Object.entries(ends)) {
      found.push((await refund(reference, 100)).json.status);
      await control.act({ action: 'settle_refund', reference: no + reference, status });
      found.push((await send('GET', `/v3/refund/domestic/refunds/${no}${reference}`)).json.status);
    }

    expect(found).toEqual(['PROCESSING', 'SUCCESS', 'PROCESSING', 'CLOSED', 'PROCESSING', 'ABNORMAL']);
    expect((await notices()).map(({ kind }) => kind)).toEqual([
      'TRANSACTION.SUCCESS',
      'REFUND.SUCCESS',
      'REFUND.CLOSED',
      'REFUND.ABNORMAL',
    ]);
  });

  it('comes fifty times and not once more', async () => {
    const { paid, refund } = talkTo();
    await paid();

    for (let n = 1; n <= 50; n += 1) expect((await refund(`BACK_${n}`, 1)).status).toBe(200);

    expect(await refund('BACK_51', 1)).toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('is known to nobody who made none', async () => {
    const { native, refund, send, no } = talkTo();
    await native();

    expect(await refund('BACK_01', 1)).toMatchObject({ code: 'INVALID_REQUEST' });
    expect(await send('GET', `/v3/refund/domestic/refunds/${no}BACK_01`)).toMatchObject({ status: 404 });
  });
});

describe('the keys of the simulated WeChat', () => {
  it('change in turn during the migration', async () => {
    const { native, control, credentials, send, no, notices } = await start({ mode: 'both' });
    for (const number of [no, `${no}2`]) {
      await native({ out_trade_no: number });
      await control.act({ action: 'pay', reference: number });
    }
    const [listed] = (await send('GET', '/v3/certificates')).json.data;
    const asked = { headers: { 'wechatpay-serial': credentials.platformPublicKeyId! } };

    const serials = (await notices()).map(({ headers }) => headers['wechatpay-serial']);
    const path = `/v3/pay/transactions/out-trade-no/${no}?mchid=${credentials.mchid}`;

    expect(serials).toEqual([credentials.platformPublicKeyId, listed.serial_no]);
    expect((await send('GET', path)).headers.get('wechatpay-serial')).toBe(listed.serial_no);
    expect((await send('GET', path, '', asked)).headers.get('wechatpay-serial')).toBe(credentials.platformPublicKeyId);
  });

  it('are listed with the old one after a rotation, and the new one signs', async () => {
    const { simulator, send } = await start({ mode: 'certificate' });

    const serial = simulator.rotateCertificate();
    const { json, headers } = await send('GET', '/v3/certificates');

    expect(json.data.map((one: { serial_no: string }) => one.serial_no)).toEqual([expect.any(String), serial]);
    expect(headers.get('wechatpay-serial')).toBe(serial);
    expect(simulator.credentials).not.toHaveProperty('platformPublicKey');
  });

  it('are not listed for who has the public key', async () => {
    const { send } = talkTo();

    expect(await send('GET', '/v3/certificates')).toMatchObject({ status: 404, code: 'RESOURCE_NOT_EXISTS' });
  });
});

describe('a rewritten notification', () => {
  it('has the changes inside, and a signature that fits or does not', async () => {
    const { paid, control, credentials, notices } = talkTo();
    await paid();
    const [callback] = await notices();
    const fits = ({ headers, body }: { headers: Readonly<Record<string, string>>; body: string }) =>
      createVerify('sha256')
        .update(`${headers['wechatpay-timestamp']}\n${headers['wechatpay-nonce']}\n${body}\n`)
        .verify(credentials.platformPublicKey!, headers['wechatpay-signature']!, 'base64');

    const signedAt = new Date('2026-01-01T00:00:00Z');
    const changed = await control.rewriteCallback(callback!, { fields: { id: 'EV-2', summary: undefined }, signedAt });
    const forged = await control.rewriteCallback(callback!, { byStranger: true });

    expect(JSON.parse(changed.body)).toMatchObject({ id: 'EV-2', event_type: 'TRANSACTION.SUCCESS' });
    expect(JSON.parse(changed.body)).not.toHaveProperty('summary');
    expect(changed.headers['wechatpay-timestamp']).toBe('1767225600');
    expect([fits(callback!), fits(changed), fits(forged)]).toEqual([true, true, false]);
  });
});

describe('notifications that go out by themselves', () => {
  it('come again until they are understood', async () => {
    const answers = [500, 204];
    const seen: string[] = [];
    const server = createServer((request, response) => {
      request.resume().on('end', () => {
        seen.push(String(request.headers['wechatpay-serial']));
        response.writeHead(answers.shift() ?? 204).end();
        if (answers.length === 0) server.emit('understood');
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(() => server.close().closeAllConnections());
    const { native, control, no } = await start({ callbacks: 'auto' });
    await native({ notify_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/n` });

    const understood = once(server, 'understood');
    await control.act({ action: 'pay', reference: no });
    await understood;

    expect(seen).toHaveLength(2);
  });
});

describe('the bills of the simulated WeChat', () => {
  const today = new Date('2026-03-02T02:00:00Z');
  const paidYesterday = async () => {
    const rail = await start({ now: () => today });
    const { no } = rail;
    await rail.native();
    await rail.control.act({ action: 'pay', reference: no, paidAt: '2026-03-01T15:59:59Z' });
    await rail.native({ out_trade_no: `${no}2` });
    await rail.control.act({ action: 'pay', reference: `${no}2`, paidAt: '2026-03-01T16:00:00Z' });
    return rail;
  };

  it('are fetched from a signed address, zipped, with the hash of what is inside', async () => {
    const { send, simulator, no } = await paidYesterday();

    const { json } = await send('GET', '/v3/bill/tradebill?bill_date=2026-03-01&bill_type=ALL&tar_type=GZIP');
    const path = json.download_url.slice(simulator.url.length);
    const { raw, headers } = await send('GET', path);
    const content = gunzipSync(raw);
    const lines = content.toString().split('\r\n');

    expect(createHash('sha1').update(content).digest('hex')).toBe(json.hash_value);
    expect(headers.get('wechatpay-signature')).toBeNull();
    expect((await fetch(json.download_url)).status).toBe(401);
    expect(lines[0]).toMatch(/^\uFEFF交易时间,公众账号ID,/);
    expect(lines).toHaveLength(5);
    expect(lines[1]?.split(',`')[6]).toBe(no);
    expect(lines[1]).toMatch(/^`2026-03-01 23:59:59,`wx.*,`0\.06000,`0\.60%,`10\.00,`0\.00,`$/);
    expect(lines[3]).toBe('`1,`10.00,`0.00,`0.00,`0.06000,`10.00,`0.00');
  });

  it('tell the movements of the account, with its balance', async () => {
    const { control } = await paidYesterday();

    const lines = (await control.file('fundflowbill', '2026-03-02')).toString().split('\r\n');

    expect(lines.slice(1, 3).map((line) => line.split(',`').slice(5, 8))).toEqual([
      ['收入', '10.00', '19.94'],
      ['支出', '0.06', '19.88'],
    ]);
    expect(lines[4]).toBe('`2,`1,`10.00,`1,`0.06');
  });

  it('are not there for a day without trade, and for a day that is not over', async () => {
    const { send } = await paidYesterday();
    const ask = async (day: string) => (await send('GET', `/v3/bill/tradebill?bill_date=${day}`)).code;

    expect(await ask('2026-02-28')).toBe('NO_STATEMENT_EXIST');
    expect(await ask('2026-03-02')).toBe('PARAM_ERROR');
    expect(await ask('20260301')).toBe('PARAM_ERROR');
  });
});

it('makes the same numbers from the same seed, and new keys each time', async () => {
  const [one, other] = [await start({ seed: 'a' }), await start({ seed: 'a' })];

  expect(other.credentials.mchid).toBe(one.credentials.mchid);
  const same = { out_trade_no: 'ORDER_01' };
  expect((await other.native(same)).json).toEqual((await one.native(same)).json);
  expect(other.credentials.platformPublicKey).not.toBe(one.credentials.platformPublicKey);
  expect(() => new X509Certificate(one.credentials.platformPublicKey!)).toThrow();
});

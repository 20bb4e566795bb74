import {
  createHmac,
  createHash,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { startSnapSimulator, type SnapSimulator, type SnapSimulatorOptions } from './simulator.js';
import { jakartaTime } from './signing.js';

// A client that is written for this test, so that a mistake of the simulator shows.

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function start(options: SnapSimulatorOptions = {}): Promise<SnapSimulator> {
  const simulator = await startSnapSimulator(options);
  closing.push(() => simulator.close());
  return simulator;
}

interface Call {
  readonly method?: string;
  readonly path?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly timestamp?: string;
  readonly secret?: string;
  readonly key?: KeyObject | string;
  readonly grantType?: string;
}

let externalIds = 0;

// Keys take their time, so those who only get refused share one.
const shared = await startSnapSimulator();
afterAll(() => shared.close());

async function tokenOf({ url, credentials }: SnapSimulator, call: Call = {}) {
  const { timestamp = jakartaTime(new Date()), key = credentials.privateKey, grantType = 'client_credentials' } = call;
  const signature = sign('sha256', Buffer.from(`${credentials.clientId}|${timestamp}`), key).toString('base64');
  return send(
    `${url}/v1.0/access-token/b2b`,
    { method: call.method, body: JSON.stringify({ grantType }) },
    {
      'X-TIMESTAMP': timestamp,
      'X-CLIENT-KEY': credentials.clientId,
      'X-SIGNATURE': signature,
      ...call.headers,
    },
  );
}

async function generate(simulator: SnapSimulator, token: string, call: Call = {}) {
  const { url, credentials } = simulator;
  const {
    path = '/v1.0/qr/qr-mpm-generate',
    timestamp = jakartaTime(new Date()),
    secret = credentials.clientSecret,
  } = call;
  const body = JSON.stringify(call.body ?? order(simulator));
  const digest = createHash('sha256').update(body).digest('hex');
  const signature = createHmac('sha512', secret)
    .update(`POST:${path}:${token}:${digest}:${timestamp}`)
    .digest('base64');
  return send(
    url + path,
    { method: call.method, body },
    {
      authorization: `Bearer ${token}`,
      'X-TIMESTAMP': timestamp,
      'X-SIGNATURE': signature,
      'X-PARTNER-ID': credentials.clientId,
      'X-EXTERNAL-ID': String((externalIds += 1)),
      'CHANNEL-ID': credentials.channelId,
      ...call.headers,
    },
  );
}

function order({ credentials: { merchantId } }: SnapSimulator, change: object = {}) {
  return { partnerReferenceNo: 'O1', amount: { value: '25000.00', currency: 'IDR' }, merchantId, ...change };
}

async function send(
  url: string,
  { method = 'POST', body }: { method: string | undefined; body: string },
  headers: object,
): Promise<any> {
  const present = Object.entries({ 'content-type': 'application/json', ...headers }).filter(
    ([, value]) => value !== undefined,
  );
  const answer = await fetch(url, {
    method,
    headers: Object.fromEntries(present) as Record<string, string>,
    ...(method === 'POST' && { body }),
  });
  return { status: answer.status, ...((await answer.json()) as Record<string, any>) };
}

describe('the simulated acquirer', () => {
  it('gives a token, makes a code, and repeats none', async () => {
    const simulator = await start();
    const { accessToken, ...token } = await tokenOf(simulator);

    const made = await generate(simulator, accessToken);

    expect(token).toMatchObject({ status: 200, responseCode: '2007300', expiresIn: '900' });
    expect(made).toMatchObject({ status: 200, responseCode: '2004700', partnerReferenceNo: 'O1' });
    expect(made.qrContent).toMatch(/^00020101021226.*5303360540525000.*6304[0-9A-F]{4}$/);
    expect(await generate(simulator, accessToken)).toMatchObject({ responseCode: '4094701' });
    const other = order(simulator, { amount: { value: '1.00', currency: 'IDR' } });
    expect(await generate(simulator, accessToken, { body: other })).toMatchObject({ responseCode: '4044718' });
  });

  it('has the same numbers for the same seed, and other keys', async () => {
    const [one, other] = [await start({ seed: 'a' }), await start({ seed: 'a' })];

    expect(other.credentials.merchantId).toBe(one.credentials.merchantId);
    expect(other.credentials.privateKey).not.toBe(one.credentials.privateKey);
    const codes = [];
    for (const simulator of [one, other]) {
      codes.push((await generate(simulator, (await tokenOf(simulator)).accessToken)).qrContent);
    }
    expect(codes[0]).toBe(codes[1]);
  });

  it.each<[string, Call, string]>([
    ['an old request', { timestamp: '2020-01-01T00:00:00+07:00' }, '4017300'],
    ['a timestamp without an offset', { timestamp: '2020-01-01T00:00:00' }, '4007301'],
    ['another key', { key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey }, '4017300'],
    ['no signature', { headers: { 'X-SIGNATURE': undefined } }, '4007302'],
    ['another client', { headers: { 'X-CLIENT-KEY': 'other' } }, '4017300'],
    ['another grant', { grantType: 'password' }, '4007302'],
    ['another method', { method: 'GET' }, '4057300'],
  ])('gives no token for %s', async (_what, call, responseCode) => {
    expect(await tokenOf(shared, call)).toMatchObject({ responseCode });
  });

  it.each<[string, Call, string]>([
    ['another secret', { secret: 'other' }, '4014700'],
    ['a token that it never gave', { headers: { authorization: 'Bearer x' } }, '4014701'],
    ['no token', { headers: { authorization: undefined } }, '4014701'],
    ['another partner', { headers: { 'X-PARTNER-ID': 'other' } }, '4014700'],
    ['another channel', { headers: { 'CHANNEL-ID': '00000' } }, '4004701'],
    ['letters in the external id', { headers: { 'X-EXTERNAL-ID': 'A1' } }, '4004701'],
    ['a long external id', { headers: { 'X-EXTERNAL-ID': '1'.repeat(37) } }, '4004701'],
    ['an old timestamp', { timestamp: '2020-01-01T00:00:00+07:00' }, '4014700'],
    ['text', { headers: { 'content-type': 'text/plain' } }, '4004700'],
    ['another merchant', { body: { merchantId: 'other' } }, '4044708'],
  ])('refuses %s', async (_what, call, responseCode) => {
    const { accessToken } = await tokenOf(shared);

    expect(await generate(shared, accessToken, call)).toMatchObject({ responseCode });
    expect((await shared.control.books()).orders).toEqual([]);
  });

  it.each([
    ['a number', 25000],
    ['no decimals', '25000'],
    ['one decimal', '25000.0'],
    ['part of a rupiah', '25000.50'],
    ['nothing', '0.00'],
    ['a leading zero', '025000.00'],
    ['a sign', '-25000.00'],
  ])('refuses an amount that is %s', async (_what, value) => {
    const { accessToken } = await tokenOf(shared);
    const body = order(shared, { amount: { value, currency: 'IDR' } });

    expect(await generate(shared, accessToken, { body })).toMatchObject({ status: 404, responseCode: '4044713' });
  });

  it('takes an external id once a day', async () => {
    const { accessToken } = await tokenOf(shared);
    const headers = { 'X-EXTERNAL-ID': '7' };
    await generate(shared, accessToken, { headers });

    const body = order(shared, { partnerReferenceNo: 'O2' });
    expect(await generate(shared, accessToken, { headers, body })).toMatchObject({
      status: 409,
      responseCode: '4094700',
    });
  });

  it('says what nobody can do', async () => {
    const { control, registerNotifyUrl, ...simulator } = await start();
    const { accessToken } = await tokenOf({ control, registerNotifyUrl, ...simulator });
    await generate({ control, registerNotifyUrl, ...simulator }, accessToken);

    await expect(control.act({ action: 'pay', reference: 'O9' })).rejects.toThrow('no order "O9"');
    await expect(control.act({ action: 'pay', reference: 'O1', amount: '1' })).rejects.toThrow(
      'The amount is in the code',
    );
    await expect(control.act({ action: 'pay', reference: 'O1', times: 2 })).rejects.toThrow('paid once');
    await control.act({ action: 'expire', reference: 'O1' });
    await expect(control.act({ action: 'pay', reference: 'O1' })).rejects.toThrow('has ended');
    await control.act({ action: 'pay', reference: 'O1', paidAt: new Date(Date.now() - 60_000).toISOString() });
    await expect(control.act({ action: 'pay', reference: 'O1' })).rejects.toThrow('paid already');
    expect(() => registerNotifyUrl('http://127.0.0.1/elsewhere')).toThrow('/v1.0/qr/qr-mpm-notify');
    await expect(startSnapSimulator({ notifyUrl: 'elsewhere' })).rejects.toThrow('/v1.0/qr/qr-mpm-notify');
  });
});

describe('its notifications', () => {
  async function merchant() {
    const requests: { url: string; headers: Record<string, string>; body: string }[] = [];
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks).toString();
      requests.push({ url: request.url!, headers: request.headers as Record<string, string>, body });
      const token = request.url!.endsWith('/access-token/b2b');
      response.end(JSON.stringify(token ? { accessToken: 'ours' } : { responseCode: '2005200' }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(() => server.close().closeAllConnections());
    return { requests, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/pay/v1.0/qr/qr-mpm-notify` };
  }

  it.each(['aspi', 'doku'] as const)('are proven as %s does it, and end when they are understood', async (profile) => {
    const { requests, url: notifyUrl } = await merchant();
    const simulator = await start({ profile, notifyUrl });
    const { control, credentials } = simulator;
    const [path, tokenPath] =
      profile === 'doku' ? ['/snap-adapter/b2b/v1.0/qr/qr-mpm-generate', '/authorization/v1'] : [];
    const { accessToken } = await tokenAt(simulator, tokenPath);
    await generate(simulator, accessToken, path === undefined ? {} : { path });
    await control.act({ action: 'pay', reference: 'O1' });

    const [delivery] = await control.deliverCallbacks();

    expect(delivery).toMatchObject({ reference: 'O1', status: 200 });
    expect(await control.callbacks()).toEqual([]);
    const { url, headers, body } = requests.at(-1)!;
    expect(JSON.parse(body)).toMatchObject({
      originalPartnerReferenceNo: 'O1',
      latestTransactionStatus: '00',
      amount: { value: '25000.00', currency: 'IDR' },
    });
    const digest = createHash('sha256').update(body).digest('hex');
    const [timestamp, signature] = [headers['x-timestamp']!, headers['x-signature']!];
    const acquirer = createPublicKey(credentials.publicKey);
    const fits = (text: string, by: string) => verify('sha256', Buffer.from(text), acquirer, Buffer.from(by, 'base64'));
    if (profile === 'aspi') {
      expect(requests).toHaveLength(1);
      expect(fits(`POST:${url}:${digest}:${timestamp}`, signature)).toBe(true);
      return;
    }
    const [asked] = requests;
    expect(asked).toMatchObject({ url: '/pay/v1.0/access-token/b2b', body: '{"grantType":"client_credentials"}' });
    expect(fits(`${credentials.clientId}|${asked!.headers['x-timestamp']}`, asked!.headers['x-signature']!)).toBe(true);
    expect(headers['authorization']).toBe('Bearer ours');
    const mac = createHmac('sha512', credentials.clientSecret).update(`POST:${url}:ours:${digest}:${timestamp}`);
    expect(signature).toBe(mac.digest('base64'));
  });

  it('go on waiting when the merchant gives no token', async () => {
    const simulator = await start({ profile: 'doku' });
    const { accessToken } = await tokenAt(simulator, '/authorization/v1');
    await generate(simulator, accessToken, { path: '/snap-adapter/b2b/v1.0/qr/qr-mpm-generate' });
    await simulator.control.act({ action: 'pay', reference: 'O1' });

    await expect(simulator.control.deliverCallbacks()).rejects.toThrow('fetch failed');
    await expect(simulator.control.callbacks()).rejects.toThrow('fetch failed');
    expect((await simulator.control.books()).orders).toMatchObject([{ status: '00' }]);
  });

  async function tokenAt(simulator: SnapSimulator, prefix = '/v1.0') {
    const { credentials, url } = simulator;
    const timestamp = jakartaTime(new Date());
    const text = Buffer.from(`${credentials.clientId}|${timestamp}`);
    return send(
      `${url}${prefix}/access-token/b2b`,
      { method: 'POST', body: '{"grantType":"client_credentials"}' },
      {
        'X-TIMESTAMP': timestamp,
        'X-CLIENT-KEY': credentials.clientId,
        'X-SIGNATURE': sign('sha256', text, credentials.privateKey).toString('base64'),
      },
    );
  }
});

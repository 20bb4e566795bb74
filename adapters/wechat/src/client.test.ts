import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RailError } from '@itpay/kernel';
import { startWechatSimulator, type WechatMode, type WechatSimulator } from '@itpay/simulator';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { call, downloadCertificates, railOf, send, type Rail } from './client.js';
import { merchantOf, type MerchantConfig } from './config.js';
import { verifyCallback } from './callback.js';
import { PATHS } from './wire.js';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const signal = AbortSignal.timeout(60_000);
const ask = (rail: Rail, reference = 'AB12CD34EF56GH78') =>
  call(rail, {
    call: 'query',
    method: 'GET',
    path: `${PATHS.byOrderNumber(reference)}?mchid=${rail.config.mchid}`,
    signal,
  });

describe('an answer that is not signed by WeChat', () => {
  it.each<[status: number, body: string, category: string, rawCode: string]>([
    [200, '{"code_url":"weixin://wxpay/bizpayurl?pr=1"}', 'signature_invalid', 'http_200'],
    [204, '', 'signature_invalid', 'http_204'],
    [401, '{"code":"SIGN_ERROR","message":"错误的签名，验签失败"}', 'signature_invalid', 'SIGN_ERROR'],
    // Not even "no such order": whoever says so may be anybody.
    [404, '{"code":"ORDER_NOT_EXIST"}', 'signature_invalid', 'ORDER_NOT_EXIST'],
    [403, '<html>blocked</html>', 'signature_invalid', 'http_403'],
    [500, '{"code":"SYSTEM_ERROR"}', 'channel_unavailable', 'SYSTEM_ERROR'],
    [503, '', 'channel_unavailable', 'http_503'],
  ])('of the status %i %s proves nothing', async (status, body, category, rawCode) => {
    const { config } = await merchant();
    const { url } = await answering(status, body);

    await expect(ask(railOf({ ...config, hosts: [url] }))).rejects.toMatchObject({ failure: { category, rawCode } });
  });

  it('tells the operator what to look at, and no secret', async () => {
    const { config } = await merchant();
    const merchantPrivateKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

    const error = await ask(railOf({ ...config, merchantPrivateKey })).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ failure: { rawCode: 'SIGN_ERROR' } });
    expect(String(error)).toContain('Compare mchid, merchantPrivateKey and merchantSerial');
    expect(String(error)).not.toContain(config.apiV3Key);
  });

  it.each([
    [299, 'not_found'],
    [-299, 'not_found'],
    [300, 'signature_invalid'],
    [-302, 'signature_invalid'],
  ])('is one that was signed %i seconds before we read it, says %s', async (seconds, category) => {
    const { config } = await merchant();
    const sentAt = new Date();
    let reads = 0;
    // The request is signed with the time of now; the answer is read by the other.
    const now = () => ((reads += 1) === 1 ? sentAt : new Date(Math.floor(Date.now() / 1000) * 1000 + seconds * 1000));

    await expect(ask(railOf({ ...config, now }))).rejects.toMatchObject({ failure: { category } });
  });
});

it.each(['not_connected', 'auth_config', 'rate_limited'] as const)(
  'does not know what became of a request whose answer cannot be proven because the certificates are away: %s',
  async (category) => {
    const { config } = await merchant('certificate');
    const keys = { keyFor: () => Promise.reject(new RailError({ category })) };

    await expect(ask({ config, keys })).rejects.toMatchObject({
      failure: { category: 'signature_invalid', rawCode: category },
    });
  },
);

describe('the second host', () => {
  it.each([502, 503])('answers a question when the gateway of the first says %i', async (status) => {
    const { config } = await merchant();
    const first = await answering(status, '');

    await expect(ask(railOf({ ...config, hosts: [first.url, ...config.hosts] }))).rejects.toMatchObject({
      failure: { category: 'not_found' },
    });
    expect(first.requests).toHaveLength(1);
  });

  it.each([502, 503])('is not told a change to which the gateway of the first said %i', async (status) => {
    const { config } = await merchant();
    const [first, other] = [await answering(status, ''), await answering(429, '')];
    const request = { call: 'refund', method: 'POST', path: PATHS.refunds, content: {}, signal } as const;

    const refund = call(railOf({ ...config, hosts: [first.url, other.url] }), request);

    // It may have been done, so that nothing said elsewhere could make it undone.
    await expect(refund).rejects.toMatchObject({ failure: { category: 'channel_unavailable' } });
    expect(other.requests).toEqual([]);
  });

  it('is told a change when the first is not there, under a signature of its own', async () => {
    const { config } = await merchant();
    const nobody = await answering(200, '');
    await nobody.close();
    const content = { mchid: config.mchid };
    const path = `${PATHS.byOrderNumber('NEVERSEEN1234567')}/close`;

    const closed = call(railOf({ ...config, hosts: [nobody.url, ...config.hosts] }), {
      call: 'close',
      method: 'POST',
      path,
      content,
      signal,
    });

    expect(await closed).toMatchObject({ status: 204 });
  });

  it('is asked a question that broke off, and never told a change that may have arrived', async () => {
    const { config } = await merchant();
    const breaking = await answering('reset', '');
    const other = await answering(200, 'from the other');
    const hosts = { ...config, hosts: [breaking.url, other.url] } as MerchantConfig;

    const answer = await send(hosts, { method: 'GET', path: '/v3/x', signal });
    const change = send(hosts, { method: 'POST', path: '/v3/x', content: {}, signal });

    expect(answer.body.toString()).toBe('from the other');
    await expect(change).rejects.toMatchObject({ failure: { category: 'network' } });
    expect(other.requests).toHaveLength(1);
  });

  it('is left alone when the first has answered, whatever it said', async () => {
    const { config } = await merchant();
    const other = await answering(200, '');

    for (const status of [200, 404, 429, 500]) {
      const first = await answering(status, '');
      await send({ ...config, hosts: [first.url, other.url] }, { method: 'GET', path: '/v3/x', signal });
    }

    expect(other.requests).toEqual([]);
  });
});

describe('platform certificates', () => {
  it('are fetched with the first answer, and again when WeChat signs with a new one', async () => {
    let offset = 0;
    const now = () => new Date(Date.now() + offset);
    const simulator = await started('certificate', now);
    const rail = railOf({ ...configOf(simulator, 'certificate'), now });

    await expect(ask(rail)).rejects.toMatchObject({ failure: { category: 'not_found' } });
    simulator.rotateCertificate();
    // Within five minutes of the last look it is a number that nobody knows.
    await expect(ask(rail)).rejects.toMatchObject({ failure: { category: 'signature_invalid' } });
    offset = 300_000;
    await expect(ask(rail)).rejects.toMatchObject({ failure: { category: 'not_found' } });
  });

  it('are found after a rotation', async () => {
    const simulator = await started('certificate');
    const config = configOf(simulator, 'certificate');
    simulator.rotateCertificate();

    const serials = (await downloadCertificates(config)).map(({ serial }) => serial);

    expect(new Set(serials).size).toBe(2);
    await expect(ask(railOf(config))).rejects.toMatchObject({ failure: { category: 'not_found' } });
  });

  it('are not believed when the APIv3 key is another one, nor when they are not signed', async () => {
    const { config, simulator } = await merchant('certificate');

    await expect(downloadCertificates({ ...config, apiV3Key: 'x'.repeat(32) })).rejects.toMatchObject({
      failure: { category: 'auth_config', rawCode: 'APIV3_KEY' },
    });
    await simulator.control.script({ operation: 'certificates', behaviour: 'bad_signature' });
    await expect(downloadCertificates(config)).rejects.toMatchObject({ failure: { category: 'signature_invalid' } });
    await simulator.control.script({ operation: 'certificates', behaviour: 'garbage' });
    await expect(downloadCertificates(config)).rejects.toMatchObject({ failure: { category: 'unmapped' } });
  });

  it('end the waiting of a call in time, and not the download for the others', async () => {
    const { config, simulator } = await merchant('certificate');
    await simulator.control.script({ operation: 'certificates', behaviour: 'slow:300' });
    const rail = railOf(config);
    const request = {
      call: 'query',
      method: 'GET',
      path: `${PATHS.byOrderNumber('AB12CD34')}?mchid=${config.mchid}`,
    } as const;

    const impatient = call(rail, { ...request, signal: AbortSignal.timeout(100) });
    const patient = call(rail, { ...request, signal });

    await expect(impatient).rejects.toMatchObject({ failure: { category: 'timeout' } });
    await expect(patient).rejects.toMatchObject({ failure: { category: 'not_found' } });
  });
});

it('reads notifications signed with the one key and with the other while WeChat moves a merchant', async () => {
  const { config, simulator } = await merchant('both');
  const rail = railOf(config);
  const serials: (string | undefined)[] = [];

  for (const reference of ['ORDER1', 'ORDER2', 'ORDER3', 'ORDER4']) {
    const content = {
      appid: config.appid,
      mchid: config.mchid,
      description: 'Tea',
      out_trade_no: reference,
      notify_url: 'http://127.0.0.1:9/callback',
      amount: { total: 1, currency: 'CNY' },
    };
    await call(rail, { call: 'order', method: 'POST', path: PATHS.order, content, signal });
    await simulator.control.act({ action: 'pay', reference });
    const { headers, body } = (await simulator.control.callbacks()).findLast((one) => one.reference === reference)!;
    const { notices } = await verifyCallback(rail, { method: 'POST', path: '/', headers, rawBody: Buffer.from(body) });
    expect(notices).toMatchObject([{ kind: 'payment', reference }]);
    serials.push(Object.entries(headers).find(([name]) => name.toLowerCase() === 'wechatpay-serial')?.[1]);
  }

  expect(serials.filter((serial) => serial?.startsWith('PUB_KEY_ID_'))).toHaveLength(2);
});

/** Keys take long to make, so that the tests share a WeChat in which they leave nothing behind. */
const shared = new Map<WechatMode, WechatSimulator>();
afterAll(() => Promise.all([...shared.values()].map((simulator) => simulator.close())));

async function merchant(mode: WechatMode = 'public_key') {
  const simulator = shared.get(mode) ?? (await startWechatSimulator({ mode }));
  shared.set(mode, simulator);
  return { simulator, config: configOf(simulator, mode) };
}

/** A WeChat of its own. */
async function started(mode: WechatMode, now?: () => Date): Promise<WechatSimulator> {
  const simulator = await startWechatSimulator({ mode, ...(now && { now }) });
  closing.push(() => simulator.close());
  return simulator;
}

function configOf({ url, credentials }: WechatSimulator, mode: WechatMode = 'public_key'): MerchantConfig {
  const options = { baseUrl: url, ...credentials, platformCertificates: mode !== 'public_key' };
  return merchantOf('test', options, () => new Date());
}

/** A server that always answers the same, and notes who asked. */
async function answering(status: number | 'reset', body: string) {
  const requests: string[] = [];
  const server: Server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    request.resume().on('end', () => {
      if (status === 'reset') request.socket.resetAndDestroy();
      else response.writeHead(status, { connection: 'close' }).end(status === 204 ? undefined : body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => new Promise((resolve) => server.close(resolve));
  closing.push(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, close };
}

import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promptpay, scb } from '@itpay/channel-promptpay';
import { qris } from '@itpay/channel-qris';
import { money } from '@itpay/core';
import { railControl } from '@itpay/simulator';
import { describe, expect, it } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { freshDirectory } from '../support/database.js';
import { freePort, startProcess } from '../support/process.js';
import { COMMAND, itpay } from './itpay.js';

const start = (...args: string[]) =>
  startProcess(process.execPath, [COMMAND, 'simulate', ...args], { readyWhen: /Stop it with Ctrl\+C/ });

describe('itpay simulate', () => {
  it('runs a rail, and removes its keys when it is stopped', async () => {
    const port = await freePort();
    const rail = await start('wechat', '--port', String(port), '--json');
    const { url, environment } = JSON.parse(rail.stdout.join('\n'));
    const keyFile = environment.WECHAT_MERCHANT_PRIVATE_KEY_FILE;

    expect(url).toBe(`http://127.0.0.1:${port}`);
    expect(environment).toMatchObject({ WECHAT_BASE_URL: url, WECHAT_MCHID: expect.stringMatching(/^\d{10}$/) });
    expect(readFileSync(keyFile, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    expect(await (await fetch(`${url}/control/books`)).json()).toEqual({ orders: [] });

    expect(await rail.kill('SIGINT')).toEqual({ code: 0, signal: null });
    expect(existsSync(keyFile)).toBe(false);
  });

  it('prints lines for a shell', async () => {
    const { stdout, kill } = await start('alipay', '--mode', 'certificate');
    await kill('SIGINT');

    expect(stdout[0]).toMatch(/^# alipay at http:\/\/127\.0\.0\.1:\d+$/);
    expect(stdout.slice(1).map((line) => /^export (\w+)='[^']+'$/.exec(line)?.[1])).toEqual([
      'ALIPAY_GATEWAY',
      'ALIPAY_APP_ID',
      'ALIPAY_APP_PRIVATE_KEY_FILE',
      'ALIPAY_APP_CERT_FILE',
      'ALIPAY_CERT_FILE',
      'ALIPAY_ROOT_CERT_FILE',
      'ALIPAY_SELLER_ID',
      'ALIPAY_PAYEE_LOGON_ID',
    ]);
  });

  it.each([
    {
      args: ['scb'],
      path: '/told',
      variables: 'BASE_URL BILLER_ID API_KEY API_SECRET REFERENCE3_PREFIX',
      adapter: (env: Environment) =>
        promptpay({
          provider: scb({
            test: {
              baseUrl: env.SCB_BASE_URL!,
              billerId: env.SCB_BILLER_ID!,
              apiKey: env.SCB_API_KEY!,
              apiSecret: env.SCB_API_SECRET!,
              reference3Prefix: env.SCB_REFERENCE3_PREFIX!,
            },
          }),
        }),
      amount: money('THB', 10_000n),
    },
    {
      args: ['snap', '--mode', 'dana'],
      path: '/v1.0/debit/notify',
      variables: 'BASE_URL ACQUIRER MERCHANT_ID CLIENT_ID CLIENT_SECRET CHANNEL_ID PRIVATE_KEY_FILE PUBLIC_KEY_FILE',
      adapter: (env: Environment) =>
        qris({
          test: {
            baseUrl: env.SNAP_BASE_URL!,
            acquirer: env.SNAP_ACQUIRER as 'dana',
            merchantId: env.SNAP_MERCHANT_ID!,
            clientId: env.SNAP_CLIENT_ID!,
            channelId: env.SNAP_CHANNEL_ID!,
            privateKey: readFileSync(env.SNAP_PRIVATE_KEY_FILE!, 'utf8'),
            publicKey: readFileSync(env.SNAP_PUBLIC_KEY_FILE!, 'utf8'),
          },
        }),
      amount: money('IDR', 2_500_000n),
    },
  ])('prints what an adapter needs to talk to $args, and tells of a payment', async (rail) => {
    const told = await listener();
    const { stdout, kill } = await start(...rail.args, '--notify', `${told.url}${rail.path}`, '--json');
    const { url, environment } = JSON.parse(stdout.join('\n'));
    const channel = rail.adapter(environment).channels.find(({ mode }) => mode === 'test')!;

    const opened = await channel.authorize!(
      {
        reference: 'ORDER1234567',
        amount: rail.amount,
        description: null,
        expiresAt: new Date(Date.now() + 600_000),
        captureMethod: 'automatic',
        notifyUrl: told.url,
      },
      { signal: AbortSignal.timeout(10_000) },
    );
    await railControl(url).act({ action: 'pay', reference: 'ORDER1234567' });

    expect(opened).toMatchObject({ outcome: 'succeeded', value: { qrStandard: 'emvco' } });
    expect(Object.keys(environment)).toEqual(
      rail.variables.split(' ').map((name) => `${rail.args[0]!.toUpperCase()}_${name}`),
    );
    expect(await told.first).toEqual({ path: rail.path, body: expect.stringContaining('ORDER1234567') });
    expect(await kill('SIGINT')).toEqual({ code: 0, signal: null });
  });

  it.each([
    [['stripe'], 'There are: wechat, alipay, scb, snap.'],
    [['toString'], 'There is no simulator "toString"'],
    [['wechat', '--port', '70000'], 'Use a number up to 65535'],
    [['alipay', '--mode', 'both'], 'of alipay, there are key, certificate.'],
    [['scb', '--mode', 'both'], 'scb has one way only'],
    [['snap', '--mode', 'gopay'], 'of snap, there are aspi, doku, midtrans, dana.'],
    [['wechat', '--notify', 'http://127.0.0.1:1/'], 'each order of wechat says where'],
    [['scb', '--notify', 'my shop'], '"my shop" is no address'],
    [['snap', '--notify', 'http://127.0.0.1:1/told'], 'ends with /v1.0/qr/qr-mpm-notify'],
  ])('%j is a wrong use', async (args, advice) => {
    const { code, err } = await itpay(['simulate', ...args], await freshDirectory());

    expect(code).toBe(2);
    expect(err).toContain(advice);
  });
});

type Environment = Readonly<Record<string, string | undefined>>;

/** Somebody who is told something, once. */
async function listener() {
  let hear: (told: { readonly path: string | undefined; readonly body: string }) => void;
  const first = new Promise<{ readonly path: string | undefined; readonly body: string }>(
    (resolve) => (hear = resolve),
  );
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    response.end('{}');
    hear({ path: request.url, body: Buffer.concat(chunks).toString() });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  whenFileEnds(() => void server.close().closeAllConnections());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, first };
}

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RailError } from '@itpay/kernel';
import { startScbSimulator } from '@itpay/simulator';
import { fakeClock } from '@itpay/testkit';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { ScbClient } from './client.js';
import { merchantsOf, type ScbMerchant } from './config.js';

const clock = fakeClock('2026-11-22T05:00:00Z');
const simulator = await startScbSimulator({ now: () => clock.now() });
afterAll(() => simulator.close());
beforeEach(() => simulator.control.clearScript());
const { control } = simulator;

const { signal } = new AbortController();
const clientTo = (change: Partial<ScbMerchant> = {}) => {
  const merchant = { ...simulator.credentials, baseUrl: simulator.url, ...change };
  return new ScbClient(merchantsOf({ test: merchant, now: () => clock.now() })[0]!);
};
const inquiry = {
  method: 'GET',
  path: `/v1/payment/billpayment/inquiry?eventCode=00300100&transactionDate=2026-11-22&reference1=A1&billerId=${simulator.credentials.billerId}`,
  signal,
} as const;
const requests = async () => ((await control.books()) as { requests: Record<string, number> }).requests;

async function failureOf(call: Promise<unknown>) {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof RailError)) throw new Error('It did not fail.');
  return { ...error.failure, text: `${error.message} ${String(error.stack)} ${JSON.stringify(error)}` };
}

describe('a call to SCB', () => {
  it('shares one token among all', async () => {
    const before = await requests();
    const client = clientTo();

    await Promise.all([client.call(inquiry), client.call(inquiry), client.call(inquiry)]);
    await client.call(inquiry);

    const after = await requests();
    expect(after.token! - before.token!).toBe(1);
    expect(after.inquiry! - before.inquiry!).toBe(4);
  });

  it('gets a new token before the old one ends', async () => {
    const client = clientTo();
    await client.call(inquiry);
    const before = await requests();

    clock.advance('29m');
    await client.call(inquiry);

    expect((await requests()).token! - before.token!).toBe(1);
  });

  it('gets a new token, once, when SCB refuses the one it has', async () => {
    const client = clientTo();
    await client.call(inquiry);

    simulator.endTokens();

    expect(await client.call(inquiry)).toEqual([]);
  });

  it('is not sent when the secret is wrong, and says what to compare', async () => {
    const secret = 'canary-of-a-secret';

    const failure = await failureOf(clientTo({ apiSecret: secret }).call(inquiry));

    expect(failure).toMatchObject({ category: 'auth_config', rawCode: '9500' });
    expect(failure.message).toContain('apiSecret');
    expect(failure.text).not.toContain(secret);
  });

  it.each(['500_before', 'garbage', 'reset_after'] as const)(
    'is not sent when the token ends in %s',
    async (behaviour) => {
      await control.script({ operation: 'token', behaviour });

      expect(await failureOf(clientTo().call(inquiry))).toMatchObject({ category: 'not_connected' });
    },
  );

  it('is not sent when too many tokens were asked for', async () => {
    await control.script({ operation: 'token', behaviour: '429' });

    expect(await failureOf(clientTo().call(inquiry))).toMatchObject({ category: 'rate_limited' });
  });

  it('was not sent where nobody listens', async () => {
    expect(await failureOf(clientTo({ baseUrl: 'http://127.0.0.1:9' }).call(inquiry))).toMatchObject({
      category: 'not_connected',
    });
  });

  it('keeps the secret and the token out of what it throws', async () => {
    await control.script({ operation: 'inquiry', behaviour: '500_before' });

    const { text } = await failureOf(clientTo().call(inquiry));

    expect(text).not.toContain(simulator.credentials.apiSecret);
    expect(text).not.toMatch(/bearer/i);
  });
});

describe('an answer that is not SCB’s', () => {
  it.each([
    [200, '<html>', 'unmapped'],
    [200, '{}', 'unmapped'],
    [200, '{"status":{}}', 'unmapped'],
    [200, '{"status":{"code":""}}', 'unmapped'],
    [200, '{"status":"1000"}', 'unmapped'],
    [200, '[{"status":{"code":1000}}]', 'unmapped'],
    [201, '{"status":{"code":1000}}', 'unmapped'],
    [302, '', 'unmapped'],
    [403, '<html>', 'unmapped'],
    [404, '', 'unmapped'],
    [429, '', 'rate_limited'],
    [500, '{"status":{"code":1000}}', 'channel_unavailable'],
    [502, '<html>', 'channel_unavailable'],
    [401, '<html>', 'unmapped'], // also with a second token
  ])('proves nothing: %d %s', async (status, body, category) => {
    const server = createServer((request, response) => {
      if (request.url!.includes('/oauth/')) {
        response.end('{"status":{"code":1000},"data":{"accessToken":"t","expiresIn":1800}}');
      } else response.writeHead(status, { location: '/elsewhere' }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

      expect(await failureOf(clientTo({ baseUrl }).call(inquiry))).toMatchObject({ category });
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it.each([
    '{"status":{"code":1000}}',
    '{"status":{"code":1000},"data":{"accessToken":"t"}}',
    '{"status":{"code":1000},"data":{"accessToken":"t\\n","expiresIn":1800}}',
    '{"status":{"code":1000},"data":{"accessToken":"t","expiresIn":-1}}',
    '{"status":{"code":1000},"data":{"accessToken":"","expiresIn":1800}}',
  ])('gives no token: %s', async (body) => {
    const server = createServer((_request, response) => response.end(body));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

      expect(await failureOf(clientTo({ baseUrl }).call(inquiry))).toMatchObject({ category: 'not_connected' });
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

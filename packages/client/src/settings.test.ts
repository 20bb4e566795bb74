import { afterEach, expect, it, vi } from 'vitest';
import { ItPay } from './index.js';

const good = { apiKey: 'itpay_test_0123456789ab_secret', baseUrl: 'https://shop.example/itpay' };

afterEach(() => vi.unstubAllEnvs());

it.each([
  [{ apiKey: 'two words' }, 'apiKey'],
  [{ apiKey: 'line\nbreak' }, 'apiKey'],
  [{ apiKey: '' }, 'apiKey'],
  [{ apiKey: undefined }, 'apiKey is missing. Set it, or ITPAY_API_KEY'],
  [{ baseUrl: undefined }, 'baseUrl is missing. Set it, or ITPAY_BASE_URL'],
  [{ baseUrl: 'shop.example' }, 'baseUrl'],
  [{ baseUrl: 'ftp://shop.example' }, 'baseUrl'],
  [{ baseUrl: 'https://user:pass@shop.example' }, 'baseUrl'],
  [{ baseUrl: 'https://shop.example/?a=b' }, 'baseUrl'],
  [{ timeoutMs: 0 }, 'timeoutMs'],
  [{ timeoutMs: Number.NaN }, 'timeoutMs'],
  [{ maxRetries: 4 }, 'maxRetries'],
  [{ maxRetries: -1 }, 'maxRetries'],
  [{ apiVersion: 'v1' }, 'apiVersion'],
  [{ webhookSecret: 'itpay_sig_x' }, 'webhookSecret'],
])('refuses %j, and names the option', (options, message) => {
  expect(() => new ItPay({ ...good, ...options })).toThrow(TypeError);
  expect(() => new ItPay({ ...good, ...options })).toThrow(message);
});

it('does not repeat what is secret in what it says', () => {
  expect(() => new ItPay({ ...good, apiKey: 'my secret' })).not.toThrow('my secret');
  expect(() => new ItPay({ ...good, webhookSecret: 'my secret' })).not.toThrow('my secret');
});

it('reads the environment for what is not given', async () => {
  vi.stubEnv('ITPAY_API_KEY', 'itpay_test_0123456789ab_fromenv');
  vi.stubEnv('ITPAY_BASE_URL', 'https://env.example/itpay/');
  const asked: [string, string][] = [];
  const fetch = (async (url: string, { headers }: { headers: Record<string, string> }) => {
    asked.push([url, headers['authorization']!]);
    return Response.json({ data: [], has_more: false, next_cursor: null });
  }) as unknown as typeof globalThis.fetch;

  await new ItPay({ fetch }).refunds.list().page();
  await new ItPay({ fetch, ...good }).refunds.list().page();

  expect(asked).toEqual([
    ['https://env.example/itpay/v1/refunds', 'Bearer itpay_test_0123456789ab_fromenv'],
    ['https://shop.example/itpay/v1/refunds', 'Bearer itpay_test_0123456789ab_secret'],
  ]);
});

it('takes a variable that is set to nothing as not set', () => {
  vi.stubEnv('ITPAY_API_KEY', '');

  expect(() => new ItPay({ baseUrl: good.baseUrl })).toThrow('apiKey is missing');
});

it('makes a client without a key for those who receive webhooks, which says so when it is asked to call', async () => {
  const client = new ItPay({ webhookSecret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' });

  await expect(client.paymentIntents.retrieve('pi_1')).rejects.toThrow(
    'apiKey is missing, so the API cannot be called',
  );
});

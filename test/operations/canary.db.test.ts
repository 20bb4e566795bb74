import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { createItPay } from 'itpay';
import { defineChannel, type Channel } from '@itpay/kernel';
import { createFakeRailServer, fakeChannel } from '@itpay/testkit/fake-rail';
import { expect, it } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { freshDirectory } from '../support/database.js';
import { freshStore, testPay } from '../support/pay.js';
import { tablesWith } from '../scenarios/tables.js';
import { startSdk } from './telemetry-sdk.js';

// Secrets that are recognised wherever they come out, sent through every route and every failure that a test can cause.
// (Guarantee G10)
const sdk = startSdk();

const canary = (name: string) => `canary-${name}-1f9`;
const SECRETS = {
  secretKey: `${canary('secret-key')}-that-is-long-enough-to-be-one`,
  railSecret: `${canary('rail-secret')}-that-is-long-enough-to-be-one`,
  credential: canary('credential'),
  leakedQr: canary('leaked-qr'),
  cookie: canary('cookie'),
  signature: canary('signature'),
  rawBody: canary('raw-body'),
  foreignKey: canary('foreign-key'),
} as const;

/** Where a secret is meant to be, and why. Everything else that holds one is a leak. */
const MEANT: Readonly<Record<string, readonly string[]>> = {
  qr: ['qr_charges'], // shown again when the payer comes back
  idempotencyKey: [],
};

/** The last 43 characters of a key; they may hold an underscore themselves. */
const secretOf = (key: string) => key.slice(-43);

let leakyCallback = '';

/** A channel that repeats its credential in whatever it throws, answers and refuses. */
const leaky = (): Channel => {
  const leak = (where: string) => {
    const error = Object.assign(new Error(`${where} with ${SECRETS.credential} said ${SECRETS.leakedQr}`), {
      config: { headers: { authorization: SECRETS.credential } },
      response: { body: SECRETS.rawBody },
    });
    return Object.assign(error, { cause: new Error(`because of ${SECRETS.credential}`) });
  };
  return {
    id: 'leaky',
    displayName: 'Leaky',
    mode: 'test',
    merchantAccount: 'shop-1',
    countries: ['TH'],
    currencies: ['THB'],
    capabilities: ['qr_dynamic', 'callback'],
    reference: { maxLength: 32, alphabet: '0123456789ABCDEFGHJKMNPQRSTVWXYZ' },
    authorize: async ({ notifyUrl }) => {
      leakyCallback = notifyUrl;
      throw leak('authorize');
    },
    query: async () => Promise.reject(leak('query')),
    verifyCallback: async () => Promise.reject(leak('verify')),
  };
};
const broken = (): Channel => {
  const { authorize: _, verifyCallback: __, query: ___, ...facts } = leaky();
  return {
    ...facts,
    id: 'broken',
    capabilities: ['qr_dynamic'],
    encode: () => {
      throw new TypeError(`cannot encode ${SECRETS.leakedQr} with ${SECRETS.credential}`);
    },
  };
};

/** Somebody's webhook receiver: it refuses the first one, with words of its own. */
async function receive() {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks).toString());
      response.writeHead(bodies.length === 1 ? 500 : 204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  whenFileEnds(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { bodies, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

it('lets no secret out', async () => {
  const rail = await createFakeRailServer({ secret: SECRETS.railSecret });
  whenFileEnds(() => rail.stop());
  const receiver = await receive();
  const t = await testPay({
    ...(await freshStore()),
    webhooks: { allowedOrigins: [receiver.origin] },
    secretKey: SECRETS.secretKey,
    plugins: [
      fakeChannel({ url: rail.url, secret: rail.secret, mode: 'test', timeoutMs: 1_000 }),
      defineChannel(leaky()),
      defineChannel(broken()),
    ],
  });
  const answers: string[] = [];
  const send = async (...request: Parameters<typeof t.request>) => {
    const answer = await t.request(...request);
    if (answer.status >= 400) answers.push(`${answer.status} ${answer.text}`);
    return answer;
  };
  const told: unknown[] = [];
  t.pay.on('*', (event) => {
    told.push(event);
    if (event.type === 'payment_intent.created' && told.length < 3)
      throw new Error(`no: ${SECRETS.railSecret} Bearer x`);
  });
  await t.settle();
  const { body: endpoint } = await send('POST', '/v1/webhook-endpoints', {
    body: { url: `${receiver.origin}/hook`, enabled_events: ['*'] },
  });
  const create = (body: object, more: object = {}) =>
    send('POST', '/v1/payment-intents', {
      body: { amount: { currency: 'THB', value: 10_000 }, confirm_duplicate: true, ...body },
      ...more,
    });

  // A payment that goes well, and callbacks that are forged, malformed, for nobody, and right.
  const { body: intent } = await create({ channel: 'fake' }, { idempotencyKey: 'canary-idempotency-key' });
  const displayToken = new URL(intent.pay_url).searchParams.get('t')!;
  await rail.scan(intent.qr.qr_data);
  await rail.pay(intent.qr.qr_data);
  const callbacks = await rail.callbacks();
  const { url, headers, body: genuine } = callbacks[0]!;
  const callback = async (to: string, body: string, more: Record<string, string> = {}) => {
    const response = await t.pay.fetch(new Request(to, { method: 'POST', headers: { ...headers, ...more }, body }));
    answers.push(`${response.status} ${await response.text()}`);
  };
  await callback(url, JSON.stringify({ ...JSON.parse(String(genuine)), note: SECRETS.rawBody }));
  await callback(url, `{${SECRETS.rawBody}`, { signature: SECRETS.signature });
  await callback(`${url}x`, String(genuine));
  for (const one of callbacks) await callback(one.url, String(one.body), one.headers as Record<string, string>);

  // Channels that break: in their own code, in what they answer, in what they do not answer.
  await create({ channel: 'leaky' });
  await create({ channel: 'broken' });
  await callback(leakyCallback, SECRETS.rawBody, { 'x-signature': SECRETS.signature });
  for (const behaviour of ['garbage', 'bad_signature', 'wrong_reference', '500_before', 'reset_after'] as const) {
    await rail.script({ operation: 'authorize', behaviour }, { operation: 'query', behaviour: 'garbage', times: 3 });
    await create({ channel: 'fake' });
    await rail.clearScript();
  }
  await t.settle();
  t.clock.advance('1h');
  await t.settle();

  // Every route, as nobody, with a wrong key, with somebody's cookie and token, and with a broken body.
  const { paths } = (await send('GET', '/v1/openapi.json')).body as { paths: Record<string, Record<string, unknown>> };
  const wrong = `${t.testKey.slice(0, -6)}${'A'.repeat(6)}`;
  for (const [template, operations] of Object.entries(paths)) {
    const path = template.replaceAll(/\{\w+\}/g, intent.id);
    for (const method of Object.keys(operations).map((name) => name.toUpperCase())) {
      if (template.endsWith('/stream') || template === '/v1/events/stream') continue;
      const carried = { cookie: `itpay=${SECRETS.cookie}`, 'x-signature': SECRETS.signature };
      const body = method === 'GET' ? {} : { body: `{"secret": "${SECRETS.rawBody}", ` };
      await send(method, `${path}?t=${displayToken}x`, { key: null, headers: carried, ...body });
      await send(method, path, { key: wrong, headers: carried, ...body });
      await send(method, path, { key: SECRETS.foreignKey, ...body });
      await send(method, `${path}${method === 'GET' ? '?timeout=0' : ''}`, { headers: carried, ...body });
    }
  }
  // A database that refuses the row: its error repeats the values.
  await t.pay.knex.raw(`alter table itpay.qr_charges add constraint canary check (channel <> 'fake') not valid`);
  const refused = await create({ channel: 'fake' });
  await t.settle();

  const secrets: Record<string, string> = {
    ...SECRETS,
    qr: intent.qr.qr_data,
    testKey: secretOf(t.testKey),
    liveKey: secretOf(t.liveKey),
    wrongKey: secretOf(wrong),
    displayToken: displayToken.split('.')[1]!,
    callbackToken: url.split('/').at(-1)!,
    callbackBody: String(genuine).slice(0, 120),
    callbackSignature: Object.entries(headers).find(([name]) => /sign/i.test(name))![1]!,
    idempotencyKey: 'canary-idempotency-key',
    webhookSecret: String(endpoint.secret).slice('whsec_'.length),
  };
  const outputs: Record<string, string> = {
    webhooks: receiver.bodies.join('\n'),
    log: inspect(t.logger.lines, { depth: 30, maxStringLength: null, maxArrayLength: null }),
    events: JSON.stringify(told),
    answers: answers.join('\n'),
    telemetry: await sdk.everything(),
  };
  const leaks: string[] = [];
  for (const [name, secret] of Object.entries(secrets)) {
    for (const [where, text] of Object.entries(outputs)) if (text.includes(secret)) leaks.push(`${name} in ${where}`);
    for (const table of await tablesWith(t.pay.knex, secret)) {
      if (!MEANT[name]?.includes(table)) leaks.push(`${name} in the table ${table}`);
    }
  }

  // The machinery itself: each output has something in it, and what failed has failed.
  expect([refused.status, told.length > 5, answers.length > 100, t.logger.lines.length > 100]).toEqual([
    500,
    true,
    true,
    true,
  ]);
  expect(receiver.bodies.length).toBeGreaterThan(5);
  // A short one would be found by chance.
  expect(Object.values(secrets).filter(({ length }) => length < 16)).toEqual([]);
  expect(outputs['telemetry']).toContain('authorize leaky');
  expect(outputs['log']).toContain('The channel broken could not make a code.');
  expect(outputs['log']).toContain('A callback could not be checked.');
  expect(leaks).toEqual([]);
}, 180_000);

it('names no password when the database cannot be reached', async () => {
  const logged: unknown[] = [];
  const keep = (...line: unknown[]) => void logged.push(line);
  const starting = createItPay({
    publicUrl: 'https://shop.example/itpay',
    database: 'postgres://app:canary-password@127.0.0.1:1/shop',
    dataDir: await freshDirectory(),
    secretKey: SECRETS.secretKey,
    logger: { debug: keep, info: keep, warn: keep, error: keep },
    plugins: [],
  });

  const error = await starting.catch((thrown: unknown) => thrown);

  expect(error).toBeInstanceOf(Error);
  expect(inspect([error, logged], { depth: 20 })).not.toContain('canary-password');
});

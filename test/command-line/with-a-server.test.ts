import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { verifySignature } from '@itpay/webhook';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { follow, itpay, server, type RunningServer } from './itpay.js';

let running: RunningServer;
beforeAll(async () => {
  running = await server();
});
const run = (...args: string[]) => itpay(args, running.directory, running.env);

describe('itpay trigger', () => {
  it('causes each event that it lists', async () => {
    const tail = await follow(['events', 'tail', '--json'], running, /Following/);
    const listed = JSON.parse((await run('trigger', '--list', '--json')).out) as { event: string }[];

    const made = new Map<string, string[]>();
    for (const { event } of listed) {
      const result = await run('trigger', event, '--json');
      expect(result, event).toMatchObject({ code: 0 });
      made.set(event, Object.values(JSON.parse(result.out) as Record<string, string>));
    }

    await vi.waitFor(
      () => {
        const events = tail.stdout.map((line) => JSON.parse(line));
        const missing = [...made].filter(([event, ids]) => {
          const isCaused = ({ type, data: { object } }: any) =>
            type === event && (ids.includes(object.id) || ids.includes(object.payment_intent_id));
          return !events.some(isCaused);
        });
        expect(missing).toEqual([]);
      },
      { timeout: 15_000, interval: 100 },
    );
    expect(listed.length).toBeGreaterThan(10);
    expect((await tail.kill('SIGINT')).code).toBe(0);
  });

  it('refuses an event that it cannot cause', async () => {
    expect(await run('trigger', 'subscription.renewed')).toMatchObject({
      code: 2,
      err: expect.stringContaining('itpay trigger --list'),
    });
  });

  it('refuses a live key before anything is made', async () => {
    const live = { ...running.env, ITPAY_API_KEY: running.liveKey };

    const { code, err } = await itpay(['trigger', 'payment_intent.created'], running.directory, live);
    const { out } = await itpay(['operations', 'list'], running.directory, live);

    expect(code).toBe(1);
    expect(err).toMatch(/Use a test key/);
    expect(out).toBe('None.\n');
  });
});

describe('itpay events', () => {
  it('prints what happened since a time, of the types that were asked for, and ends', async () => {
    await run('trigger', 'payment_intent.succeeded');

    const { code, out } = await run('events', 'tail', '--since', '1h', '--no-follow', '--type', 'payment_intent.*');

    const types = out
      .trim()
      .split('\n')
      .map((line) => line.split(/ +/)[1]);
    expect(code).toBe(0);
    expect(types).toContain('payment_intent.succeeded');
    expect(types.filter((type) => !type?.startsWith('payment_intent.'))).toEqual([]);
  });

  it.each([
    [['--since', 'yesterday'], /--since: "yesterday"/],
    [['--type', 'Payment Intent'], /--type: "Payment Intent"/],
  ])('answers %j with the way to write it', async (args, says) => {
    const { code, err } = await run('events', 'tail', ...args);

    expect(code).toBe(2);
    expect(err).toMatch(says);
  });

  it('says when there is no such event to replay', async () => {
    const { code, err } = await run('events', 'replay', 'evt_06b2m6vk0dtf5d5cq0m3vz8x4r');

    expect(code).toBe(1);
    expect(err).toMatch(/^RESOURCE_NOT_FOUND: .*req_/);
  });
});

describe('itpay webhooks listen', () => {
  it('forwards what happens, signed, and prints how each delivery went', async () => {
    const received: { headers: IncomingHttpHeaders; body: string }[] = [];
    const receiver = createServer((req, res) => {
      const chunks: Buffer[] = [];
      req.on('data', (chunk: Buffer) => chunks.push(chunk));
      req.on('end', () => {
        received.push({ headers: req.headers, body: Buffer.concat(chunks).toString() });
        res.writeHead(received.length === 1 ? 500 : 200).end('answer');
      });
    }).listen(0, '127.0.0.1');
    whenFileEnds(() => receiver.close().closeAllConnections());
    await once(receiver, 'listening');
    const target = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
    const listening = await follow(
      ['webhooks', 'listen', '--forward-to', target, '--events', 'payment_intent.*'],
      running,
      /Forwarding to/,
    );

    await run('trigger', 'payment_intent.succeeded');
    await vi.waitFor(() => expect(listening.stdout.join('\n')).toMatch(/payment_intent\.succeeded/), 15_000);

    const secret = /Signing secret: (whsec_\S+)/.exec(listening.stdout[0]!)![1]!;
    for (const { headers, body } of received) {
      const event = JSON.parse(body) as Record<string, unknown>;
      expect(headers['webhook-id']).toBe(event.id);
      expect(event.type).toMatch(/^payment_intent\./);
      const message = { id: event.id as string, timestamp: Number(headers['webhook-timestamp']), body };
      const signature = headers['webhook-signature'] as string;
      expect(verifySignature({ ...message, signature }, [secret], new Date())).toBe(true);
      expect(verifySignature({ ...message, body: `${body} `, signature }, [secret], new Date())).toBe(false);
    }
    // The first answer was a failure: it is printed, not repeated, and the rest goes on.
    expect(listening.stdout[1]).toMatch(/^500 {2}\d+ ms {2}payment_intent\.\w+ {2}evt_\w+$/);
    expect(listening.stdout.at(-1)).toMatch(/^200 {2}\d+ ms {2}payment_intent\.succeeded {2}evt_\w+$/);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(received.length);
    expect((await listening.kill('SIGINT')).code).toBe(0);
  });

  it('goes on when nobody listens there', async () => {
    const listening = await follow(
      ['webhooks', 'listen', '--forward-to', 'http://127.0.0.1:9/hook', '--json'],
      running,
      /Forwarding to/,
    );

    await run('trigger', 'payment_intent.created');
    await vi.waitFor(() => expect(listening.stdout.length).toBeGreaterThan(3), 15_000);

    expect(JSON.parse(listening.stdout[1]!)).toMatchObject({ status: null, error: expect.any(String) });
    await listening.kill('SIGINT');
  });
});

it('names the running server when a command would open its database', async () => {
  const { code, err } = await itpay(['operations', 'list'], running.directory);

  expect(code).toBe(1);
  expect(err).toMatch(/^DATABASE_LOCKED: .*ITPAY_API_KEY.*--url/s);
});

it.each([
  [{ ITPAY_URL: 'http://127.0.0.1:9/itpay' }, 1, /does not answer: .*--url/],
  [{ ITPAY_API_KEY: 'itpay_test_000000000000_wrong' }, 1, /^API_KEY_INVALID/],
  [{ ITPAY_API_KEY: '' }, 2, /set ITPAY_API_KEY/],
  [{ ITPAY_URL: 'localhost:3000' }, 2, /is not a URL/],
])('explains with %j', async (env, code, says) => {
  const result = await itpay(['operations', 'list'], running.directory, { ...running.env, ...env });

  expect(result.code).toBe(code);
  expect(result.err).toMatch(says);
  expect(result.err).not.toMatch(/\n\s+at /);
});

it('says when something else answers at that address', async () => {
  const other = createServer((_req, res) => void res.writeHead(404).end('<h1>Not Found</h1>')).listen(0, '127.0.0.1');
  whenFileEnds(() => other.close().closeAllConnections());
  await once(other, 'listening');
  const elsewhere = { ...running.env, ITPAY_URL: `http://127.0.0.1:${(other.address() as AddressInfo).port}` };

  const { code, err } = await itpay(['operations', 'list'], running.directory, elsewhere);

  expect(code).toBe(1);
  expect(err).toMatch(/not as ItPay does.*address of the mount/);
});

it('lists pages, and says how to go on', async () => {
  await run('trigger', 'payment_intent.succeeded');
  await run('trigger', 'payment_intent.succeeded');

  const first = await run('inflows', 'list', '--limit', '1');
  const cursor = /--starting-after (inf_\w+)/.exec(first.err)![1]!;
  const second = await run('inflows', 'list', '--limit', '1', '--starting-after', cursor, '--json');

  expect(first.out).toMatch(/^inf_\w+ {2}exact {2}promptpay {2}100\.00 THB {2}applied/);
  expect(JSON.parse(second.out).data[0].id).not.toBe(cursor);
});

it('asks the running server how it is, in itpay doctor', async () => {
  const { code, out } = await itpay(['doctor'], running.directory, {
    ITPAY_PUBLIC_URL: running.env.ITPAY_URL,
  });

  expect(code).toBe(0);
  expect(out).toMatch(/! {2}database .*running process/);
  expect(out).toMatch(/✓ {2}reachable/);
  expect(out).toMatch(/✓ {2}database +works/);
});

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterAll, describe, expect, it } from 'vitest';
import { json, refusal, scripted, type Act } from '../../test/scripted.js';
import { memoryStore, type AnyEvent, type ConsumerOptions } from '../index.js';
import { toNodeHandler } from '../node.js';
import { LONGEST_BODY } from './consumer.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

const event = (id: string, type: string, sequence: number, object: object = { id: 'pi_1' }) =>
  ({ id, type, sequence, timestamp: '2026-11-22T10:00:00.000Z', data: { object } }) as unknown as AnyEvent;
const CREATED = event('evt_1', 'payment_intent.created', 1);
const SUCCEEDED = event('evt_5', 'payment_intent.succeeded', 5);
const OVERPAID = event('evt_6', 'payment_intent.overpaid', 6);

/** A consumer that writes down what its handler got. */
function receiver(options: Partial<ConsumerOptions<any>> = {}, script: readonly Act[] = []) {
  const got: [string, boolean][] = [];
  const store = memoryStore();
  const { client, sent } = scripted(script, { webhookSecret: SECRET });
  const consumer = client.webhooks.consumer({
    store,
    handlers: { '*': (one, { stale }) => void got.push([one.id, stale]) },
    onError: () => {},
    ...options,
  });
  return { consumer, got, store, sent };
}

const page = (events: AnyEvent[], cursor: string, more = false) =>
  json(200, { object: 'list', data: events, has_more: more, next_cursor: cursor, url: '/v1/events' });

describe('an event', () => {
  it('is handled once, however often it comes', async () => {
    const { consumer, got } = receiver();

    const states = [await consumer.consume(SUCCEEDED), await consumer.consume(SUCCEEDED)].map(({ state }) => state);

    expect(states).toEqual(['handled', 'duplicate']);
    expect(got).toEqual([['evt_5', false]]);
  });

  it('is handled once when it comes twice at the same time', async () => {
    const { consumer, got } = receiver();

    const both = await Promise.all([consumer.consume(SUCCEEDED), consumer.consume(SUCCEEDED)]);

    expect(both.map(({ state }) => state)).toEqual(['handled', 'duplicate']);
    expect(got).toHaveLength(1);
  });

  it('that comes after a newer one of its object is handed over as stale, and not lost', async () => {
    const { consumer, got, store } = receiver();

    for (const one of [OVERPAID, SUCCEEDED, CREATED]) await consumer.consume(one);
    await consumer.consume(event('evt_9', 'payment_intent.created', 1, { id: 'pi_2' }));

    expect(got).toEqual([
      ['evt_6', false],
      ['evt_5', true],
      ['evt_1', true],
      ['evt_9', false],
    ]);
    expect(await store.sequenceOf('pi_1', undefined)).toBe(6);
  });

  it('that comes after a newer one is skipped where only the newest state counts', async () => {
    const { consumer, got } = receiver({ stale: 'skip' });

    const states = [];
    for (const one of [OVERPAID, SUCCEEDED, SUCCEEDED]) states.push((await consumer.consume(one)).state);

    expect(states).toEqual(['handled', 'skipped', 'duplicate']);
    expect(got).toEqual([['evt_6', false]]);
  });

  it('without a handler of its own goes to `*`, and to nobody where there is none', async () => {
    const got: string[] = [];
    const handlers = { 'payment_intent.succeeded': ({ id }: AnyEvent) => void got.push(`own ${id}`) };
    const some = receiver({ handlers });
    const all = receiver({ handlers: { ...handlers, '*': ({ id }) => void got.push(`other ${id}`) } });

    expect((await some.consumer.consume(SUCCEEDED)).state).toBe('handled');
    expect((await some.consumer.consume(CREATED)).state).toBe('unhandled');
    expect((await all.consumer.consume(CREATED)).state).toBe('handled');
    expect(got).toEqual(['own evt_5', 'other evt_1']);
  });

  // An event that nobody handles must not make one that somebody handles stale.
  it('without a handler leaves no trace in the order', async () => {
    const stales: boolean[] = [];
    const { consumer } = receiver({
      stale: 'skip',
      handlers: { 'payment_intent.succeeded': (_, { stale }) => void stales.push(stale) },
    });

    await consumer.consume(OVERPAID);
    await consumer.consume(SUCCEEDED);

    expect(stales).toEqual([false]);
  });

  it('whose handler fails is not remembered, and is handled when it comes again', async () => {
    let failures = 1;
    const { consumer } = receiver({
      handlers: {
        '*': () => {
          if (failures-- > 0) throw new Error('The shop is closed.');
        },
      },
    });

    await expect(consumer.consume(SUCCEEDED)).rejects.toThrow('The shop is closed.');
    expect((await consumer.consume(SUCCEEDED)).state).toBe('handled');
  });

  it('is handled and remembered in one transaction where the store has them', async () => {
    const log: string[] = [];
    const memory = memoryStore();
    const store = {
      seen: async (id: string, tx: string) => (log.push(`seen ${tx}`), memory.seen(id, undefined)),
      sequenceOf: async (id: string, tx: string) => (log.push(`sequence ${tx}`), memory.sequenceOf(id, undefined)),
      record: async (_: object, tx: string) => void log.push(`record ${tx}`),
      cursor: memory.cursor,
      saveCursor: memory.saveCursor,
      async transaction<T>(work: (tx: string) => Promise<T>): Promise<T> {
        log.push('begin');
        const result = await work('tx1').catch((error: unknown) => {
          log.push('rollback');
          throw error;
        });
        log.push('commit');
        return result;
      },
    };
    let fail = false;
    const handle = (_: AnyEvent, { tx }: { tx: string }) => {
      log.push(`handle ${tx}`);
      if (fail) throw new Error('no');
    };
    const { consumer } = receiver({ store, handlers: { '*': handle } });

    await consumer.consume(SUCCEEDED);
    expect(log.splice(0)).toEqual(['begin', 'seen tx1', 'sequence tx1', 'handle tx1', 'record tx1', 'commit']);

    fail = true;
    await expect(consumer.consume(CREATED)).rejects.toThrow('no');
    expect(log).toEqual(['begin', 'seen tx1', 'sequence tx1', 'handle tx1', 'rollback']);
  });

  it('that was cut for its size reaches the handler whole', async () => {
    const whole = { id: 'pi_1', object: 'payment_intent', amount: { currency: 'THB', value: 1 } };
    const objects: unknown[] = [];
    const { consumer, sent } = receiver(
      { handlers: { 'payment_intent.succeeded': ({ data }) => void objects.push(data.object) } },
      [json(200, whole)],
    );

    const cut = { id: 'pi_1', object: 'payment_intent', truncated: true };
    await consumer.consume(event('evt_5', 'payment_intent.succeeded', 5, cut));

    expect(objects).toEqual([whole]);
    expect(sent.map(({ url }) => url)).toEqual(['https://shop.example/itpay/v1/payment-intents/pi_1']);
  });
});

describe('catching up', () => {
  it('handles what was missed, remembers where it was, and goes on from there', async () => {
    const script = [page([CREATED, SUCCEEDED], 'c1', true), page([OVERPAID], 'c2'), page([], 'c3')];
    const { consumer, got, sent, store } = receiver({}, script);
    await consumer.consume(SUCCEEDED); // its webhook came

    expect(await consumer.catchUp()).toEqual({ handled: 2, duplicate: 1, skipped: 0, unhandled: 0 });
    expect(await consumer.catchUp()).toMatchObject({ handled: 0 });

    expect(got.map(([id]) => id)).toEqual(['evt_5', 'evt_1', 'evt_6']);
    expect(sent.map(({ url }) => new URL(url).searchParams.get('after'))).toEqual(['beginning', 'c1', 'c2']);
    expect(await store.cursor()).toBe('c3');
  });

  it('stops at an event whose handler fails, and begins with its page the next time', async () => {
    let failures = 1;
    const got: string[] = [];
    const { consumer, sent } = receiver(
      {
        handlers: {
          'payment_intent.succeeded': ({ id }) => {
            if (failures-- > 0) throw new Error('The shop is closed.');
            got.push(id);
          },
          '*': ({ id }) => void got.push(id),
        },
      },
      [page([CREATED, SUCCEEDED], 'c1', true), page([CREATED, SUCCEEDED], 'c1')],
    );

    await expect(consumer.catchUp({ from: 'c0' })).rejects.toThrow('The shop is closed.');
    await consumer.catchUp({ from: 'c0' });

    expect(got).toEqual(['evt_1', 'evt_5']);
    expect(sent.map(({ url }) => new URL(url).searchParams.get('after'))).toEqual(['c0', 'c0']);
  });

  it('fails when the API refuses', async () => {
    const { consumer } = receiver({}, [refusal(403, 'PERMISSION_DENIED')]);

    await expect(consumer.catchUp()).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  });
});

// What a sender sees. The scripted clock stands at 10:00.
const SECONDS = Date.parse('2026-11-22T10:00:00.000Z') / 1_000;
function signed(body: string, secret = SECRET): Record<string, string> {
  const signature = new Webhook(secret).sign('evt_5', new Date(SECONDS * 1_000), body);
  return { 'webhook-id': 'evt_5', 'webhook-timestamp': String(SECONDS), 'webhook-signature': signature };
}
const BODY = JSON.stringify(SUCCEEDED);

const servers: ReturnType<typeof createServer>[] = [];
afterAll(() => servers.forEach((server) => server.close().closeAllConnections()));

/** The receiver behind each kind of server. */
const faces = {
  fetch: async (consumer: ReturnType<typeof receiver>['consumer']) => (init: RequestInit) =>
    consumer.fetch(new Request('https://shop.example/hooks', init)),
  node: async (consumer: ReturnType<typeof receiver>['consumer'], parser: (request: any) => void = () => {}) => {
    const handler = toNodeHandler(consumer);
    const server = createServer((request, response) => {
      parser(request);
      void handler(request, response);
    });
    servers.push(server);
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return (init: RequestInit) => fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`, init);
  },
};

describe.each(['fetch', 'node'] as const)('the receiver behind %s', (face) => {
  const send = async (options: Partial<ConsumerOptions<any>>, init: RequestInit) => {
    const made = receiver(options);
    const response = await (await faces[face](made.consumer))({ method: 'POST', ...init });
    return { status: response.status, text: await response.text(), got: made.got };
  };

  it('takes a webhook', async () => {
    const answer = await send({}, { body: BODY, headers: signed(BODY) });

    expect(answer).toEqual({ status: 204, text: '', got: [['evt_5', false]] });
  });

  it('says 400 to a stranger, and does nothing', async () => {
    const forged = signed(BODY, 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=');

    const answer = await send({}, { body: BODY, headers: forged });

    expect(answer).toMatchObject({ status: 400, got: [] });
    expect(answer.text).toContain('The signature does not fit');
  });

  it('says 500 when the handler fails, and why only to the shop', async () => {
    const errors: unknown[] = [];
    const fail = () => Promise.reject(new Error('password=hunter2'));

    const { status, text } = await send(
      { handlers: { '*': fail }, onError: (error, one) => void errors.push([String(error), one?.id]) },
      { body: BODY, headers: signed(BODY) },
    );

    expect(status).toBe(500);
    expect(text).not.toContain('hunter2');
    expect(errors).toEqual([['Error: password=hunter2', 'evt_5']]);
  });

  it('says 405 to whoever looks at it, and 413 to what is too large', async () => {
    expect((await send({}, { method: 'GET' })).status).toBe(405);
    expect((await send({}, { body: 'x'.repeat(LONGEST_BODY + 1) })).status).toBe(413);
  });
});

describe('behind a body parser of Node', () => {
  const after = async (parser: (request: any) => void) => {
    const errors: string[] = [];
    const { consumer, got } = receiver({ onError: (error) => void errors.push(String(error)) });
    const send = await faces.node(consumer, parser);
    const { status } = await send({ method: 'POST', body: BODY, headers: signed(BODY) });
    return { status, got: got.length, errors };
  };

  it.each([
    ['kept the bytes', (request: any) => Object.assign(request, { rawBody: Buffer.from(BODY), body: SUCCEEDED })],
    ['gave the bytes', (request: any) => Object.assign(request, { body: Buffer.from(BODY) })],
    ['gave the text', (request: any) => Object.assign(request, { body: BODY })],
  ])('that %s, it works', async (_, parser) => {
    expect(await after(parser)).toEqual({ status: 204, got: 1, errors: [] });
  });

  it('that took the bytes, it says how to keep them', async () => {
    const { status, errors } = await after((request) => {
      Object.defineProperty(request, 'readableEnded', { value: true });
      request.body = SUCCEEDED;
    });

    expect(status).toBe(500);
    expect(errors.join()).toMatch(/before express\.json\(\)/);
  });
});

import { promptpay } from '@itpay/channel-promptpay';
import { openPostgres } from '@itpay/data';
import { blobStoreContract, databaseContract, fakeClock, jobQueueContract, pubSubContract } from '@itpay/testkit';
import { secretsFrom } from '@itpay/kernel';
import { createItPay, type ItPay, type ItPayOptions } from 'itpay';
import createKnex from 'knex';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { freshDatabase, freshDirectory, postgresNeed } from '../support/database.js';
import { describeNeeding } from '../support/needs.js';
import { ShopFiles } from './files.js';
import { shopKnex } from './knex.js';
import { loggingTo } from './log.js';
import { bySession, sessions } from './login.js';
import { messages, ShopMessages } from './messages.js';
import { ShopQueue } from './queue.js';
import { vault } from './vault.js';
import { shopClock, shopIds, shopRandom } from './time.js';

const PUBLIC_URL = 'https://shop.example/itpay';
const secretKey = 'a-secret-key-for-tests-that-is-long-enough';
const VAULT_KEY = 'a-key-that-only-the-vault-of-the-shop-has';

/** What a shop brings in place of a default, and how one sees that it is used. */
interface Swap {
  /** Asked anew for each start; what lasts beyond a stop stands outside. */
  readonly options: (database: string) => Partial<ItPayOptions>;
  /** Headers that open the API; left out: an API key. */
  readonly login?: (pay: ItPay) => Record<string, string>;
  /** Looks at what went on, after the whole scenario. */
  readonly check: (seen: Seen) => void | Promise<void>;
  /** The suite that every driver behind the port passes. */
  readonly contract?: () => void;
}

interface Seen {
  readonly intent: any;
  readonly database: string;
  readonly pay: ItPay;
}

describeNeeding(postgresNeed(), 'A shop', () => {
  const files = new ShopFiles();
  const queues: ShopQueue[] = [];
  const carried: ShopMessages[] = [];
  const lines: { level: string; message: string; fields: any }[] = [];
  const bytes = vi.spyOn(shopRandom, 'bytes');
  let knex: ReturnType<typeof shopKnex> | undefined;
  afterAll(() => knex?.destroy());

  const swaps: Readonly<Record<string, Swap>> = {
    'its own login': {
      options: () => ({ authenticate: bySession }),
      login: (pay) => {
        sessions.set('of-anna', { user: 'user_anna', account: pay.account.id });
        return { cookie: 'theme=dark; sid=of-anna' };
      },
      check: async ({ pay, intent }) => {
        const { token } = await pay.keys.create({
          account: pay.account.id,
          livemode: false,
          label: 'a key',
          preset: 'merchant_full',
        });
        expect(
          await answerOf(pay, `/v1/payment-intents/${intent.id}`, { authorization: `Bearer ${token}` }),
        ).toMatchObject({
          status: 401,
        });
      },
    },
    'its own knex': {
      options: (database) => ({ database: undefined, knex: (knex ??= shopKnex(database)) }),
      check: async ({ pay, intent }) => {
        const rows = await knex!
          .withSchema(schemaOf('its own knex'))
          .from('payment_intents')
          .select('createdAt', 'amount');
        expect(rows).toContainEqual({ createdAt: expect.stringMatching(/^AT 20/), amount: 10_000 });

        // An order of the shop and its payment, in one commit, or not at all.
        await knex!.raw('create table orders (id text primary key, intent_id text)');
        const order = async (id: string) =>
          knex!.transaction(async (trx) => {
            const amount = { currency: 'THB', value: 5_000n };
            const made = await pay.payments.createIntent({ amount, orderReference: id }, { trx });
            await trx('orders').insert({ id, intentId: made.id });
            if (id === 'order-2') throw new Error('no stock');
            return made.id;
          });
        const made = await order('order-1');
        await expect(order('order-2')).rejects.toThrow('no stock');
        expect(await knex!('orders').select()).toEqual([{ id: 'order-1', intentId: made }]);
        const { intents } = await pay.payments.listIntents();
        expect(intents.map(({ orderReference }) => orderReference)).not.toContain('order-2');
        expect(intents.map(({ id }) => id)).toContain(intent.id);

        // It is the shop's: nobody closes it.
        await pay.stop();
        expect(await knex!.select(knex!.raw('1 as one'))).toEqual([{ one: 1 }]);
      },
      contract: () =>
        databaseContract(async () => {
          const { url } = await freshDatabase();
          const [own, foreign] = [shopKnex(url), createKnex({ client: 'pg', connection: (await freshDatabase()).url })];
          const database = await openPostgres({ knex: own, schema: 'itpay' });
          return {
            database,
            hostKnex: own,
            foreignKnex: foreign,
            int8InKnex: 1,
            close: async () => void (await Promise.all([own.destroy(), foreign.destroy()])),
          };
        }),
    },
    'its own files': {
      options: () => ({ blobStore: files }),
      check: ({ intent }) => {
        expect(files.names).toContain(`qr/${intent.qr.charge_id}.png`);
      },
      contract: () =>
        blobStoreContract(() => new ShopFiles(), { noDownloadUrl: 'nobody but the app reaches its memory' }),
    },
    'its own queue': {
      options: () => {
        const queue = new ShopQueue();
        queues.push(queue);
        return { queue };
      },
      check: () => {
        expect(queues[0]!.handedOut).toBeGreaterThan(0);
      },
      contract: () => jobQueueContract(async () => ({ queue: new ShopQueue() })),
    },
    'its own clock': {
      options: () => ({ clock: shopClock }),
      check: ({ intent }) => {
        const years = (Date.parse(intent.created_at) - Date.now()) / (365 * 86_400_000);
        expect(years).toBeCloseTo(5, 2);
      },
    },
    'its own ids and randomness': {
      options: () => ({ ids: shopIds(shopClock, shopRandom), random: shopRandom }),
      check: ({ intent }) => {
        expect(bytes).toHaveBeenCalled();
        // Made by the shop's clock, so they sort after everything that was made today.
        const today = shopIds({ now: () => new Date() }, shopRandom);
        expect(intent.id > today.next('pi')).toBe(true);
      },
      contract: () => {
        it('makes ids that sort as they were made, also within a millisecond', () => {
          const ids = shopIds(fakeClock(), shopRandom);
          const made = Array.from({ length: 1_000 }, () => ids.next('pi'));

          expect(made.toSorted()).toEqual(made);
          expect(new Set(made).size).toBe(1_000);
          expect(made[0]).toMatch(/^pi_[0-7][0-9a-hjkmnp-tv-z]{25}$/);
        });
      },
    },
    'its own log': {
      options: () => ({
        logger: loggingTo({ log: (level, message, fields) => lines.push({ level, message, fields }) }),
      }),
      check: async ({ pay }) => {
        const token = 'itpay_test_abcdefabcdef_this-is-nobodys-secret';
        const { status } = await answerOf(pay, '/v1/payment-intents', { authorization: `Bearer ${token}` });
        expect(status).toBe(401);
        expect(lines).toContainEqual(
          expect.objectContaining({
            level: 'info',
            fields: expect.objectContaining({ status: 401, code: 'API_KEY_INVALID' }),
          }),
        );
        expect(JSON.stringify(lines)).not.toContain('nobodys-secret');
      },
    },
    'a plugin in place of a port': {
      options: () => ({ plugins: [promptpay({ target: '0812345678' }), messages((opened) => carried.push(opened))] }),
      check: () => {
        expect(carried[0]!.published).toBeGreaterThan(0);
      },
      contract: () => pubSubContract(async () => new ShopMessages({ debug() {}, info() {}, warn() {}, error() {} })),
    },
    'a plugin that keeps the secrets': {
      options: () => ({ plugins: [promptpay({ target: '0812345678' }), vault(VAULT_KEY)] }),
      check: async ({ pay }) => {
        const { key, signingSecret } = await pay.keys.create({
          account: pay.account.id,
          livemode: false,
          label: 'signs its requests',
          preset: 'merchant_full',
          requireSignature: true,
        });
        const { rows } = await pay.knex.raw('select signing_secret from ??.api_keys where id = ?', [
          schemaOf('a plugin that keeps the secrets'),
          key.id,
        ]);
        const opened = secretsFrom([VAULT_KEY]).open('api-key-signing', rows[0].signing_secret);
        expect(opened.toString()).toBe(signingSecret);
        await pay.stop();
        await (await start('a plugin that keeps the secrets')).stop(); // also with something sealed by it
      },
    },
    'all of it at once': {
      options: (database) => ({
        database: undefined,
        knex: (knex ??= shopKnex(database)),
        authenticate: bySession,
        blobStore: files,
        queue: new ShopQueue(),
        ids: shopIds({ now: () => new Date() }, shopRandom),
        random: shopRandom,
        logger: loggingTo({ log: () => {} }),
        plugins: [promptpay({ target: '0812345678' }), messages()],
      }),
      login: (pay) => {
        sessions.set('of-ben', { user: 'user_ben', account: pay.account.id });
        return { cookie: 'sid=of-ben' };
      },
      check: ({ intent }) => {
        expect(files.names).toContain(`qr/${intent.qr.charge_id}.png`);
      },
    },
  };
  const names = Object.keys(swaps);
  const schemaOf = (name: string) => `swap_${names.indexOf(name)}`;

  let database: string;
  let dataDir: string;
  beforeAll(async () => {
    database = (await freshDatabase()).url;
    dataDir = await freshDirectory();
  });

  const start = async (name: string): Promise<ItPay> => {
    const pay = await createItPay({
      publicUrl: PUBLIC_URL,
      plugins: [promptpay({ target: '0812345678' })],
      database,
      dataDir,
      secretKey,
      schema: schemaOf(name),
      account: 'Test Shop',
      mode: 'test',
      logger: { debug() {}, info() {}, warn() {}, error() {} },
      ...swaps[name]!.options(database),
    } as ItPayOptions);
    whenFileEnds(() => pay.stop());
    return pay;
  };

  describe.each(names)('with %s', (name) => {
    const { login = keyOf, check, contract } = swaps[name]!;

    it('takes a payment, shows it, hears of it, gives it back, and finds it again after a restart', async () => {
      let pay = await start(name);
      const heard: string[] = [];
      pay.on('payment_intent.succeeded', ({ data }) => void heard.push(data.object.id));
      const headers = await login(pay);
      const get = (path: string) => answerOf(pay, path, headers);
      const post = (path: string, body: object) => answerOf(pay, path, headers, body);
      const order = (reference: string) =>
        post('/v1/payment-intents', {
          amount: { currency: 'THB', value: 10_000 },
          channel: 'promptpay',
          order_reference: reference,
        });

      const { status, body: intent } = await order('noodles');
      expect(status).toBe(201);
      const image = `/v1/qr-charges/${intent.qr.charge_id}/image.png`;
      expect((await get(image)).bytes.subarray(1, 4).toString()).toBe('PNG');
      expect((await get(image)).status).toBe(200);

      const waiting = get(`/v1/payment-intents/${intent.id}/wait?timeout=20&cursor=${intent.version}`);
      const paid = await post(`/v1/test-helpers/payment-intents/${intent.id}/simulate`, { event: 'paid' });
      expect([paid.status, paid.body.status]).toEqual([200, 'succeeded']);
      expect((await waiting).body.payment_intent.status).toBe('succeeded');
      await vi.waitFor(() => expect(heard).toEqual([intent.id]), 15_000);

      // PromptPay gives nothing back by itself: the refund waits for the shop to send it.
      const refund = await post('/v1/refunds', {
        payment_intent_id: intent.id,
        amount: { currency: 'THB', value: 4_000 },
      });
      expect([refund.status, refund.body.status]).toEqual([201, 'processing']);
      const second = await order('tea');
      const cancelled = await post(`/v1/payment-intents/${second.body.id}/cancel`, {});
      expect([cancelled.status, cancelled.body.status]).toEqual([200, 'cancelled']);

      await pay.stop();
      pay = await start(name);
      const { body: list } = await get('/v1/payment-intents');
      expect(list.data.map(({ id, status: state }: any) => [id, state])).toEqual([
        [second.body.id, 'cancelled'],
        [intent.id, 'succeeded'],
      ]);
      await check({ intent, database, pay });
      await pay.stop();
    });

    if (contract !== undefined) describe('its contract', contract);
  });
});

let requests = 0;
async function answerOf(pay: ItPay, path: string, headers: Record<string, string>, body?: object) {
  const answer = await pay.fetch(
    new Request(PUBLIC_URL + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...headers,
        ...(body !== undefined && { 'content-type': 'application/json', 'idempotency-key': `swap-${(requests += 1)}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }),
  );
  const bytes = Buffer.from(await answer.arrayBuffer());
  const isJson = answer.headers.get('content-type')?.includes('json') === true;
  return { status: answer.status, bytes, body: isJson ? JSON.parse(bytes.toString()) : null };
}

async function keyOf(pay: ItPay): Promise<Record<string, string>> {
  const made = await pay.keys.create({
    account: pay.account.id,
    livemode: false,
    label: 'the app',
    preset: 'merchant_full',
  });
  return { authorization: `Bearer ${made.token}` };
}

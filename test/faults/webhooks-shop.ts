import { promptpay } from '@itpay/channel-promptpay';
import { testInstance } from '@itpay/testkit';
import { createItPay } from 'itpay';
import pg from 'pg';
import { whenFileEnds } from '../support/cleanup.js';
import { freshDatabase, freshDirectory } from '../support/database.js';
import { startReceiver, type Receiver } from './webhooks-receivers.js';
import { SenderProcess } from './webhooks-senders.js';

const secretKey = 'a-secret-key-for-tests-that-is-long-enough';

/** Which events each receiver's endpoint asks for. */
export const SUBSCRIPTIONS = {
  healthy: ['*'],
  failing: ['payment_intent.*', 'webhook_endpoint.*'],
  hanging: ['payment_intent.created', 'qr_charge.expired'],
  closing: ['payment_intent.succeeded'],
  leaving: ['*'],
} as const;
export type Name = keyof typeof SUBSCRIPTIONS;
export const NAMES = Object.keys(SUBSCRIPTIONS) as Name[];

/** An installation of several processes, its receivers, and a look at its tables from outside. */
export type Shop = Awaited<ReturnType<typeof openShop>>;

export async function openShop() {
  // One clock for this process and the others; `before` is what it said until all had heard of the last change.
  const time = { offset: 0, before: 0 };
  const nowMs = () => Date.now() + time.offset;

  const count = { arrived: 0 };
  let heard = () => {};
  const receive = () =>
    startReceiver(
      () => [nowMs(), Date.now() + time.before],
      () => {
        count.arrived += 1;
        heard();
      },
    );
  const receivers = Object.fromEntries(
    await Promise.all(NAMES.map(async (name) => [name, await receive()] as const)),
  ) as Record<Name, Receiver>;

  const { url: database } = await freshDatabase();
  const allowedOrigins = Object.values(receivers).map(({ origin }) => origin);
  const { pay, testKey, ...instance } = await testInstance(createItPay, {
    plugins: [promptpay({ target: '0812345678' })],
    database,
    dataDir: await freshDirectory(),
    secretKey,
    clock: { now: () => new Date(nowMs()) },
    webhooks: { allowedOrigins },
  });
  whenFileEnds(() => pay.stop());
  const request = async (method: string, path: string, body?: object) => {
    const answer = await instance.request(method, path, { body });
    if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`);
    return answer.body;
  };
  const endpoints = {} as Record<Name, { id: string; secret: string; created_at: string }>;
  for (const name of NAMES) {
    const body = { url: receivers[name].origin, enabled_events: SUBSCRIPTIONS[name] };
    endpoints[name] = await request('POST', '/v1/webhook-endpoints', body);
  }

  const client = new pg.Client({ connectionString: database });
  await client.connect();
  whenFileEnds(() => client.end());
  const rows = async (sql: string) => (await client.query(sql)).rows as any[];

  const senders: SenderProcess[] = [];
  const everybody = async (task: 'rest' | 'goOn' | 'stop', details?: object) =>
    void (await Promise.all(senders.filter((one) => one.alive()).map((sender) => sender.run(task, details))));
  let names = 0;

  return {
    receivers,
    endpoints,
    request,
    nowMs,

    /** Has a process come up, trade and send. */
    async join(process = new SenderProcess()): Promise<SenderProcess> {
      senders.push(process);
      await process.started();
      await process.run('open', { database, secretKey, token: testKey, allowedOrigins, offset: time.offset });
      await process.run('trade', { name: `life-${names++}` });
      return process;
    },
    problems: () => senders.flatMap(({ problems }) => problems),
    everybody,

    /** Until so many more requests have come in. */
    async arrivals(more: number): Promise<void> {
      for (const until = count.arrived + more; count.arrived < until;) {
        await new Promise<void>((resolve) => (heard = resolve));
      }
    },

    /** Lets time pass until nothing is left to be sent, each time as far as the furthest attempt. */
    async untilNothingIsDue(): Promise<void> {
      for (let waves = 0; ; waves += 1) {
        // Time must not run away from what is on its way, which would lose its lease.
        while (Object.values(receivers).some((receiver) => receiver.open() > 0)) await rows('select pg_sleep(0.05)');
        await everybody('goOn', { offset: time.offset });
        time.before = time.offset;
        const [{ next }] = await rows(
          `select max(greatest(next_attempt_at, lease_expires_at)) as next from itpay.webhook_deliveries
            where state = 'pending'`,
        );
        if (next === null) return;
        if (waves === 30) throw new Error('After 30 waves there are still deliveries pending.');
        time.offset += Math.max(1_000, next.getTime() - nowMs());
      }
    },

    books: async () => ({
      events: await rows('select * from itpay.events order by position nulls last'),
      deliveries: await rows('select * from itpay.webhook_deliveries'),
      attempts: await rows('select * from itpay.webhook_attempts'),
      intents: await rows('select id, sequence, status from itpay.payment_intents'),
      charges: await rows('select id, sequence, status from itpay.qr_charges'),
    }),
  };
}

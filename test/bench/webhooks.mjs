import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

// Events that lie in the log, delivered by ItPay to a receiver on loopback, next to the same number of posts of the same
// size by undici.

const EVENTS = 1000;
/** As many as ItPay sends to one endpoint at once. */
const AT_ONCE = 10;

/**
 * @param {object} tools
 * @param {(name: string) => Promise<string>} tools.createDatabase
 * @param {(options: import('./server.mjs').ServerOptions) => Promise<any>} tools.startServer
 * @param {number} tools.rounds
 */
export async function webhookRace({ createDatabase, startServer, rounds }) {
  const receiver = await start('receiver');
  const origin = `http://127.0.0.1:${receiver.port}`;
  const database = await createDatabase('bench_webhooks');
  const server = await startServer({ variant: 'itpay', database, webhookOrigin: origin });
  const api = `http://127.0.0.1:${server.port}/itpay`;
  const post = async (/** @type {string} */ path, /** @type {object} */ body) => {
    const headers = {
      authorization: `Bearer ${server.token}`,
      'content-type': 'application/json',
      'idempotency-key': `bench-${path}-${JSON.stringify(body).length}`,
    };
    const answer = await fetch(api + path, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`POST ${path} answered ${answer.status}: ${await answer.text()}`);
  };
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  let wanted = 0;
  const untilDelivered = async (/** @type {number} */ more) => {
    wanted += more;
    for (;;) {
      const { rows } = await client.query(
        `select count(*)::int as n from itpay.webhook_deliveries where state = 'delivered'`,
      );
      if (rows[0].n === wanted) return;
      await sleep(20);
    }
  };
  await post('/v1/webhook-endpoints', { url: `${origin}/`, enabled_events: ['payment_intent.created'] });
  await post('/v1/payment-intents', { amount: { currency: 'THB', value: 100 }, description: 'Two bowls of noodles' });
  await untilDelivered(1);
  await receiver.ask('count');
  const sender = await start('sender');

  const itpay = async (/** @type {string} */ round) => {
    const cpuBefore = await server.cpuMs();
    await client.query({ text: COPY_EVENTS, values: [EVENTS, `${round}`, new Date()] });
    await untilDelivered(EVENTS);
    const { received, bytes, firstAt, lastAt } = await receiver.ask('count');
    if (received !== EVENTS) throw new Error(`${received} events of ${EVENTS} arrived.`);
    const cpuMs = (await server.cpuMs()) - cpuBefore;
    return {
      perSecond: (EVENTS * 1000) / (lastAt - firstAt),
      cpuMs: cpuMs / EVENTS,
      bytes: Math.round(bytes / EVENTS),
    };
  };
  const undici = async (/** @type {number} */ bytes) => {
    const { seconds, cpuMs } = await sender.ask({ port: receiver.port, posts: EVENTS, bytes, atOnce: AT_ONCE });
    await receiver.ask('count');
    return { perSecond: EVENTS / seconds, cpuMs: cpuMs / EVENTS };
  };

  let { bytes } = await itpay('warm');
  await undici(bytes);
  const results = [];
  for (let round = 0; round < rounds; round += 1) {
    const first = Math.random() < 0.5 ? await undici(bytes) : null;
    const own = await itpay(`r${round}`);
    results.push({ itpay: own, undici: first ?? (await undici(bytes)) });
    process.stderr.write('.');
  }
  process.stderr.write('\n');
  await client.end();
  await server.stop();
  for (const end of [receiver, sender]) end.stop();
  return results;
}

const COPY_EVENTS = `
insert into itpay.events (id, account, livemode, type, object_id, sequence, at, data)
select 'evt_' || $2::text || lpad(n::text, 8, '0'), account, livemode, type, object_id || $2::text || n, 1, $3, data
  from (select * from itpay.events where type = 'payment_intent.created' and length(id) < 31 order by id limit 1) one,
       generate_series(1, $1::int) as n`;

/** @param {'receiver' | 'sender'} role */
async function start(role) {
  const child = fork(join(import.meta.dirname, 'poster.mjs'), [role]);
  const [{ port }] = await once(child, 'message');
  return {
    port: /** @type {number} */ (port),
    ask: async (/** @type {string | object} */ question) => {
      child.send(question);
      const [answer] = await once(child, 'message');
      return answer;
    },
    stop: () => void child.send('stop'),
  };
}

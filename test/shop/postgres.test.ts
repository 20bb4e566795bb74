import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { freshDatabase, postgresNeed } from '../support/database.js';
import { describeNeeding } from '../support/needs.js';
import { intentOf, MALI, openShop, SOMCHAI, visitor } from './shop.js';

interface Kill {
  readonly when: 'before' | 'after';
  readonly k: number;
}

const CHILD = fileURLToPath(new URL('crash-child.mjs', import.meta.url));
/** The statements around which the process dies. With ITPAY_FAULTS=all it dies around each. */
const POINTS: [Kill['when'], RegExp][] = [
  ['after', /insert into "shop"\."orders"/],
  ['after', /itpay_\w*create/],
  ['after', /insert into "shop"\."order_payments"/],
  ['before', /^commit/i],
  ['after', /^commit/i],
];

/** One process that orders once. */
function attempt(databaseUrl: string, method: string, kill: Kill | null) {
  const told = JSON.stringify({ databaseUrl, method, kill });
  return new Promise<{ signal: string | null; said: { calls?: string[]; killed?: string } | null }>((done) => {
    execFile(process.execPath, [CHILD, told], (error, stdout, stderr) => {
      const line = stdout.trim().split('\n').at(-1);
      done({ signal: error?.signal ?? null, said: line ? JSON.parse(line) : { killed: stderr } });
    });
  });
}

describeNeeding(postgresNeed(), 'Doi Roast on PostgreSQL', () => {
  let shop: Awaited<ReturnType<typeof openShop>>;
  let databaseUrl: string;
  beforeAll(async () => {
    databaseUrl = (await freshDatabase()).url;
    shop = await openShop({ databaseUrl });
  });

  it('opens one payment for an order that is paid again in five tabs at once', async () => {
    const somchai = visitor(shop.url);
    await somchai.signIn(SOMCHAI);
    const first = await somchai.order();
    const { orderReference } = await shop.pay.payments.cancelIntent(first);

    const answers = await Promise.all(
      ['promptpay', 'wechat', 'promptpay', 'wechat', 'promptpay'].map((method) =>
        somchai.post(`/orders/${orderReference}/pay`, { method }),
      ),
    );

    expect(new Set(answers.map(({ location }) => intentOf(location!))).size).toBe(1);
    const { intents } = await shop.pay.payments.listIntents({ orderReference: orderReference! });
    expect(intents.map(({ id }) => id)).toEqual([intentOf(answers[0]!.location!), first]);
  });

  it('has both the order and its payment, or neither, when it is killed while somebody orders', async () => {
    const whole = await attempt(databaseUrl, 'promptpay', null);
    const calls = whole.said!.calls!;
    const kills =
      process.env['ITPAY_FAULTS'] === 'all' ? everywhere(calls) : POINTS.map((point) => killAt(calls, point));

    const deaths: string[] = [];
    await inLanes(kills, async (kill) => {
      const { signal, said } = await attempt(databaseUrl, kill.k % 2 ? 'promptpay' : 'wechat', kill);
      deaths.push(`${signal} ${kill.when} ${said?.killed}`);
    });

    expect(deaths).toEqual(kills.map(() => expect.stringMatching(/^SIGKILL /)));
    const mali = await shop.db('shop.users').where({ email: MALI.email }).first();
    const [orders, others] = await Promise.all([
      shop.db('shop.orders').where({ user_id: mali.id }).orderBy('id').pluck('id'),
      shop.db('shop.orders').whereNot({ user_id: mali.id }).pluck('id'),
    ]);
    const { intents: all } = await shop.pay.payments.listIntents({ limit: 100 });
    const intents = all.filter(({ orderReference }) => !others.includes(orderReference));
    expect(intents.map(({ orderReference }) => orderReference).toSorted()).toEqual(orders);
    const opened = shop.db('shop.order_payments').whereNotIn('order_id', others).orderBy('order_id').pluck('order_id');
    expect(await opened).toEqual(orders);
    // The whole run, and the one that died after the commit.
    expect(orders).toHaveLength(1 + kills.filter(({ when, k }) => when === 'after' && isCommit(calls[k - 1]!)).length);

    await shop.pay.settle();
    for (const { id } of intents) await shop.payer(id, 'paid');
    expect(await shop.db('shop.orders').where({ status: 'paid' }).orderBy('id').pluck('id')).toEqual(orders);
  });
});

const isCommit = (call: string) => /^commit/i.test(call);

function killAt(calls: readonly string[], [when, statement]: (typeof POINTS)[number]): Kill {
  const index = calls.findIndex((call) => statement.test(call));
  if (index < 0) throw new Error(`No statement is like ${statement}:\n${calls.join('\n')}`);
  return { when, k: index + 1 };
}

function everywhere(calls: readonly string[]): Kill[] {
  return calls.flatMap((_, index) => [
    { when: 'before' as const, k: index + 1 },
    { when: 'after' as const, k: index + 1 },
  ]);
}

async function inLanes<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const left = [...all];
  const lane = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await work(one);
  };
  await Promise.all([lane(), lane()]);
}

import { beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase, freshDirectory, postgresNeed } from '../support/database.js';
import { describeNeeding } from '../support/needs.js';
import { installation, itpay } from './itpay.js';

// Commands that open the installation themselves, without a server.

let cwd: string;
beforeAll(async () => {
  cwd = await installation();
});
const run = (...args: string[]) => itpay(args, cwd);
const one = async (...args: string[]) => JSON.parse((await run(...args, '--json')).out);

describe('A decision about money', () => {
  const seen = (transaction: string, more: readonly string[]) => [
    'inflows',
    'record',
    '--channel',
    'promptpay',
    '--transaction-id',
    transaction,
    '--amount',
    '199.00 THB',
    '--paid-at',
    '2026-11-22T14:30:00+07:00',
    '--reason',
    'On the statement',
    '--evidence',
    'Line 17',
    ...more,
  ];

  it('is shown and refused when there is nobody to ask', async () => {
    const { code, err } = await run(...seen('T1', []));
    const { out } = await run('inflows', 'list');

    expect(code).toBe(2);
    expect(err).toMatch(/199\.00 THB on promptpay[\s\S]*--yes/);
    expect(out).toBe('None.\n');
  });

  it('is made with --yes, and once', async () => {
    const first = await run(...seen('T2', ['--yes']));
    const again = await run(...seen('T2', ['--yes']));
    const [inflow] = (await one('inflows', 'list')).data;

    expect([first.code, again.code]).toEqual([0, 0]);
    expect(first.out).toBe(`${inflow.id} (unattributed) is needs_match.\n`);
    expect((await one('inflows', 'list')).data).toHaveLength(1);
    expect(inflow).toMatchObject({ amount: { currency: 'THB', value: 19_900 }, livemode: false });
  });

  it('lets money count for a payment, and shows both first', async () => {
    const { payment_intent: intent } = await one('trigger', 'payment_intent.underpaid');
    const [parked] = (await one('inflows', 'list', '--status', 'parked')).data;

    const { code, out, err } = await run(
      'inflows',
      'apply',
      parked.id,
      '--accept-under',
      '--reason',
      'Agreed by phone',
      '--yes',
    );

    expect([code, out]).toEqual([0, `${parked.id} (under) is applied for ${intent}.\n`]);
    expect(err).toMatch(/50\.00 THB on promptpay[\s\S]*100\.00 THB, qr_generated/);
  });

  it.each([
    [['--amount', '199,00 THB'], /--amount: "199,00 THB"/],
    [['--paid-at', '2026-11-22 14:30'], /--paid-at: .* its zone/],
    [['--evidence', '{"line": 17'], /--evidence begins like JSON/],
  ])('is not made from %j', async (args, says) => {
    const { code, err } = await run(...seen('T3', ['--yes']), ...args);

    expect(code).toBe(2);
    expect(err).toMatch(says);
  });

  it('tells why an operation cannot be resolved', async () => {
    await run('trigger', 'payment_intent.created');
    const [operation] = (await one('operations', 'list', '--limit', '1')).data;

    const { code, err } = await run(
      'operations',
      'resolve',
      operation.id,
      '--outcome',
      'declined',
      '--reason',
      'x',
      '--evidence',
      'y',
      '--yes',
    );

    expect(code).toBe(1);
    expect(err).toMatch(/authorize 100\.00 THB at promptpay[\s\S]*INVALID_STATE_TRANSITION: .*succeeded/);
  });
});

it('acts in test mode unless told otherwise', async () => {
  await run('trigger', 'payment_intent.created');

  expect((await run('operations', 'list')).out).toMatch(/^op_/);
  expect((await run('operations', 'list', '--live')).out).toBe('None.\n');
});

it('asks for the account when there are several, and knows it by its name', async () => {
  const directory = await installation();
  await itpay(['accounts', 'create', 'Second Shop'], directory);

  const unsaid = await itpay(['operations', 'list'], directory);
  const second = await itpay(['operations', 'list', '--account', 'Second Shop'], directory);
  const third = await itpay(['operations', 'list', '--account', 'Third Shop'], directory);

  expect([unsaid.code, second.code, third.code]).toEqual([2, 0, 1]);
  expect(unsaid.err).toMatch(/--account.*Test Shop, Second Shop|--account.*Second Shop, Test Shop/);
});

it.each([
  ['events', 'tail'],
  ['webhooks', 'listen', '--forward-to', 'http://localhost:4242'],
])('does not wait with "%s %s" for what cannot happen', async (...args) => {
  const { code, err } = await run(...args);

  expect(code).toBe(2);
  expect(err).toMatch(/--url/);
});

describe('itpay doctor', () => {
  it('makes nothing', async () => {
    const directory = await installation();

    const first = await itpay(['doctor'], directory, { ITPAY_PUBLIC_URL: 'http://localhost:9/itpay' });
    const second = await itpay(['doctor'], directory, { ITPAY_PUBLIC_URL: 'http://localhost:9/itpay' });

    expect(first.code).toBe(0);
    expect(second.out).toBe(first.out);
    expect(second.out).toMatch(/There is none/);
  });

  it('finds money that lies aside', async () => {
    const findings = JSON.parse((await run('doctor', '--json')).out) as { check: string; state: string }[];

    expect(findings).toContainEqual(expect.objectContaining({ check: 'money', state: 'warning' }));
    expect(findings).toContainEqual(expect.objectContaining({ check: 'schema', state: 'ok' }));
  });

  it.each([
    [{ ITPAY_PUBLIC_URL: 'http://shop.invalid/itpay' }, /✗ +public URL .*https/],
    [{ ITPAY_PUBLIC_URL: 'https://shop.invalid/itpay' }, /✗ +reachable .*does not answer/],
    [{ ITPAY_SECRET_KEY: 'short' }, /✗ +secret key .*32/],
    [{ DATABASE_URL: 'mysql://x' }, /✗ +configuration .*DATABASE_URL/],
    [{ DATABASE_URL: 'postgres://shop:hunter2@127.0.0.1:1/shop', ITPAY_SECRET_KEY: 'x'.repeat(40) }, /✗ +database /],
  ])('ends with 1 for %j', async (env, says) => {
    const { code, out, err } = await itpay(['doctor'], cwd, env);

    expect(code).toBe(1);
    expect(out).toMatch(says);
    expect(out + err).not.toMatch(/hunter2|\n\s+at /);
  });

  it('warns of a key that can be guessed', async () => {
    const { code, out } = await itpay(['doctor'], cwd, { ITPAY_SECRET_KEY: 'ab'.repeat(20) });

    expect(code).toBe(0);
    expect(out).toMatch(/! +secret key .*guessed/);
  });

  it('finds a configuration without a channel', async () => {
    const directory = await freshDirectory();

    expect((await itpay(['doctor'], directory)).out).toMatch(/! +channels .*itpay\.config\.js/);
  });
});

describeNeeding(postgresNeed(), 'itpay doctor on PostgreSQL', () => {
  it('names the migrations that are missing, then nothing more', async () => {
    const env = { DATABASE_URL: (await freshDatabase()).url, ITPAY_SECRET_KEY: 'k9Vw3xQz7LrT2bNf8HsD5mJp4GcY6aRe' };

    const before = await itpay(['doctor'], cwd, env);
    await itpay(['migrate'], cwd, env);
    const after = await itpay(['doctor'], cwd, env);

    expect(before.code).toBe(1);
    expect(before.out).toMatch(/✗ +schema .*payment\/0001-payment.*itpay migrate/);
    expect(after.out).toMatch(/✓ +database +PostgreSQL \d+\n✓ +clock .*\n✓ +schema /);
    expect(after.code).toBe(0);
  });
});

describe('Help', () => {
  it.each(
    [
      [],
      ['doctor'],
      ['promote'],
      ['events'],
      ['events', 'tail'],
      ['events', 'replay'],
      ['webhooks'],
      ['webhooks', 'listen'],
      ['trigger'],
      ['operations'],
      ['operations', 'resolve'],
      ['inflows'],
      ['inflows', 'record'],
      ['inflows', 'apply'],
      ['new', 'channel'],
    ].map((words) => [['itpay', ...words].join(' '), words] as const),
  )('of %s shows options and examples', async (_command, words) => {
    const { code, out } = await run(...words, '--help');

    expect(code).toBe(0);
    expect(out).toMatchSnapshot();
  });
});

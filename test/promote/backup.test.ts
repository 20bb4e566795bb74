import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm, symlink } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { bankTransfer } from '@itpay/channel-bank-transfer';
import { promptpay } from '@itpay/channel-promptpay';
import { openPglite } from '@itpay/data';
import { createFakeRailServer, fakeChannel } from '@itpay/testkit/fake-rail';
import { beforeAll, describe, expect, it } from 'vitest';
import { COMMAND, installation, itpay } from '../command-line/itpay.js';
import { linksContract, read } from '../guides/pages.js';
import { whenFileEnds } from '../support/cleanup.js';
import { freshDatabase, freshDirectory, postgresNeed } from '../support/database.js';
import { describeNeeding } from '../support/needs.js';
import { findPostgres } from '../support/postgres-binaries.mjs';
import { answersOf } from './answers.js';
import { oddTables } from './odd-tables.mjs';
import { openShop, type Shop } from './shop.js';

// Every command of the page runs, as it stands there.

const PAGE = 'docs/backup.md';
const found = findPostgres();
const tools = 'missing' in found ? { missing: found.missing } : postgresNeed();
const SECRET = 'k9Vw3xQz7LrT2bNf8HsD5mJp4GcY6aRe';

/** The commands below a heading. */
function commandsBelow(heading: string): readonly string[] {
  const section = read(PAGE).split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!;
  return [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);
}

interface Ran {
  readonly code: number;
  readonly out: string;
}

/** Runs a block of commands, and stops at the first that fails. */
function run(code: string, cwd: string, env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  const { bin, lib } = 'missing' in found ? { bin: '', lib: [] } : found;
  const all = {
    ...process.env,
    ITPAY_URL: '',
    ITPAY_PUBLIC_URL: '',
    DATABASE_URL: '',
    ITPAY_SECRET_KEY: '',
    PORT: '9',
    PATH: `${bin}${delimiter}${process.env['PATH']}`,
    LD_LIBRARY_PATH: [...lib, process.env['LD_LIBRARY_PATH'] ?? ''].join(':'),
    ...env,
  };
  return new Promise((done) => {
    const here = code.replaceAll('npx itpay', `${process.execPath} ${COMMAND}`); // a fresh clone has no link to it
    execFile('sh', ['-ec', here], { cwd, env: all }, (error, out, err) =>
      done({ code: error === null ? 0 : Number(error.code), out: out + err }),
    );
  });
}

linksContract(PAGE);
linksContract('docs/guides/go-to-postgresql.md');

it('runs every command of the page', () => {
  const blocks = ['PostgreSQL', 'Embedded'].flatMap(commandsBelow);

  expect(read(PAGE).match(/^```/gm)).toHaveLength(2 * blocks.length);
  expect(blocks).toHaveLength(4);
});

describeNeeding(tools, 'a dump of PostgreSQL', () => {
  const [dump, restore] = commandsBelow('PostgreSQL') as [string, string];
  const thb = { currency: 'THB', value: 10_000 };
  const INTENTS = '/v1/payment-intents';
  let rail: Awaited<ReturnType<typeof createFakeRailServer>>;
  let shop: Shop;
  let restored: Shop;
  let keys: { test: string; operator: string; live: string };
  let before: ReadonlyMap<string, string>;
  let openThen: any;
  let madeLater: any;
  let doctor: Ran;
  let during = 0;
  let database: string;
  const create = (on: Shop, more: { once?: string; channel?: string } = {}) =>
    on.request('POST', INTENTS, {
      key: keys.test,
      body: { amount: thb, channel: more.channel ?? 'fake', confirm_duplicate: true },
      ...(more.once && { once: more.once }),
    });
  const pay = async ({ channel_reference: reference }: any) => {
    await rail.pay(reference);
    for (const { url, headers, body } of await rail.callbacks()) {
      await shop.pay.fetch(new Request(url, { method: 'POST', headers, body }));
    }
  };

  beforeAll(async () => {
    rail = await createFakeRailServer();
    whenFileEnds(() => rail.stop());
    const cwd = await freshDirectory();
    await symlink(resolve('node_modules'), join(cwd, 'node_modules'));
    const source = await freshDatabase();
    const target = await freshDatabase();
    const { url: railUrl, secret } = rail;
    const of = async (url: string) => ({
      database: url,
      secretKey: SECRET,
      dataDir: await freshDirectory(),
      plugins: [
        fakeChannel({ url: railUrl, secret, mode: 'test' }),
        promptpay({ target: '0812345678' }),
        bankTransfer({ beneficiary: 'Laden GmbH', account: { kind: 'sepa', iban: 'DE89370400440532013000' } }),
        oddTables,
      ],
    });
    shop = await openShop(await of(source.url));
    keys = {
      test: await shop.newKey('merchant_full'),
      operator: await shop.newKey('operator'),
      live: await shop.newKey('merchant_full', true),
    };
    await pay((await create(shop)).body);
    openThen = (await create(shop)).body;
    await create(shop, { channel: 'promptpay' });
    await shop.must(keys.operator, 'POST', '/v1/webhook-endpoints', {
      body: { url: 'https://receiver.example/hook', enabled_events: ['void.*'] },
    });
    await shop.pay.settle();
    before = await answersOf(shop, keys);

    const dumping = new AbortController();
    const load = (async () => {
      for (; !dumping.signal.aborted; during += 1) await create(shop, { channel: 'promptpay' });
    })();
    const dumped = await run(dump, cwd, { DATABASE_URL: source.url });
    dumping.abort();
    await load;
    if (dumped.code !== 0) throw new Error(dumped.out);

    await pay(openThen);
    madeLater = (await create(shop, { once: 'made later' })).body;
    await pay(madeLater);
    await shop.pay.stop();

    database = target.url;
    doctor = await run(restore, cwd, { RESTORED_URL: database, ITPAY_SECRET_KEY: SECRET });
    restored = await openShop({ ...(await of(database)), clock: shop.clock, migrate: 'check' });
  });

  it('is taken while payments go on, and comes back as one moment', async () => {
    const { rows } = await restored.pay.knex.raw(`
      select count(*) as intents,
        count(*) filter (where exists (select from itpay.events e where e.object_id = i.id)) as told,
        count(*) filter (where exists (select from itpay.audit_entries a where a.object_id = i.id)) as audited,
        (select count(*) from itpay.idempotency_keys k where k.recovery_point = 'finished' and k.object_id like 'pi_%') as answered
      from itpay.payment_intents i`);
    const { intents, ...others } = rows[0];

    expect(doctor).toMatchObject({ code: 0, out: expect.stringMatching(/✓ +schema/) });
    expect(during).toBeGreaterThan(0);
    expect(Number(intents)).toBeGreaterThanOrEqual(3);
    expect(others).toEqual({ told: intents, audited: intents, answered: intents });
  });

  it('gives the answers of before, object by object, and keeps the audit log append-only', async () => {
    const now = await answersOf(restored, keys);
    const objects = [...before].filter(([path]) => /\/[a-z]+_[0-9a-z]{26}/.test(path));

    expect(objects.length).toBeGreaterThan(20);
    expect(objects.filter(([path, text]) => now.get(path) !== text)).toEqual([]);
    await expect(restored.pay.knex('itpay.audit_entries').delete()).rejects.toThrow(/append-only/);
  });

  it('draws the images anew', async () => {
    const [intent] = (await restored.must(keys.test, 'GET', `${INTENTS}?limit=1`)).data;
    const charge = await restored.must(keys.test, 'GET', `/v1/qr-charges/${intent.qr.charge_id}`);
    const { pathname, search } = new URL(charge.qr_image_url);
    const image = await restored.request('GET', pathname.slice('/itpay'.length) + search, { key: keys.test });

    expect(image.status).toBe(200);
  });

  it('has forgotten what came later: a repetition makes a second order', async () => {
    expect((await restored.request('GET', `${INTENTS}/${madeLater.id}`, { key: keys.test })).status).toBe(404);

    const again = await create(restored, { once: 'made later' });

    expect(again.status).toBe(201);
    expect(again.body.channel_reference).not.toBe(madeLater.channel_reference);
  });

  it('asks the rail about a payment that was open then, and finds it paid', async () => {
    expect((await restored.must(keys.test, 'GET', `${INTENTS}/${openThen.id}`)).status).toBe('qr_generated');

    restored.clock.advance('30h');
    await restored.pay.settle();

    expect((await restored.must(keys.test, 'GET', `${INTENTS}/${openThen.id}`)).status).toBe('succeeded');
  });

  it('is not opened with another secret key', async () => {
    await expect(openShop({ database, secretKey: `another-${SECRET}`, migrate: 'check' })).rejects.toThrow(
      /secretKey is not usable.*webhook_endpoints\.secrets.*ITPAY_SECRET_KEY/,
    );
  });
});

describe('a copy of the embedded directory', () => {
  const [copy, restore] = commandsBelow('Embedded') as [string, string];
  let cwd: string;
  beforeAll(async () => {
    cwd = await installation();
    await symlink(resolve('node_modules'), join(cwd, 'node_modules'));
    expect(await itpay(['trigger', 'payment_intent.overpaid'], cwd)).toMatchObject({ code: 0 });
  });

  it('is not made while a process uses it', async () => {
    const running = await openPglite({ directory: join(cwd, '.itpay', 'db'), schema: 'itpay' });
    const { code } = await run(copy, cwd);
    await running.close();

    expect(code).not.toBe(0);
    expect(existsSync(join(cwd, 'itpay-backup'))).toBe(false);
  });

  it('brings back what was there', async () => {
    const before = await itpay(['inflows', 'list'], cwd);
    const copied = await run(copy, cwd);
    await rm(join(cwd, '.itpay', 'db', 'pglite', 'base'), { recursive: true }); // the disk gave up
    const restored = await run(restore, cwd);
    const after = await itpay(['inflows', 'list'], cwd);

    expect(before).toMatchObject({ code: 0, out: expect.stringMatching(/^inf_/) });
    expect(copied).toEqual({ code: 0, out: '' });
    expect(restored).toMatchObject({ code: 0, out: expect.stringMatching(/✓ +schema/) });
    expect(after).toEqual(before);
  });
});

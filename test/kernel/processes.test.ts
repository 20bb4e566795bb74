import { join } from 'node:path';
import pg from 'pg';
import { expect, it } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { freshDatabase, freshDirectory, postgresNeed } from '../support/database.js';
import { describeNeeding } from '../support/needs.js';
import { startProcess, type StartedProcess } from '../support/process.js';

const script = join(import.meta.dirname, 'child.mjs');

describeNeeding(postgresNeed(), 'processes that start on one database', () => {
  it.each([2, 4])('all come up, %i at the same moment', async (count) => {
    const { url } = await freshDatabase();
    const admin = await connected(url);
    await admin.query('select pg_advisory_lock(42)');
    const children = await Promise.all(Array.from({ length: count }, () => child(url, /waiting/)));

    await admin.query('select pg_advisory_unlock(42)');
    const exits = await Promise.all(children.map(({ exited }) => exited));

    expect(children.flatMap(({ stderr }) => stderr)).toEqual([]);
    expect(exits).toEqual(children.map(() => ({ code: 0, signal: null })));
    const migrated = children.flatMap((one) => said(one, 'migrating: '));
    expect(migrated).toEqual([...new Set(migrated)]);
    expect(migrated).toContain('kernel/0001-kernel');
    expect(new Set(children.flatMap((one) => said(one, 'account '))).size).toBe(1);
    expect(new Set(children.flatMap((one) => said(one, 'payment '))).size).toBe(count);
  });

  it('need nobody’s help after one was killed in the middle of its migrations', async () => {
    const { url } = await freshDatabase();
    const admin = await connected(url);
    const killed = await child(url, /migrating: slow\/0001-slow/, 'slow');
    await until(admin, `select 1 from pg_stat_activity where query like '%pg_sleep(30)%' and pid <> pg_backend_pid()`);

    await killed.kill('SIGKILL');
    const began = performance.now();
    const next = await child(url, /waiting/);
    const exit = await next.exited;

    expect({ exit, stderr: next.stderr }).toEqual({ exit: { code: 0, signal: null }, stderr: [] });
    expect(performance.now() - began).toBeLessThan(15_000); // the dead process's statement would take 30 s
    expect(said(next, 'migrating: ')).toContain('kernel/0001-kernel');
    const { rows } = await admin.query(
      `select to_regclass('itpay.slow') as slow, (select count(*)::int from itpay.payment_intents) as n`,
    );
    expect(rows).toEqual([{ slow: null, n: 1 }]);
  });

  it('go on waiting for one that takes its time', async () => {
    const { url } = await freshDatabase();
    const admin = await connected(url);
    await admin.query(`select pg_advisory_lock(hashtextextended('itpay:migrate:itpay', 0))`);
    const waiting = await child(url, /waiting/);
    await until(admin, `select 1 from pg_stat_activity where wait_event = 'advisory' and datname = current_database()`);

    await admin.query('select pg_advisory_unlock_all()');

    expect(await waiting.exited).toEqual({ code: 0, signal: null });
  });
});

async function child(url: string, readyWhen: RegExp, ...more: string[]): Promise<StartedProcess> {
  return startProcess(process.execPath, [script, url, await freshDirectory(), ...more], { readyWhen });
}

const said = ({ stdout }: StartedProcess, start: string) =>
  stdout.filter((line) => line.startsWith(start)).map((line) => line.slice(start.length));

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  whenFileEnds(() => client.end());
  return client;
}

/** Until the query has an answer; the server is asked again and again, because it does not tell. */
async function until(client: pg.Client, query: string): Promise<void> {
  while ((await client.query(query)).rows.length === 0) await client.query('select pg_sleep(0.05)');
}

import pg from 'pg';
import { expect, it, vi } from 'vitest';
import { COMMAND, itpay } from '../command-line/itpay.js';
import { freshDatabase, postgresNeed } from '../support/database.js';
import { describeNeeding } from '../support/needs.js';
import { startProcess } from '../support/process.js';
import { folderOfShop, openShop } from './shop.js';

const MANY = 20_000;

describeNeeding(postgresNeed(), `a move of ${MANY} rows`, () => {
  it('leaves nothing when it is killed in the middle, and begins anew', async () => {
    const folder = await folderOfShop();
    const { pay } = await openShop({ dataDir: folder.dataDir });
    await pay.knex.raw(`insert into itpay.audit_entries (id, account, at, actor, action, object_id, evidence_digest)
      select 'aud_' || lpad(n::text, 26, '0'), 'm_1', now() + n * interval '1 microsecond', 'host', 'counted', 'pi_' || n,
        sha256(n::text::bytea) from generate_series(1, ${MANY}) n`);
    await pay.stop();
    const { url } = await freshDatabase();
    const watcher = new pg.Client({ connectionString: url });
    await watcher.connect();

    try {
      const args = [COMMAND, 'promote', '--to', url, '--yes'];
      const running = await startProcess(process.execPath, args, {
        cwd: folder.cwd,
        env: { DATABASE_URL: '', ITPAY_SECRET_KEY: '' },
        readyWhen: new RegExp(`audit_entries \\d+/${MANY}`),
      });
      const ended = await running.kill('SIGKILL');
      // The server notices that nobody is there any more.
      await vi.waitFor(async () => expect(await countOf(watcher, OTHERS)).toBe(0), { timeout: 30_000, interval: 50 });

      expect(ended.signal).toBe('SIGKILL');
      expect(running.stdout).toEqual([]);
      expect(await countOf(watcher, `select count(*) from pg_namespace where nspname = 'itpay'`)).toBe(0);

      const again = await itpay(['promote', '--to', url, '--yes'], folder.cwd);

      expect(again).toMatchObject({ code: 0, out: expect.stringMatching(/^Moved /) });
      const told = [...again.err.matchAll(new RegExp(`audit_entries (\\d+)/${MANY}`, 'g'))].map(([, n]) => Number(n));
      expect(told).toHaveLength(10);
      expect(told).toEqual(told.toSorted((a, b) => a - b));
      expect(told.at(-1)).toBe(MANY);
      expect(await countOf(watcher, 'select count(*) from itpay.audit_entries')).toBe(MANY);
    } finally {
      await watcher.end();
    }
  });
});

const OTHERS = `select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;

async function countOf(client: pg.Client, sql: string): Promise<number> {
  const { rows } = await client.query<{ count: string }>(sql);
  return Number(rows[0]!.count);
}

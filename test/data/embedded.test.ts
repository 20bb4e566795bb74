import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openPglite } from '@itpay/data';
import { expect, it } from 'vitest';
import { freshDirectory } from '../support/database.js';
import { startProcess } from '../support/process.js';

const script = join(import.meta.dirname, 'embedded-child.mjs');
const child = (mode: string, directory: string, readyWhen?: RegExp) =>
  startProcess(process.execPath, [script, mode, directory], readyWhen ? { readyWhen } : {});

it('loses no acknowledged write to kill -9, three times in a row', async () => {
  const directory = await freshDirectory();
  let acknowledged = 0;

  for (const target of [100, 200, 300]) {
    const writer = await child('write', directory, new RegExp(`saved ${target}`));
    await writer.kill('SIGKILL');
    acknowledged = Number(
      writer.stdout
        .filter((line) => line.startsWith('saved '))
        .at(-1)
        ?.slice(6),
    );
  }

  const database = await openPglite({ directory, schema: 'itpay' });
  const { rows } = await database.knex.raw('select count(*)::int as count, max(n) as last from t');
  expect(rows[0].last).toBeGreaterThanOrEqual(acknowledged);
  expect(rows[0].count).toBe(rows[0].last);
  await database.close();
});

it('keeps a second process out while the first one lives, and lets it in after', async () => {
  const directory = await freshDirectory();
  const first = await child('idle', directory, /open/);

  const opening = openPglite({ directory, schema: 'itpay' });
  await expect(opening).rejects.toMatchObject({
    code: 'DATABASE_LOCKED',
    message: expect.stringContaining(`process ${first.pid}`),
  });

  await first.kill('SIGKILL');
  const database = await openPglite({ directory, schema: 'itpay' });
  await database.close();
});

it.each(['close', 'forget'])('lets the process end by itself: %s', async (mode) => {
  const directory = await freshDirectory();

  const { exited, stderr } = await child(mode, directory);

  expect({ exit: await exited, stderr }).toEqual({ exit: { code: 0, signal: null }, stderr: [] });
  expect(existsSync(join(directory, 'pglite.lock'))).toBe(false);
});

import { writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { openPostgres } from '@itpay/data';
import { capturedLogger } from '@itpay/testkit';
import { expect, it } from 'vitest';
import { whenFileEnds } from '../../../test/support/cleanup.js';
import { backend, freshDatabase, freshDirectory } from '../../../test/support/database.js';
import { openDrivers } from './drivers.js';
import { checkOptions } from './options.js';
import { markerFile } from './promote/marker.js';

const logger = capturedLogger();

if (backend() === 'postgres') {
  it('closes its pool when nobody can listen', async () => {
    const { url } = await freshDatabase();
    const owner = await openPostgres({ url, schema: 'itpay', logger });
    const role = new URL(url).pathname.slice(1); // roles belong to the server, so this one is named after the database
    await owner.knex.raw(`create role ${role} login password 'x' connection limit 1`); // one for the pool, and no more
    whenFileEnds(async () => {
      await owner.knex.raw(`drop role ${role}`);
      await owner.close();
    });
    const database = Object.assign(new URL(url), { username: role, password: 'x' }).href;
    const dataDir = await freshDirectory();
    const options = checkOptions({ publicUrl: 'https://shop.example', plugins: [], database, dataDir });

    await expect(openDrivers(options, logger)).rejects.toThrow(/has no free connection/);

    const left = await owner.knex.raw('select count(*)::int as n from pg_stat_activity where usename = ?', [role]);
    expect(left.rows).toEqual([{ n: 0 }]);
  });
} else {
  it('refuses a directory that was promoted while it was being opened, and lets go of it', async () => {
    const dataDir = await freshDirectory();
    const open = (onProgress: () => void) => {
      const options = checkOptions({ publicUrl: 'https://shop.example', plugins: [], dataDir, onProgress });
      return openDrivers(options, logger);
    };
    const promoted = () => writeFileSync(markerFile(dataDir), '{"to":"postgres://db.example/shop","at":"10:00"}');

    await expect(open(promoted)).rejects.toThrow(/was moved to postgres:\/\/db\.example\/shop at 10:00/);

    await rm(markerFile(dataDir));
    const { database } = await open(() => {});
    await database.close();
  });
}

import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

it('loads no package of a driver when it is imported', () => {
  const script = `
    import { createRequire } from 'node:module';
    await import('@itpay/data');
    const loaded = Object.keys(createRequire(import.meta.url).cache);
    console.log(JSON.stringify(loaded.filter((file) => /node_modules.(knex|pg|ioredis|bullmq|@electric-sql|@aws-sdk|@smithy)./.test(file))));
  `;

  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });

  expect({ loaded: JSON.parse(stdout), stderr }).toEqual({ loaded: [], stderr: '' });
});

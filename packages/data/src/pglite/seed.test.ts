import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findSeed, readSeed, unpackTar } from './seed.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'itpay-seed-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('comes with a seed for the PGlite that is installed (else run tools/make-seed.mjs)', async () => {
  expect(await findSeed()).toEqual({ pglite: expect.any(String), postgres: '18' });
});

it('unpacks a whole data directory', async () => {
  await unpackTar(await readSeed(), join(folder, 'data'));

  const names = await readdir(join(folder, 'data'));
  expect(names).toEqual(
    expect.arrayContaining(['PG_VERSION', 'base', 'global', 'pg_notify', 'pg_wal', 'postgresql.conf']),
  );
  expect(await readFile(join(folder, 'data/PG_VERSION'), 'utf8')).toBe('18\n');
});

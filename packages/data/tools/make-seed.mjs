// Makes seed/: a data directory as initdb leaves it, so that the first start unpacks instead of running initdb for ten
// seconds. Run it after each change of the PGlite version: node packages/data/tools/make-seed.mjs
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { PGlite } from '@electric-sql/pglite';

const folder = join(import.meta.dirname, '../seed');
const scratch = mkdtempSync(join(tmpdir(), 'itpay-seed-'));
try {
  const directory = join(scratch, 'data');
  await (await PGlite.create(directory)).close();

  // Sorted, without times and owners: the same input gives the same bytes.
  const tarOptions = ['--format=ustar', '--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
  const tar = execFileSync('tar', [...tarOptions, '-C', directory, '-cf', '-', '.'], { maxBuffer: 2 ** 30 });
  const packed = brotliCompressSync(tar, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      // The three template databases are copies of each other, 7 MB apart: the window has to see across.
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: tar.length,
    },
  });

  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'data.tar.br'), packed);
  // The package does not export its package.json.
  const manifest = new URL('../package.json', import.meta.resolve('@electric-sql/pglite'));
  const pglite = JSON.parse(readFileSync(manifest, 'utf8')).version;
  const postgres = readFileSync(join(directory, 'PG_VERSION'), 'utf8').trim();
  writeFileSync(join(folder, 'seed.json'), `${JSON.stringify({ pglite, postgres }, null, 2)}\n`);
  console.log(`PGlite ${pglite}, PostgreSQL ${postgres}: ${tar.length} bytes packed to ${packed.length}`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

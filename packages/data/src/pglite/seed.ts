import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';

const FOLDER = new URL('../../seed/', import.meta.url);

interface SeedInfo {
  /** The version of PGlite that made it. */
  readonly pglite: string;
  /** The major version of its PostgreSQL, as in the file PG_VERSION. */
  readonly postgres: string;
}

/**
 * What the seed is, if it is one for the installed PGlite. The files of a data directory belong to one version; with
 * another one, initdb has to make them. (tools/make-seed.mjs makes the seed.)
 */
export async function findSeed(): Promise<SeedInfo | null> {
  try {
    const info = JSON.parse(await readFile(new URL('seed.json', FOLDER), 'utf8')) as SeedInfo;
    return info.pglite === (await installedPglite()) ? info : null;
  } catch {
    return null;
  }
}

/** A data directory as initdb leaves it, as a tar archive of 38 MB. */
export async function readSeed(): Promise<Buffer> {
  return promisify(brotliDecompress)(await readFile(new URL('data.tar.br', FOLDER)));
}

/** Writes the files of a tar archive into a new directory, readable for its owner alone. */
export async function unpackTar(tar: Buffer, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  let batch: Promise<void>[] = [];
  for (const { path, isDirectory, bytes } of tarEntries(tar)) {
    const target = join(directory, path);
    if (isDirectory) {
      await mkdir(target, { recursive: true, mode: 0o700 }); // comes before the files in it
      continue;
    }
    batch.push(writeFile(target, bytes, { mode: 0o600 }));
    if (batch.length < 32) continue;
    await Promise.all(batch);
    batch = [];
  }
  await Promise.all(batch);
}

interface TarEntry {
  readonly path: string;
  readonly isDirectory: boolean;
  readonly bytes: Buffer;
}

// ustar: a header of 512 bytes, then the content padded to 512; two empty blocks end it. Paths are short enough for the
// name field. (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html, "ustar Interchange Format")
function* tarEntries(tar: Buffer): Generator<TarEntry> {
  for (let at = 0; tar[at];) {
    const header = tar.subarray(at, at + 512);
    const field = (start: number, length: number) =>
      header.toString('latin1', start, start + length).split('\0', 1)[0]!;
    const size = Number.parseInt(field(124, 12), 8);
    const type = field(156, 1);
    if (type === '0' || type === '5' || type === '') {
      yield { path: field(0, 100), isDirectory: type === '5', bytes: tar.subarray(at + 512, at + 512 + size) };
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
}

async function installedPglite(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite'); // …/dist/index.cjs
  const manifest = await readFile(join(dirname(entry), '../package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

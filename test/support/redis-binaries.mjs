import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * @typedef {object} Binaries
 * @property {string} server the path of `redis-server`
 * @property {string[]} lib folders of shared libraries that the system's loader does not know
 */

const cache = join(import.meta.dirname, '..', '..', '.cache');
const unpacked = join(cache, 'redis');

/** @type {Binaries | { missing: string } | undefined} */
let found;

/**
 * Redis on this machine: installed, else unpacked from Debian's packages without installing them. Looked for once.
 *
 * @returns {Binaries | { missing: string }}
 */
export function findRedis() {
  found ??= lookForRedis();
  return found;
}

/** @returns {Binaries | { missing: string }} */
function lookForRedis() {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/local/bin'];
  const server = folders.map((folder) => join(folder, 'redis-server')).find((path) => existsSync(path));
  if (server) return { server, lib: [] };
  if (!existsSync('/etc/debian_version')) return { missing: 'apt-get install redis-server' };

  try {
    if (!existsSync(unpacked)) unpackDebianPackages();
    return unpackedBinaries();
  } catch (error) {
    const [reason] = String(/** @type {Error} */ (error).message).split('\n');
    return { missing: `apt-get install redis-server   (unpacking it failed: ${reason})` };
  }
}

/**
 * Downloads what `apt-get install redis-server` would add here and unpacks it into the cache folder. Renamed into place at
 * the end, so that an interrupted download is not mistaken for a server.
 */
function unpackDebianPackages() {
  const partial = `${unpacked}.${process.pid}`;
  mkdirSync(join(partial, 'debs'), { recursive: true });
  try {
    const plan = run('apt-get', ['-s', 'install', '-y', '--no-install-recommends', 'redis-server'], partial);
    const names = [...plan.matchAll(/^Inst (\S+)/gm)].map(([, name]) => String(name));
    run('apt-get', ['download', '-q', ...names], join(partial, 'debs'));
    for (const deb of readdirSync(join(partial, 'debs'))) run('dpkg', ['-x', join('debs', deb), '.'], partial);
    rmSync(join(partial, 'debs'), { recursive: true });
    renameSync(partial, unpacked);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

/** @returns {Binaries} */
function unpackedBinaries() {
  // Debian's redis-server is a link to redis-check-rdb, with an absolute path in some releases.
  const server = ['redis-server', 'redis-check-rdb']
    .map((name) => join(unpacked, 'usr/bin', name))
    .find((path) => existsSync(path));
  if (!server) throw new Error(`no redis-server below ${unpacked}; remove that folder to try again`);
  const lib = ['usr/lib', 'lib']
    .map((folder) => join(unpacked, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((folder) => folder.includes('-linux-'));
  return { server, lib };
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 */
function run(command, args, cwd) {
  return execFileSync(command, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 180_000,
  });
}

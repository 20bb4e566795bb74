import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/**
 * @typedef {object} Binaries
 * @property {string} bin holds `initdb` and `postgres`
 * @property {string[]} lib folders of shared libraries that the system's loader does not know
 * @property {string} [unpackedTo] set when the binaries are our own copy of the distribution's packages
 */

const cache = join(import.meta.dirname, '..', '..', '.cache');
const unpacked = join(cache, 'postgresql');
const minutes = (/** @type {number} */ n) => n * 60_000;

/**
 * PostgreSQL on this machine: installed, else unpacked from Debian's packages without installing them.
 *
 * @returns {Binaries | { missing: string }}
 */
export function findPostgres() {
  const bin = installedBin('/usr/lib/postgresql') ?? binOnPath();
  if (bin) return { bin, lib: [] };
  if (!existsSync('/etc/debian_version')) return { missing: 'ITPAY_TEST_POSTGRES_URL=postgres://… npm test' };

  try {
    if (!existsSync(unpacked)) unpackDebianPackages();
    return unpackedBinaries();
  } catch (error) {
    const [reason] = String(/** @type {Error} */ (error).message).split('\n');
    return { missing: `apt-get install postgresql   (unpacking it failed: ${reason})` };
  }
}

/**
 * The newest version below a folder like /usr/lib/postgresql, where Debian keeps them side by side.
 *
 * @param {string} folder
 */
function installedBin(folder) {
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder)
    .toSorted((a, b) => Number(b) - Number(a))
    .map((version) => join(folder, version, 'bin'))
    .find(isServerBin);
}

function binOnPath() {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'initdb'))
    .filter((initdb) => existsSync(initdb))
    .map((initdb) => dirname(realpathSync(initdb))) // a link in /usr/local/bin has no `postgres` beside it
    .find(isServerBin);
}

/**
 * Client packages bring the folder too, without a server in it.
 *
 * @param {string} bin
 */
function isServerBin(bin) {
  return existsSync(join(bin, 'initdb')) && existsSync(join(bin, 'postgres'));
}

/**
 * Downloads what `apt-get install postgresql` would add here and unpacks it into the cache folder: needs neither root nor
 * a change to the system. Renamed into place at the end, so that an interrupted download is not mistaken for a server.
 */
function unpackDebianPackages() {
  const partial = `${unpacked}.${process.pid}`;
  mkdirSync(join(partial, 'debs'), { recursive: true });
  try {
    const plan = run('apt-get', ['-s', 'install', '-y', '--no-install-recommends', 'postgresql'], partial);
    const names = [...plan.matchAll(/^Inst (\S+)/gm)].map(([, name]) => String(name)).filter(isNeededToRun);
    run('apt-get', ['download', '-q', ...names], join(partial, 'debs'));
    for (const deb of readdirSync(join(partial, 'debs'))) run('dpkg', ['-x', join('debs', deb), '.'], partial);
    rmSync(join(partial, 'debs'), { recursive: true });
    renameSync(partial, unpacked);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

/**
 * The server and libraries. Without LLVM (100 MB), which the server loads only to compile long queries.
 *
 * @param {string} packageName
 */
function isNeededToRun(packageName) {
  return /^(postgresql-\d+|postgresql-client-\d+|lib(?!llvm|.*-(?:dev|perl)$).+)$/.test(packageName);
}

/** @returns {Binaries} */
function unpackedBinaries() {
  const bin = installedBin(join(unpacked, 'usr/lib/postgresql'));
  if (!bin) throw new Error(`no initdb below ${unpacked}; remove that folder to try again`);
  const lib = ['usr/lib', 'lib']
    .map((folder) => join(unpacked, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((folder) => folder.includes('-linux-'));
  return { bin, lib, unpackedTo: unpacked };
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
    timeout: minutes(3),
  });
}

/**
 * PostgreSQL refuses to run as root. Its own user is there when the package is installed; `nobody` is on every system.
 *
 * @returns {{ uid: number, gid: number } | undefined}
 */
export function unprivilegedUser() {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const found = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (!found) throw new Error('PostgreSQL does not run as root, and /etc/passwd has neither "postgres" nor "nobody".');
  return { uid: Number(found[2]), gid: Number(found[3]) };
}

/**
 * Unpacked binaries may lie below a home directory which the other user cannot enter, so it gets its own copy.
 *
 * @param {Binaries} found
 * @param {string} folder
 * @returns {Binaries}
 */
export function reachable(found, folder) {
  const { unpackedTo } = found;
  if (!unpackedTo) return found;
  const copy = join(folder, 'unpacked');
  cpSync(unpackedTo, copy, { recursive: true, verbatimSymlinks: true });
  const moved = (/** @type {string} */ path) => path.replace(unpackedTo, copy);
  return { bin: moved(found.bin), lib: found.lib.map(moved) };
}

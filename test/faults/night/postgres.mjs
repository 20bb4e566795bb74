import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from '../../support/free-port.mjs';
import { findPostgres, reachable, unprivilegedUser } from '../../support/postgres-binaries.mjs';

/**
 * How a server ends: `fast` lets it write down what it has, `immediate` does not, `kill` is SIGKILL for all its processes.
 *
 * @typedef {'fast' | 'immediate' | 'kill'} Ending
 *
 * @typedef {object} RestartablePostgres
 * @property {string} url a superuser's connection string
 * @property {number} port
 * @property {(how: Ending) => Promise<void>} end
 * @property {() => Promise<void>} start on the same data and port; resolves when it answers
 * @property {() => Promise<void>} stop for good; its folder goes
 */

const START_WITHIN_MS = 60_000;
const locale = process.platform === 'linux' ? 'C.UTF-8' : 'C';

/** What a suite needs that restarts PostgreSQL: binaries, because a server that others use is not ours to kill. */
export function restartablePostgresNeed() {
  const found = findPostgres();
  return { missing: 'missing' in found ? found.missing : null };
}

/**
 * A PostgreSQL of its own that can be ended and started again on the same data. It waits for its disk, as in production.
 *
 * @returns {Promise<RestartablePostgres>}
 */
export async function startRestartablePostgres() {
  const found = findPostgres();
  if ('missing' in found) throw new Error(`This machine has no PostgreSQL. ${found.missing}`);

  const folder = mkdtempSync(join(tmpdir(), 'itpay-night-postgres-'));
  const user = unprivilegedUser();
  const { bin, lib } = user ? reachable(found, folder) : found;
  if (user) execFileSync('chown', ['-R', `${user.uid}:${user.gid}`, folder]);
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const options = {
    ...user,
    cwd: '/',
    env: { PATH: process.env['PATH'], LC_ALL: locale, LD_LIBRARY_PATH: lib.join(':') },
  };
  const initdb = ['-D', join(folder, 'data'), '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', `--locale=${locale}`];
  execFileSync(join(bin, 'initdb'), [...initdb, '--no-sync'], { ...options, stdio: 'ignore' });

  // Ends the server and removes the folder when this process ends, in whatever way: the kernel closes the pipe then.
  const keeper = spawn('sh', ['-c', keeperScript, 'itpay-night', folder], {
    ...options,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  keeper.stdin.on('error', () => {});

  /** @type {import('node:child_process').ChildProcess | null} */
  let server = null;
  const settings = ['fsync=on', 'full_page_writes=on', 'max_connections=150', 'listen_addresses=127.0.0.1'];
  const args = ['-D', join(folder, 'data'), '-p', String(port), '-k', '', ...settings.flatMap((one) => ['-c', one])];

  const start = async () => {
    const child = spawn(join(bin, 'postgres'), args, {
      ...options,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    server = child;
    let log = '';
    child.stderr.on('data', (chunk) => (log = (log + chunk).slice(-20_000)));
    for (const deadline = Date.now() + START_WITHIN_MS; !(await answers(url)); await sleep(20)) {
      if (child.exitCode !== null) throw new Error(`PostgreSQL did not start:\n${log}`);
      if (Date.now() > deadline) throw new Error(`PostgreSQL did not answer within ${START_WITHIN_MS} ms:\n${log}`);
    }
  };

  /** @param {Ending} how */
  const end = async (how) => {
    const child = server;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    const pids = how === 'kill' ? [Number(child.pid), ...childrenOf(Number(child.pid))] : [Number(child.pid)];
    for (const pid of pids) signal(pid, SIGNALS[how]);
    await ended;
    server = null;
  };

  await start();
  return {
    url,
    port,
    end,
    start,
    stop: async () => {
      await end('immediate');
      const gone = once(keeper, 'exit');
      keeper.stdin.end('stopped\n');
      await gone;
    },
  };
}

/** @satisfies {Record<Ending, NodeJS.Signals>} */
const SIGNALS = { fast: 'SIGINT', immediate: 'SIGQUIT', kill: 'SIGKILL' };

const keeperScript = `
read -r stopped || { read -r server < "$1/data/postmaster.pid" && kill -QUIT "$server" && sleep 1; }
rm -rf "$1"
`;

/** @param {number} pid */
function childrenOf(pid) {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=', '-o', 'ppid='], { encoding: 'utf8' }).trim().split('\n');
  return rows
    .map((row) => row.trim().split(/\s+/).map(Number))
    .flatMap(([child, parent]) => (parent === pid ? [Number(child)] : []));
}

/** @param {number} pid @param {NodeJS.Signals} name */
function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error; // it was gone already
  }
}

/** @param {string} url */
async function answers(url) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

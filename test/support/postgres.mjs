import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from './free-port.mjs';
import { findPostgres, reachable, unprivilegedUser } from './postgres-binaries.mjs';

// JavaScript, because the benchmark runs it as it is.

/**
 * @typedef {object} PostgresServer
 * @property {string | null} url a superuser's connection string, or `null` when this machine has no PostgreSQL
 * @property {string | null} missing the line that would bring one in; set when `url` is `null`
 * @property {() => Promise<void>} stop
 *
 * @typedef {import('./postgres-binaries.mjs').Binaries} Binaries
 * @typedef {import('node:child_process').ChildProcess} ChildProcess
 */

const startTimeoutMs = 60_000;

/**
 * One real PostgreSQL for a run of the tests: the server that ITPAY_TEST_POSTGRES_URL names, else an own one in a
 * temporary folder, on a free port of the loopback interface.
 *
 * @param {{ durable?: boolean }} [options] `durable`: an own server waits for its disk, as in production; tests do without
 * @returns {Promise<PostgresServer>}
 */
export async function startPostgres({ durable = false } = {}) {
  const given = process.env['ITPAY_TEST_POSTGRES_URL'];
  if (given) return { url: given, missing: null, stop: async () => {} };

  const found = findPostgres();
  if ('missing' in found) return { url: null, missing: found.missing, stop: async () => {} };

  try {
    return await startOwn(found, durable);
  } catch {
    return startOwn(found, durable); // once more: somebody else may have taken the free port first
  }
}

/**
 * @param {Binaries} found
 * @param {boolean} durable
 * @returns {Promise<PostgresServer>}
 */
async function startOwn(found, durable) {
  const folder = mkdtempSync(join(tmpdir(), 'itpay-postgres-'));
  const user = unprivilegedUser();
  const { bin, lib } = user ? reachable(found, folder) : found;
  if (user) execFileSync('chown', ['-R', `${user.uid}:${user.gid}`, folder]); // the script has to remove it again

  const port = await freePort();
  const sync = durable ? 'on' : 'off';
  const keeper = spawn('sh', ['-c', keeperScript, 'itpay-postgres', bin, folder, String(port), sync], {
    ...user,
    cwd: '/',
    detached: true, // an own process group: Ctrl+C is for the tests, and the server goes after them
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'], LC_ALL: locale, LD_LIBRARY_PATH: lib.join(':') },
  });

  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  await untilItAnswers(url, keeper);
  return { url, missing: null, stop: () => stop(keeper) };
}

const locale = process.platform === 'linux' ? 'C.UTF-8' : 'C';

/**
 * The server's parent. Its standard input is a pipe that we hold open: when this process ends, in whatever way, kill -9
 * included, the kernel closes the pipe, `read` returns and the server is stopped the way of `pg_ctl -m immediate`
 * (SIGQUIT). Then the folder goes. No process has to notice anything for that.
 */
const keeperScript = `
bin=$1 folder=$2 port=$3 sync=$4
exec 3<&0
"$bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale="$LC_ALL" --no-sync >"$folder/log" 2>&1 &&
{
  "$bin/postgres" -D "$folder/data" -p "$port" -k '' -c listen_addresses=127.0.0.1 \\
    -c fsync=$sync -c full_page_writes=$sync -c max_connections=500 >>"$folder/log" 2>&1 3<&- &
  server=$!
  { read -r _ <&3; kill -QUIT $server; } 2>/dev/null &
  wait $server
}
tail -n 20 "$folder/log" >&2
rm -rf "$folder"
`;

/**
 * @param {string} url
 * @param {ChildProcess} keeper
 */
async function untilItAnswers(url, keeper) {
  let log = '';
  keeper.stderr?.on('data', (chunk) => (log += chunk));
  keeper.stdin?.on('error', () => {}); // nothing is ever written to it

  const deadline = Date.now() + startTimeoutMs;
  while (!(await answers(url))) {
    if (keeper.exitCode !== null) throw new Error(`PostgreSQL did not start:\n${log}`);
    if (Date.now() > deadline) {
      await stop(keeper);
      throw new Error(`PostgreSQL did not answer within ${startTimeoutMs} ms:\n${log}`);
    }
    await sleep(50);
  }
}

/** @param {string} url */
async function answers(url) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
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

/** @param {ChildProcess} keeper */
async function stop(keeper) {
  if (keeper.exitCode !== null) return;
  const exited = once(keeper, 'exit');
  keeper.stdin?.end();
  await exited;
}

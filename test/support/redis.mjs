import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.mjs';
import { findRedis } from './redis-binaries.mjs';

// JavaScript, because the long runs and the benchmark run it as it is.

/**
 * @typedef {object} RedisServer
 * @property {string} url `redis://127.0.0.1:port`; empty when this machine has no Redis
 * @property {number} port
 * @property {string | null} missing the line that would bring one in, or null
 * @property {() => Promise<void>} stop ends it for good
 * @property {() => Promise<void>} kill SIGKILL; it can be restarted
 * @property {() => Promise<void>} restart killed if it runs, then started on the same port, without its data
 * @property {() => void} pause SIGSTOP: connections stay open and nothing answers
 * @property {() => void} resume after `pause`
 *
 * @typedef {object} RedisCluster
 * @property {string[]} urls one per node
 * @property {RedisServer[]} nodes
 * @property {string | null} missing
 * @property {() => Promise<void>} stop
 */

const startTimeoutMs = 20_000;

/** What a suite needs that uses Redis: `describeNeeding(redisNeed(), …)`. */
export function redisNeed() {
  const found = findRedis();
  return { missing: 'missing' in found ? found.missing : null };
}

/**
 * A real Redis that keeps nothing on disk, on a port of the loopback interface. It ends with the process that started it,
 * however that ends.
 *
 * @param {{ args?: string[], port?: number }} [options] `args`: more for redis-server, such as `['--requirepass', 's3cr3t']`;
 *   `port`: a free one unless told
 * @returns {Promise<RedisServer>}
 */
export async function startRedis({ args = [], port } = {}) {
  const found = findRedis();
  if ('missing' in found) return noRedis(found.missing);
  if (port !== undefined) return start(found, args, port);
  try {
    return await start(found, args, await freePort());
  } catch {
    return start(found, args, await freePort()); // once more: somebody else may have taken the free port first
  }
}

/**
 * Three nodes of one Redis Cluster, each with a third of the slots and none with a replica.
 *
 * @returns {Promise<RedisCluster>}
 */
export async function startRedisCluster() {
  const { missing } = redisNeed();
  if (missing !== null) return { urls: [], nodes: [], missing, stop: async () => {} };

  const nodes = [await startNode(), await startNode(), await startNode()];
  const stop = async () => void (await Promise.all(nodes.map((node) => node.stop())));
  try {
    for (const [i, { port }] of nodes.entries()) {
      const share = [Math.floor((16_384 * i) / 3), Math.floor((16_384 * (i + 1)) / 3) - 1];
      await ask(port, `CLUSTER ADDSLOTSRANGE ${share.join(' ')}`);
      await ask(port, `CLUSTER SET-CONFIG-EPOCH ${i + 1}`);
    }
    for (const from of nodes) {
      for (const to of nodes)
        if (to !== from) await ask(from.port, `CLUSTER MEET 127.0.0.1 ${to.port} ${busPort(to.port)}`);
    }
    await until(async () => {
      const states = await Promise.all(nodes.map(({ port }) => ask(port, 'CLUSTER INFO')));
      return states.every((text) => /cluster_state:ok/.test(text) && /cluster_known_nodes:3/.test(text));
    }, 'The nodes of Redis Cluster did not find each other');
  } catch (error) {
    await stop();
    throw error;
  }
  return { urls: nodes.map(({ url }) => url), nodes, missing: null, stop };
}

async function startNode() {
  const bus = await freePort();
  return startRedis({
    args: ['--cluster-enabled', 'yes', '--cluster-port', String(bus), '--cluster-node-timeout', '2000'],
  });
}

/** @type {Map<number, number>} */
const busPorts = new Map();
/** @param {number} port */
const busPort = (port) => busPorts.get(port) ?? port + 10_000;

/**
 * @param {import('./redis-binaries.mjs').Binaries} found
 * @param {string[]} args
 * @param {number} port
 * @returns {Promise<RedisServer>}
 */
async function start({ server, lib }, args, port) {
  const folder = mkdtempSync(join(tmpdir(), 'itpay-redis-'));
  const bus = args[args.indexOf('--cluster-port') + 1];
  if (args.includes('--cluster-port')) busPorts.set(port, Number(bus));
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  const keeper = spawn('sh', ['-c', keeperScript, 'itpay-redis', folder, server, ...settings, ...args], {
    cwd: '/',
    detached: true, // an own process group: Ctrl+C is for the tests, and the server goes after them
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH: process.env['PATH'], LC_ALL: 'C', LD_LIBRARY_PATH: lib.join(':') },
  });
  keeper.stdin.on('error', () => {});
  // A server that nobody stopped does not keep its process alive.
  keeper.unref();
  for (const pipe of [keeper.stdin, keeper.stdout]) /** @type {import('node:net').Socket} */ (pipe).unref();

  let pid = 0;
  /** What the server wrote, while it did not start. @type {string[]} */
  const log = [];
  const ended = { of: 0 };
  createInterface({ input: keeper.stdout }).on('line', (line) => {
    const [word, value] = line.split(' ');
    if (word === 'started') pid = Number(value);
    else if (word === 'ended') ended.of = Number(value);
    else log.push(line);
  });
  const runs = () => pid !== 0 && ended.of !== pid;

  const stop = async () => {
    if (keeper.exitCode !== null || keeper.signalCode !== null) return;
    const exited = once(keeper, 'exit');
    keeper.ref();
    keeper.stdin.end();
    await exited;
  };
  const kill = async () => {
    if (!runs()) return;
    process.kill(pid, 'SIGKILL');
    await until(async () => !runs(), 'Redis outlived SIGKILL');
  };
  const run = async () => {
    const before = pid;
    if (await answers(port)) throw new Error(`Port ${port} is taken.`);
    keeper.stdin.write('start\n');
    await until(async () => {
      if (pid !== before && !runs()) throw new Error(`Redis did not start:\n${log.slice(-20).join('\n')}`);
      return pid !== before && (await answers(port));
    }, 'Redis did not answer');
  };
  const signal = (/** @type {NodeJS.Signals} */ name) => runs() && process.kill(pid, name);

  try {
    await run();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    missing: null,
    stop,
    kill,
    restart: async () => {
      await kill();
      await run();
    },
    pause: () => void signal('SIGSTOP'),
    resume: () => void signal('SIGCONT'),
  };
}

/**
 * The server's parent. Each line on its standard input starts the server. That input is a pipe which we hold open: when
 * this process ends, in whatever way, kill -9 included, the kernel closes the pipe, `read` returns, and the server and its
 * folder go. No process has to notice anything for that.
 */
const keeperScript = `
folder=$1
shift
while read -r _; do
  (
    "$@" 2>&1 &
    echo $! >"$folder/pid"
    echo "started $!"
    wait $! 2>/dev/null
    rm -f "$folder/pid"
    echo "ended $!"
  ) &
done
if pid=$(cat "$folder/pid" 2>/dev/null); then kill -KILL "$pid" 2>/dev/null; fi
wait
rm -rf "$folder"
`;

/** @param {string} missing @returns {RedisServer} */
function noRedis(missing) {
  const nothing = async () => {};
  return {
    url: '',
    port: 0,
    missing,
    stop: nothing,
    kill: nothing,
    restart: nothing,
    pause: () => {},
    resume: () => {},
  };
}

/**
 * With a password, or without its data yet, it answers an error: it is up.
 *
 * @param {number} port
 */
async function answers(port) {
  const answer = await ask(port, 'PING').catch(() => '');
  return answer.startsWith('+PONG') || answer.startsWith('-NOAUTH');
}

/**
 * One command on a connection of its own.
 *
 * @param {number} port
 * @param {string} command
 * @returns {Promise<string>} what came back, as it came
 */
async function ask(port, command) {
  const socket = connect({ host: '127.0.0.1', port, timeout: 2000 });
  socket.once('timeout', () => socket.destroy(new Error(`Redis did not answer ${command}`)));
  try {
    await once(socket, 'connect');
    socket.write(`${command}\r\n`);
    const [answer] = await once(socket, 'data');
    const text = String(answer);
    if (/^-(?!NOAUTH)/.test(text)) throw new Error(`Redis answered ${command} with ${text.trim()}`);
    return text;
  } finally {
    socket.destroy();
  }
}

/**
 * @param {() => Promise<boolean>} done
 * @param {string} otherwise
 */
async function until(done, otherwise) {
  const deadline = Date.now() + startTimeoutMs;
  while (!(await done())) {
    if (Date.now() > deadline) throw new Error(`${otherwise} within ${startTimeoutMs} ms.`);
    await sleep(10);
  }
}

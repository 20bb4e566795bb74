import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.mjs';

/**
 * @typedef {object} SwiftServer
 * @property {string} endpoint speaks the protocol of S3
 * @property {string} accessKeyId
 * @property {string} secretAccessKey
 * @property {string} region
 * @property {string} bucket it is there, and empty
 * @property {() => Promise<void>} stop
 */

const region = 'eu-central-1';
const bucket = 'shop-files';
const startTimeoutMs = 30_000;
const packages = ['swift-proxy', 'swift-account', 'swift-container', 'swift-object', 'memcached'];
const programs = [
  'swift-proxy-server',
  'swift-account-server',
  'swift-container-server',
  'swift-object-server',
  'memcached',
];
const python = '/usr/bin/python3'; // the distribution's own, which has the library

/** What a suite needs that uses Swift: `describeNeeding(swiftNeed(), …)`. */
export function swiftNeed() {
  // Its servers read this file wherever the rest of their configuration lies.
  const found = [...programs.map((name) => `/usr/bin/${name}`), '/etc/swift/swift.conf'].every((file) =>
    existsSync(file),
  );
  return { missing: found ? null : `apt-get install --no-install-recommends ${packages.join(' ')}` };
}

/**
 * OpenStack Swift with its S3 API, from Debian's packages: one proxy and one server each for accounts, containers and
 * objects, on free ports of the loopback interface and in a temporary folder. It ends with the process that started it.
 *
 * @returns {Promise<SwiftServer>}
 */
export async function startSwift() {
  try {
    return await start();
  } catch {
    return start(); // once more: somebody else may have taken a free port first
  }
}

/** @returns {Promise<SwiftServer>} */
async function start() {
  const folder = mkdtempSync(join(tmpdir(), 'itpay-swift-'));
  const [proxy, account, container, object, memcache] = await freePorts(5);
  const ports = { proxy, account, container, object, memcache };
  mkdirSync(join(folder, 'disks', 'd1'), { recursive: true });
  for (const [name, text] of Object.entries(configuration(folder, ports))) writeFileSync(join(folder, name), text);
  try {
    execFileSync(python, ['-c', ringsScript, folder, String(account), String(container), String(object)], {
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }

  const keeper = spawn('sh', ['-c', keeperScript, 'itpay-swift', folder, String(memcache)], {
    cwd: '/',
    detached: true, // an own process group: Ctrl+C is for the tests, and the servers go after them
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
  });
  keeper.stdin.on('error', () => {});
  const stop = () => stopKeeper(keeper);
  const endpoint = `http://127.0.0.1:${proxy}`;
  try {
    await makeBucket(endpoint, keeper, folder);
  } catch (error) {
    await stop();
    throw error;
  }
  return { endpoint, accessKeyId: 'shop:owner', secretAccessKey: secret, region, bucket, stop };
}

const secret = 'a-secret-of-swift';

/** @param {number} count */
async function freePorts(count) {
  /** @type {Set<number>} */
  const ports = new Set();
  while (ports.size < count) ports.add(await freePort());
  return /** @type {[number, number, number, number, number]} */ ([...ports]);
}

/**
 * @param {string} folder
 * @param {Record<'proxy' | 'account' | 'container' | 'object' | 'memcache', number>} ports
 * @returns {Record<string, string>}
 */
function configuration(folder, { memcache, ...ports }) {
  const head = (/** @type {keyof typeof ports} */ name) => `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${ports[name]}
user = ${userInfo().username}
swift_dir = ${folder}
devices = ${join(folder, 'disks')}
mount_check = false
workers = 0
log_level = WARNING
`;
  const storage = (/** @type {'account' | 'container' | 'object'} */ name) => `${head(name)}
[pipeline:main]
pipeline = ${name}-server
[app:${name}-server]
use = egg:swift#${name}
fallocate_reserve = 0
`;
  return {
    'account.conf': storage('account'),
    'container.conf': storage('container'),
    'object.conf': storage('object'),
    'proxy.conf': `${head('proxy')}
[pipeline:main]
pipeline = catch_errors gatekeeper cache s3api tempauth proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:${memcache}
[filter:s3api]
use = egg:swift#s3api
location = ${region}
[filter:tempauth]
use = egg:swift#tempauth
user_shop_owner = ${secret} .admin
`,
  };
}

/** Where each server finds the others: one copy on one disk. Files keep their facts in attributes of the file system. */
const ringsScript = `
import os, sys
from swift.common.ring import RingBuilder
folder, ports = sys.argv[1], sys.argv[2:]
probe = os.path.join(folder, 'disks', 'd1', 'probe')
open(probe, 'w').close()
os.setxattr(probe, 'user.swift.probe', b'1')
os.remove(probe)
for name, port in zip(['account', 'container', 'object'], ports):
    builder = RingBuilder(4, 1, 1)
    builder.add_dev({'region': 1, 'zone': 1, 'weight': 1, 'device': 'd1', 'ip': '127.0.0.1', 'port': int(port)})
    builder.rebalance()
    builder.get_ring().save(os.path.join(folder, name + '.ring.gz'))
`;

/** As for PostgreSQL: when the process that holds the pipe ends, in whatever way, the servers go, and then the folder. */
const keeperScript = `
folder=$1 memcache=$2
exec 3<&0
user=
[ "$(id -u)" = 0 ] && user='-u nobody'
/usr/bin/memcached -l 127.0.0.1 -p $memcache -U 0 -m 16 $user >"$folder/memcached.log" 2>&1 3<&- &
servers=$!
for name in account container object proxy; do
  /usr/bin/swift-$name-server "$folder/$name.conf" -v >"$folder/$name.log" 2>&1 3<&- &
  servers="$servers $!"
done
read -r _ <&3
kill -KILL $servers 2>/dev/null
wait
rm -rf "$folder"
`;

/**
 * Waits until all servers answer, and makes the bucket: through Swift's own API, which needs no signature.
 *
 * @param {string} endpoint
 * @param {import('node:child_process').ChildProcess} keeper
 * @param {string} folder
 */
async function makeBucket(endpoint, keeper, folder) {
  const deadline = Date.now() + startTimeoutMs;
  let last = '';
  for (;;) {
    try {
      const login = await fetch(`${endpoint}/auth/v1.0`, {
        headers: { 'x-auth-user': 'shop:owner', 'x-auth-key': secret },
      });
      const [url, token] = [login.headers.get('x-storage-url'), login.headers.get('x-auth-token')];
      if (url !== null && token !== null) {
        const made = await fetch(`${url}/${bucket}`, { method: 'PUT', headers: { 'x-auth-token': token } });
        if (made.ok) return;
        last = `${made.status} for the bucket`;
      } else last = `${login.status} for the login`;
    } catch (error) {
      last = String(/** @type {Error} */ (error).cause ?? error);
    }
    if (keeper.exitCode !== null || Date.now() > deadline) {
      throw new Error(`Swift did not start (${last}):\n${logs(folder)}`);
    }
    await sleep(100);
  }
}

/** @param {string} folder */
function logs(folder) {
  return ['memcached', 'account', 'container', 'object', 'proxy']
    .map((name) => join(folder, `${name}.log`))
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, 'utf8').slice(-2000))
    .join('\n');
}

/** @param {import('node:child_process').ChildProcess} keeper */
async function stopKeeper(keeper) {
  if (keeper.exitCode !== null) return;
  const exited = once(keeper, 'exit');
  keeper.stdin?.end();
  await exited;
}

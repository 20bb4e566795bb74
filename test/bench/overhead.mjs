import { measureLatency } from './load.mjs';

// A route that does nothing, behind the whole gateway (mount, key, scope, validation, answer) and on the bare host.

const REQUESTS = 1_500;
const PATH = '/itpay/v1/nothing';

/**
 * @param {object} tools
 * @param {(name: string) => Promise<string>} tools.createDatabase
 * @param {(options: import('./server.mjs').ServerOptions) => Promise<any>} tools.startServer
 * @param {number} tools.rounds
 */
export async function overhead({ createDatabase, startServer, rounds }) {
  const database = await createDatabase('bench_overhead');
  const first = await startServer({ variant: 'itpay', database });
  const servers = {
    gateway: first,
    limited: await startServer({ variant: 'itpay', database, limits: true }),
    bare: await startServer({ variant: 'bare', database }),
  };
  const names = /** @type {(keyof typeof servers)[]} */ (Object.keys(servers));
  const run = async (/** @type {keyof typeof servers} */ name) => {
    const server = servers[name];
    const cpuBefore = await server.cpuMs();
    const headers = { authorization: `Bearer ${server.token}` };
    const times = await measureLatency({ port: server.port, path: PATH, headers, requests: REQUESTS });
    const cpuMs = (await server.cpuMs()) - cpuBefore;
    const at = (/** @type {number} */ share) => /** @type {number} */ (times[Math.floor(times.length * share)]) * 1000;
    return { p50: at(0.5), p99: at(0.99), cpu: (cpuMs * 1000) / REQUESTS };
  };
  for (const name of names) await run(name);
  const results = [];
  for (let round = 0; round < rounds; round += 1) {
    /** @type {Record<string, Awaited<ReturnType<typeof run>>>} */
    const row = {};
    for (const name of names.toSorted(() => Math.random() - 0.5)) row[name] = await run(name);
    results.push(/** @type {Record<keyof typeof servers, Awaited<ReturnType<typeof run>>>} */ (row));
    process.stderr.write('.');
  }
  process.stderr.write('\n');
  for (const name of names) await servers[name].stop();
  return results;
}

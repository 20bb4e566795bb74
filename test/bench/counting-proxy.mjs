import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/**
 * @typedef {object} CountingProxy
 * @property {string} url the database behind the proxy
 * @property {() => Map<string, number>} counts round trips since the last `reset`, by `application_name`
 * @property {() => void} reset
 * @property {() => Promise<void>} close
 */

/**
 * Stands in front of a PostgreSQL server and counts what its clients wait for. A client waits once per Sync, which ends a
 * batch of the extended protocol, and once per simple Query.
 *
 * @see https://www.postgresql.org/docs/15/protocol-flow.html
 * @param {string} databaseUrl without TLS
 * @returns {Promise<CountingProxy>}
 */
export async function countingProxy(databaseUrl) {
  const target = new URL(databaseUrl);
  /** @type {Map<string, number>} */
  const counts = new Map();
  /** @type {Set<import('node:net').Socket>} */
  const open = new Set();

  const server = createServer((client) => {
    const upstream = connect(Number(target.port || 5432), target.hostname);
    const watch = roundTripCounter((application) => counts.set(application, (counts.get(application) ?? 0) + 1));
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.setNoDelay(true).on('close', () => open.delete(socket));
    }
    client.on('data', watch);
    client.on('error', () => upstream.destroy()).pipe(upstream);
    upstream.on('error', () => client.destroy()).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`;
  return {
    url: url.href,
    counts: () => new Map(counts),
    reset: () => counts.clear(),
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

const SYNC = 'S'.charCodeAt(0);
const QUERY = 'Q'.charCodeAt(0);

/**
 * Reads what one client sends: first a startup message (length, then the rest), then messages with a type byte before the
 * length.
 *
 * @param {(application: string) => void} onRoundTrip
 * @returns {(chunk: Buffer) => void}
 */
function roundTripCounter(onRoundTrip) {
  let rest = /** @type {Buffer} */ (Buffer.alloc(0));
  /** @type {string | null} */
  let application = null;

  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const header = application === null ? 0 : 1;
      if (rest.length < header + 4) return;
      const end = header + rest.readUInt32BE(header);
      if (rest.length < end) return;
      const message = rest.subarray(0, end);
      rest = rest.subarray(end);
      if (application === null) application = applicationName(message);
      else if (message[0] === SYNC || message[0] === QUERY) onRoundTrip(application);
    }
  };
}

/** @param {Buffer} startup four bytes of length, four of version, then names and values, each ended by a zero byte */
function applicationName(startup) {
  const fields = startup.subarray(8).toString('utf8').split('\0');
  return fields[fields.indexOf('application_name') + 1] ?? '';
}

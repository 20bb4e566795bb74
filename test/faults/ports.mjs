import { writeSync } from 'node:fs';
import pg from 'pg';

// JavaScript, because the child that kills itself is a plain Node process on the built packages.

/** @typedef {{ when: 'before' | 'after', k: number }} Kill */

let armed = false;
/** @type {string[]} */
let calls = [];
/** @type {Kill | null} */
let kill = null;

/**
 * Counts port calls from now on, and ends this process around the k-th, as `kill -9` would.
 *
 * @param {Kill | null} at
 */
export function arm(at) {
  [armed, calls, kill] = [true, [], at];
}

export function disarm() {
  armed = false;
}

/** The port calls since `arm`, in their order. */
export const portCalls = () => calls;

/** @param {string} what */
function before(what) {
  if (!armed) return null;
  const call = calls.push(what);
  dieIf('before', call, what);
  return call;
}

/**
 * @param {number | null} call
 * @param {string} what
 */
function after(call, what) {
  if (call !== null) dieIf('after', call, what);
}

/**
 * @param {'before' | 'after'} when
 * @param {number} call
 * @param {string} what
 */
function dieIf(when, call, what) {
  if (kill?.when !== when || kill.k !== call) return;
  print({ killed: what }); // synchronous, so it is out before the signal; and it is no port
  process.kill(process.pid, 'SIGKILL');
}

/** @param {object} line */
export function print(line) {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

/** The answer to the client is a port as well: it is given when the line is written. @param {object} answer */
export function giveAnswer(answer) {
  const call = before('answer');
  print({ answer });
  after(call, 'answer');
}

export const uncountedFetch = globalThis.fetch;

globalThis.fetch = async (input, init) => {
  const what = `${init?.method ?? 'GET'} ${new URL(input instanceof Request ? input.url : String(input)).pathname}`;
  const call = before(what);
  try {
    const response = await uncountedFetch(input, init);
    const body = await response.arrayBuffer(); // the call is over with the last byte
    return new Response(body, response);
  } finally {
    after(call, what);
  }
};

const { query } = pg.Client.prototype;
// Statements go out one by one, and so do `begin` and `commit`: this is every boundary that the database can see.
pg.Client.prototype.query = /** @type {any} */ (
  /** @this {pg.Client} @param {any} config @param {any} values @param {any} callback */
  function counted(config, values, callback) {
    const what = typeof config === 'string' ? config : (config?.name ?? config?.text ?? 'query');
    const call = before(what);
    const done = [values, callback].find((one) => typeof one === 'function');
    if (done) {
      /** @param {unknown[]} results */
      const counting = (...results) => {
        after(call, what);
        done(...results);
      };
      return values === done
        ? query.call(this, config, /** @type {any} */ (counting))
        : query.call(this, config, values, /** @type {any} */ (counting));
    }
    const result = /** @type {any} */ (query.call(this, config, values));
    if (typeof result?.then !== 'function') return result;
    return result.then(
      (/** @type {unknown} */ value) => {
        after(call, what);
        return value;
      },
      (/** @type {unknown} */ error) => {
        after(call, what);
        throw error;
      },
    );
  }
);

/** A blob store whose calls count. What is in it dies with the process, as drawn images may. */
export function countedBlobs() {
  /** @type {Map<string, Uint8Array>} */
  const blobs = new Map();
  /** @template T @param {string} what @param {() => T} work */
  const counted = async (what, work) => {
    const call = before(what);
    const result = work();
    after(call, what);
    return result;
  };
  return {
    /** @param {string} key @param {Uint8Array} bytes */
    put: (key, bytes) => counted('blob put', () => void blobs.set(key, bytes)),
    /** @param {string} key */
    get: (key) => counted('blob get', () => blobs.get(key) ?? null),
    /** @param {string} key */
    delete: (key) => counted('blob delete', () => void blobs.delete(key)),
  };
}

// The thread that runs PGlite. PGlite is synchronous: on the main thread one heavy query stops the host's event loop for
// seconds. Plain JavaScript with types in comments, because a thread starts from a file and tests run on the sources.
import { parentPort } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';

/**
 * @typedef {{ id: number } & (
 *   | { kind: 'start', dataDir: string, tar: Uint8Array<ArrayBuffer> | null }
 *   | { kind: 'exchange', bytes: Uint8Array }
 *   | { kind: 'close' }
 * )} Task
 * @typedef {{ id: number, bytes?: Uint8Array, error?: string }} Reply
 */

const SETTINGS = {
  shared_buffers: '8MB', // 155 MB of memory for the process instead of 301
  max_wal_size: '64MB', // what a checkpoint (upkeep.ts) keeps for reuse; the default is 1 GB
  min_wal_size: '32MB',
};
const START_PARAMS = [
  ...PGlite.defaultStartParams,
  ...Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
];

/** @type {PGlite} */
let db;

/** @param {Task} task @returns {Promise<Uint8Array | undefined>} */
async function perform(task) {
  if (task.kind === 'start') {
    const seed = task.tar && { loadDataDir: new Blob([task.tar], { type: 'application/x-tar' }) };
    db = await PGlite.create(task.dataDir, { startParams: START_PARAMS, ...seed });
  } else if (task.kind === 'exchange') {
    return db.execProtocolRaw(task.bytes);
  } else {
    await db.close();
  }
}

// One after the other, in the order of arrival: the caller relies on it for ROLLBACK before the next owner's BEGIN.
/** @type {Promise<void>} */
let last = Promise.resolve();
parentPort?.on('message', (/** @type {Task} */ task) => {
  last = last.then(() => answer(task));
});

/** @param {Task} task */
async function answer(task) {
  try {
    const bytes = (await perform(task))?.slice(); // a copy: PGlite may hand out a view of its memory
    post({ id: task.id, ...(bytes && { bytes }) }, bytes ? [bytes.buffer] : []);
  } catch (error) {
    post({ id: task.id, error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
  }
}

/** @param {Reply} reply @param {import('node:worker_threads').TransferListItem[]} [transfer] */
function post(reply, transfer) {
  parentPort?.postMessage(reply, transfer);
}

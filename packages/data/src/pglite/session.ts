import { Worker } from 'node:worker_threads';

/** The one session of PGlite: wire messages in, the server's answer out, one exchange after the other. */
export interface Session {
  exchange(message: Uint8Array): Promise<Uint8Array>;
}

/** A session in a worker thread. */
export interface WorkerSession extends Session {
  /** Opens the database; `tar` is a data directory to begin with, for a database in memory. */
  start(dataDir: string, tar: Uint8Array | null): Promise<void>;
  /** Makes a data directory with initdb, without opening it. */
  initialise(dataDir: string): Promise<void>;
  /** Writes a last checkpoint and ends the thread. */
  close(): Promise<void>;
  /** Gives the database up: what runs and what comes is rejected with the reason. */
  fail(reason: string): void;
}

interface Pending {
  resolve(bytes: Uint8Array): void;
  reject(error: Error): void;
}

// For a statement that never ends. Terminating is as safe as kill -9, which loses nothing that was committed.
const CLOSE_LIMIT_MS = 10_000;

/** Starts the thread. The database itself opens with `start`, so that loading PGlite overlaps with unpacking. */
export function startWorker(onFailure: (error: Error) => void): WorkerSession {
  // Without the host's flags: a loader such as tsx would be started once more in the thread.
  const worker = new Worker(new URL('./worker.js', import.meta.url), { name: 'itpay-pglite', execArgv: [] });
  const pending = new Map<number, Pending>();
  let lastId = 0;
  let failure: Error | null = null;

  const fail = (reason: string) => {
    if (failure) return;
    failure = new Error(
      `The embedded database stopped: ${reason}. Restart the process; what was committed is on disk.`,
    );
    for (const { reject } of pending.values()) reject(failure);
    pending.clear();
    void worker.terminate();
    onFailure(failure);
  };
  worker.on('message', ({ id, bytes, error }: { id: number; bytes?: Uint8Array; error?: string }) => {
    const task = pending.get(id);
    pending.delete(id);
    if (pending.size === 0) worker.unref();
    if (error === undefined) return task?.resolve(bytes ?? new Uint8Array());
    task?.reject(new Error(error));
    // PGlite answers SQL errors in the protocol. What it throws comes from the machine below, which is not to be trusted
    // afterwards.
    fail(error);
  });
  worker.on('error', (error) => fail(error.message));
  worker.on('exit', (code) => fail(`its thread ended with code ${code}`));

  const send = (task: object, transfer: ArrayBuffer[] = []): Promise<Uint8Array> => {
    if (failure) return Promise.reject(failure);
    const id = ++lastId;
    worker.ref(); // the process stays for an answer, and may end by itself while there is none to wait for
    worker.postMessage({ id, ...task }, transfer);
    return new Promise((resolve, reject) => pending.set(id, { resolve, reject }));
  };

  return {
    async start(dataDir, tar) {
      await send({ kind: 'start', dataDir, tar });
    },
    async initialise(dataDir) {
      await send({ kind: 'start', dataDir, tar: null });
      await send({ kind: 'close' });
    },
    exchange(message) {
      const bytes = new Uint8Array(message); // a copy to give away: pg's buffers come from a shared pool
      return send({ kind: 'exchange', bytes }, [bytes.buffer]);
    },
    async close() {
      const limit = setTimeout(() => fail(`it did not end within ${CLOSE_LIMIT_MS} ms`), CLOSE_LIMIT_MS);
      try {
        if (!failure) await send({ kind: 'close' });
      } finally {
        clearTimeout(limit);
        failure ??= new Error('The embedded database is closed.');
        await worker.terminate();
      }
    },
    fail,
  };
}

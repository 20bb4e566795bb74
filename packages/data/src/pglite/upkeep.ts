/** Runs SQL on the session when it is free. */
export type RunSql = (sql: string) => Promise<void>;

interface Chore {
  readonly sql: string;
  readonly afterStatements: number;
  readonly afterMs: number;
}

const minutes = (n: number) => n * 60_000;

/**
 * The work of a server's background processes. PGlite runs PostgreSQL in single-user mode, which has neither a
 * checkpointer nor autovacuum: measured, pg_wal reached 385 MB for 240,000 rows and dead rows were never removed. A
 * checkpoint takes about 30 ms; a vacuum 40 ms with little to do, and a second for half a million dead rows.
 */
const CHORES: readonly Chore[] = [
  { sql: 'CHECKPOINT', afterStatements: 5000, afterMs: minutes(1) },
  { sql: 'VACUUM (ANALYZE)', afterStatements: 20_000, afterMs: minutes(60) },
];

/** Does the chores that are due, one at a time, while statements come in. An idle database needs none. */
export class Upkeep {
  readonly #run: RunSql;
  readonly #onError: (error: unknown) => void;
  readonly #now: () => number;
  readonly #done = CHORES.map((chore) => ({ chore, statements: 0, at: 0 }));
  #busy = false;

  constructor(run: RunSql, onError: (error: unknown) => void, now: () => number = () => performance.now()) {
    this.#run = run;
    this.#onError = onError;
    this.#now = now;
    for (const entry of this.#done) entry.at = now();
  }

  /** A statement or transaction is done and the session is free. */
  note(): void {
    for (const entry of this.#done) entry.statements += 1;
    const due = this.#done.find(
      ({ chore, statements, at }) => statements >= chore.afterStatements || this.#now() - at >= chore.afterMs,
    );
    if (!due || this.#busy) return;

    this.#busy = true;
    due.statements = 0;
    due.at = this.#now();
    this.#run(due.chore.sql)
      .catch(this.#onError)
      .finally(() => (this.#busy = false));
  }
}

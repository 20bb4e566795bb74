import type { Clock } from '../ports/clock.js';
import type { Database, Queryable } from '../ports/database.js';
import type { Secrets } from '../ports/secrets.js';
import { statement } from '../statement.js';
import { token, type Token } from '../token.js';

/** How often a process notes which key it uses, in milliseconds. */
export const KEY_USE_MS = 60_000;
/** How often it looks whether that is another one now. */
const LOOK_EVERY_MS = 1_000;

/** When a secret key was the first of a list for the last time, and so may have signed something. */
export interface KeyUse {
  /** Its public name; see `ListedKey`. */
  readonly id: string;
  readonly lastFirstAt: Date;
}

/**
 * Notes with which key this process seals and signs: at the start, when it changes, and each minute. So somebody can say when nothing is
 * around any more that an older key signed.
 */
export class KeyUseNotes {
  static readonly token: Token<KeyUseNotes> = token<KeyUseNotes>('secret-key-use');

  readonly #database: Database;
  readonly #clock: Clock;
  readonly #secrets: Pick<Secrets, 'keys'>;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #noted = '';
  #nextNoteMs = 0;

  constructor(database: Database, clock: Clock, secrets: Pick<Secrets, 'keys'>) {
    this.#database = database;
    this.#clock = clock;
    this.#secrets = secrets;
  }

  async start(): Promise<void> {
    await this.#note();
    this.#timer = setInterval(() => {
      const [first] = this.#secrets.keys('');
      if (first!.id === this.#noted && performance.now() < this.#nextNoteMs) return;
      // A database that is away is told by others; the next minute comes.
      this.#writing = this.#note().catch(() => {});
    }, LOOK_EVERY_MS);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
  }

  async #note(): Promise<void> {
    const [first] = this.#secrets.keys('');
    this.#noted = first!.id;
    this.#nextNoteMs = performance.now() + KEY_USE_MS;
    await this.#database.query(NOTE, { id: first!.id, now: this.#clock.now() });
  }
}

/** Of each key that ever was the first one of a process. */
export async function readKeyUse(on: Queryable): Promise<KeyUse[]> {
  return (await on.query(READ, {})).map(({ id, last_first_at }) => ({ id, lastFirstAt: last_first_at }));
}

// Of many processes, few write: the others find a note that is young enough.
const NOTE = statement<{ id: string; now: Date }, object>(
  'secret_key_note',
  `insert into {schema}.secret_keys as known (id, last_first_at) values (:id, :now)
   on conflict (id) do update set last_first_at = :now where known.last_first_at < :now::timestamptz - interval '30 seconds'`,
);
const READ = statement<object, { id: string; last_first_at: Date }>(
  'secret_key_use',
  `select id, last_first_at from {schema}.secret_keys order by last_first_at desc`,
);

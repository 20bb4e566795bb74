import { Duplex } from 'node:stream';
import type { Session } from './session.js';
import { type Holder, Turns, WaitedTooLong } from './turns.js';
import { Upkeep } from './upkeep.js';
import * as wire from './wire.js';

export interface MuxOptions {
  /** How long a statement may wait for the session. */
  readonly maxWaitMs: number;
  /** Upkeep failed; it is tried again later. */
  readonly onUpkeepError?: (error: unknown) => void;
}

/**
 * Several `pg` connections over the one session of PGlite, so that knex and its pool work as with a server.
 *
 * A connection has the session from its first message until the server says that it is idle again: for a statement, or
 * for a transaction from BEGIN to COMMIT. The others wait in line.
 *
 * Session state is shared: SET, PREPARE and LISTEN on one connection show on all. Our statements name the schema and
 * prepare nothing, so they do not care; a host's own statements must not rely on `SET` (`SET LOCAL` is fine).
 */
export class SessionMux {
  readonly #session: Session;
  readonly #turns: Turns;
  readonly #upkeep: Upkeep;
  readonly #connections = new Set<Connection>();
  #greeting: Buffer | null = null;

  constructor(session: Session, { maxWaitMs, onUpkeepError = () => {} }: MuxOptions) {
    this.#session = session;
    this.#turns = new Turns(maxWaitMs);
    this.#upkeep = new Upkeep((sql) => this.#run(sql), onUpkeepError);
  }

  /** Logs in once. New connections are greeted with the same answer, without waiting for the session. */
  async open(): Promise<void> {
    this.#greeting = Buffer.from(await this.#session.exchange(wire.startup()));
  }

  /** A stream for pg's option `stream`. */
  connect(): Duplex {
    const connection = new Connection({
      greeting: () => this.#greeting,
      exchange: (owner, message) => this.#exchange(owner, message),
      leave: (owner) => this.#leave(owner),
    });
    this.#connections.add(connection);
    return connection;
  }

  async #exchange(owner: Connection, message: Buffer): Promise<Buffer> {
    await this.#turns.take(owner);
    // Destroyed between being called up and getting here: what it left open is already being rolled back.
    if (owner.destroyed) throw new Error('The connection was closed while it waited.');
    const answer = asBuffer(await this.#session.exchange(message));
    const { idle, notifications } = wire.readAnswer(answer);
    for (const other of this.#connections) {
      if (other !== owner) for (const notification of notifications) other.push(notification);
    }
    if (idle) {
      this.#turns.release(owner);
      this.#upkeep.note();
    }
    return answer;
  }

  /** Our own statement, in line with the others. */
  async #run(sql: string): Promise<void> {
    const turn: Holder = { doing: sql };
    await this.#turns.take(turn);
    try {
      const { failed } = wire.readAnswer(asBuffer(await this.#session.exchange(wire.query(sql))));
      if (failed) throw new Error(`${sql} failed.`);
    } finally {
      this.#turns.release(turn);
    }
  }

  /** A connection is gone. What it left open is rolled back before the next one gets the session. */
  async #leave(owner: Connection): Promise<void> {
    this.#connections.delete(owner);
    this.#turns.leave(owner);
    if (!this.#turns.isOwner(owner)) return;
    // A dead session rejects; those who wait then hear it from their own statement.
    await this.#session.exchange(wire.ABANDON).catch(() => {});
    this.#turns.release(owner);
  }
}

interface Line {
  greeting(): Buffer | null;
  exchange(owner: Connection, message: Buffer): Promise<Buffer>;
  leave(owner: Connection): Promise<void>;
}

/** One connection. Looks like a socket to pg, which writes whole messages only. */
class Connection extends Duplex implements Holder {
  readonly #line: Line;
  #left: Promise<void> | null = null;
  doing = 'none yet';

  constructor(line: Line) {
    super();
    this.#line = line;
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#send(chunk).then(() => done(), done);
  }

  // pg corks Parse, Bind, Describe, Execute and Sync; sent as one they cost one trip to the worker instead of five.
  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk))).then(() => done(), done);
  }

  async #send(message: Buffer): Promise<void> {
    if (wire.isStartup(message)) return void this.push(this.#line.greeting());
    if (wire.isTerminate(message)) return;

    const { sql, complete } = wire.readClientMessages(message);
    if (sql !== null) this.doing = shorten(sql);
    try {
      const answer = await this.#line.exchange(this, message);
      if (!this.destroyed && answer.length > 0) this.push(answer);
    } catch (error) {
      // Told as a server tells it, a wait that was too long fails one statement and not the connection. 55P03 is
      // lock_not_available.
      if (!(error instanceof WaitedTooLong && complete)) throw error;
      this.push(wire.errorAnswer('55P03', error.message));
    }
  }

  override _read(): void {}

  override _final(done: (error?: Error | null) => void): void {
    this.#leave().then(() => {
      this.push(null);
      done();
    }, done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#leave().then(
      () => done(error),
      () => done(error),
    );
  }

  #leave(): Promise<void> {
    return (this.#left ??= this.#line.leave(this));
  }

  // The rest of what pg expects of a socket.
  connect(): this {
    setImmediate(() => this.emit('connect'));
    return this;
  }
  setNoDelay = (): this => this;
  setKeepAlive = (): this => this;
  ref = (): this => this;
  unref = (): this => this;
}

const asBuffer = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function shorten(sql: string): string {
  const line = sql.replaceAll(/\s+/g, ' ').trim();
  return line.length > 100 ? `${line.slice(0, 100)}…` : line;
}

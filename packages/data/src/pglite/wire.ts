/**
 * The little of PostgreSQL's wire protocol that sharing one session takes: finding message borders, reading the state
 * after a statement, and answering in the server's place.
 *
 * @see https://www.postgresql.org/docs/18/protocol-message-formats.html
 */

/** First bytes of messages. The same letter may mean two things, one per direction. */
const CODE = {
  readyForQuery: 0x5a, // Z
  notification: 0x41, // A
  error: 0x45, // E
  query: 0x51, // Q
  parse: 0x50, // P
  sync: 0x53, // S
  terminate: 0x58, // X
} as const;

const STATUS_IDLE = 0x49; // I; T is within a transaction, E within a failed one

/** Calls back for each message in `bytes`, which holds whole ones. `body` lies between its bounds. */
export function eachMessage(bytes: Buffer, visit: (code: number, start: number, end: number) => void): void {
  for (let start = 0; start + 5 <= bytes.length;) {
    const end = start + 1 + bytes.readUInt32BE(start + 1);
    visit(bytes[start] as number, start, end);
    start = end;
  }
}

/** Startup, cancel and TLS requests have no code; they begin with their length, which is below 2^24. */
export const isStartup = (message: Buffer): boolean => message[0] === 0;

/** The client says goodbye. */
export const isTerminate = (message: Buffer): boolean => message[0] === CODE.terminate;

export interface ServerAnswer {
  /** Whether the answer says that the session is idle, outside of any transaction. */
  readonly idle: boolean;
  /** Whether a statement in it failed. */
  readonly failed: boolean;
  /** NOTIFY messages, for every connection to see. */
  readonly notifications: Buffer[];
}

export function readAnswer(bytes: Buffer): ServerAnswer {
  let idle = false;
  let failed = false;
  const notifications: Buffer[] = [];
  eachMessage(bytes, (code, start, end) => {
    if (code === CODE.readyForQuery) idle = bytes[start + 5] === STATUS_IDLE;
    else if (code === CODE.error) failed = true;
    else if (code === CODE.notification) notifications.push(Buffer.from(bytes.subarray(start, end)));
  });
  return { idle, failed, notifications };
}

export interface ClientMessages {
  /** The text of the last statement in it, for people; values are never part of it. */
  readonly sql: string | null;
  /** Whether the client now waits for ReadyForQuery. */
  readonly complete: boolean;
}

export function readClientMessages(bytes: Buffer): ClientMessages {
  let sql: string | null = null;
  let complete = false;
  eachMessage(bytes, (code, start, end) => {
    complete = code === CODE.query || code === CODE.sync;
    if (code === CODE.query) sql = textUpToZero(bytes, start + 5, end);
    else if (code === CODE.parse) sql = textUpToZero(bytes, bytes.indexOf(0, start + 5) + 1, end); // after the name
  });
  return { sql, complete };
}

function textUpToZero(bytes: Buffer, from: number, end: number): string {
  const zero = bytes.indexOf(0, from);
  return bytes.toString('utf8', from, Math.min(zero < 0 ? end : zero, end));
}

/** Ends whatever a client left open: Sync closes a half-sent statement, ROLLBACK an open transaction. */
export const ABANDON = Buffer.concat([frame(CODE.sync, Buffer.alloc(0)), query('ROLLBACK')]);

/** A statement without parameters. */
export function query(sql: string): Buffer {
  return frame(CODE.query, zeroEnded(sql));
}

/** What a client sends first, protocol 3.0. PGlite has one user; its answer serves all connections. */
export function startup(): Buffer {
  const parameters = ['user', 'postgres', 'database', 'postgres', 'client_encoding', 'UTF8', ''];
  const body = Buffer.concat([Buffer.from([0, 3, 0, 0]), ...parameters.map(zeroEnded)]);
  return Buffer.concat([uint32(body.length + 4), body]);
}

/** An error in the server's place, after which the connection is ready for the next statement. */
export function errorAnswer(code: string, text: string): Buffer {
  const fields = ['SERROR', 'VERROR', `C${code}`, `M${text}`, ''].map(zeroEnded);
  return Buffer.concat([
    frame(CODE.error, Buffer.concat(fields)),
    frame(CODE.readyForQuery, Buffer.from([STATUS_IDLE])),
  ]);
}

function frame(code: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([code]), uint32(body.length + 4), body]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function zeroEnded(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}

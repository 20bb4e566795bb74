/**
 * As much of PostgreSQL's protocol as a simulation needs to talk to PGlite without a socket: a driver would bring timers
 * and streams of its own, and with them the machine's.
 *
 * @see https://www.postgresql.org/docs/18/protocol-message-formats.html
 */

export interface Column {
  readonly name: string;
  readonly oid: number;
}

export interface Answer {
  readonly columns: readonly Column[];
  /** In text form. */
  readonly rows: readonly (string | null)[][];
  readonly error: Error | null;
}

/** Statements without parameters. */
export const query = (sql: string): Buffer => frame('Q', text(sql));

/** Prepares a statement under a name, and asks which columns it has. */
export const parse = (name: string, sql: string): Buffer =>
  Buffer.concat([frame('P', text(name), text(sql), uint16(0)), frame('D', Buffer.from('S'), text(name))]);

/** Gives a prepared statement its values, as the data layer sends them. */
export function bind(name: string, values: readonly unknown[]): Buffer {
  const formats = values.map((value) => uint16(Buffer.isBuffer(value) ? 1 : 0));
  const encoded = values.map((value) => {
    if (value === null) return uint32(-1);
    const bytes = Buffer.isBuffer(value) ? value : Buffer.from(toText(value));
    return Buffer.concat([uint32(bytes.length), bytes]);
  });
  const count = uint16(values.length);
  return frame('B', text(''), text(name), count, ...formats, count, ...encoded, uint16(0));
}

export const execute = (): Buffer => frame('E', text(''), uint32(0));
export const sync = (): Buffer => frame('S');

function toText(value: unknown): string {
  if (Array.isArray(value)) return `{${value.map(inArray).join(',')}}`;
  if (typeof value === 'boolean') return value ? 't' : 'f';
  return String(value);
}

function inArray(value: unknown): string {
  if (value === null) return 'NULL';
  if (Array.isArray(value)) return toText(value);
  if (Buffer.isBuffer(value)) return `"\\\\x${value.toString('hex')}"`;
  return `"${toText(value).replaceAll(/["\\]/g, '\\$&')}"`;
}

export function readAnswer(bytes: Buffer): Answer {
  let columns: Column[] = [];
  let rows: (string | null)[][] = [];
  let error: Error | null = null;
  for (let at = 0; at + 5 <= bytes.length;) {
    const code = String.fromCharCode(bytes[at]!);
    const end = at + 1 + bytes.readUInt32BE(at + 1);
    const body = bytes.subarray(at + 5, end);
    if (code === 'T') [columns, rows] = [readColumns(body), []];
    else if (code === 'D') rows.push(readRow(body));
    else if (code === 'E') error ??= readError(body);
    at = end;
  }
  return { columns, rows, error };
}

function readColumns(body: Buffer): Column[] {
  let at = 2;
  return Array.from({ length: body.readUInt16BE(0) }, () => {
    const zero = body.indexOf(0, at);
    const column = { name: body.toString('utf8', at, zero), oid: body.readUInt32BE(zero + 7) };
    at = zero + 19;
    return column;
  });
}

function readRow(body: Buffer): (string | null)[] {
  let at = 2;
  return Array.from({ length: body.readUInt16BE(0) }, () => {
    const length = body.readInt32BE(at);
    at += 4;
    if (length < 0) return null;
    at += length;
    return body.toString('utf8', at - length, at);
  });
}

/** With the fields under the names that `pg` gives them. */
function readError(body: Buffer): Error {
  const fields = new Map<string, string>();
  for (const field of body.toString('utf8').split('\0')) if (field !== '') fields.set(field[0]!, field.slice(1));
  return Object.assign(new Error(fields.get('M')), {
    code: fields.get('C'),
    constraint: fields.get('n'),
    table: fields.get('t'),
    routine: fields.get('R'),
  });
}

function frame(code: string, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(code), uint32(body.length + 4), body]);
}

const text = (value: string): Buffer => Buffer.from(`${value}\0`);
function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

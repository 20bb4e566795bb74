import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { SessionMux } from './mux.js';
import type { Session } from './session.js';
import { query, readAnswer, readClientMessages } from './wire.js';

it('greets a new connection without asking the session again', async () => {
  const { mux, session } = await openMux();

  mux.connect().write(Buffer.from([0, 0, 0, 8, 0, 3, 0, 0]));

  expect(session.seen).toEqual(['startup']);
});

it('joins what pg writes in one go into one exchange', async () => {
  const { mux, session } = await openMux();
  const connection = mux.connect();

  connection.cork();
  for (const sql of ['select 1', 'select 2']) connection.write(query(sql));
  connection.uncork();
  await once(connection, 'data');

  expect(session.exchanges).toBe(2); // the greeting and these
});

it('keeps a transaction together while others wait', async () => {
  const { mux, session } = await openMux();
  const [one, two] = [mux.connect(), mux.connect()];

  await ask(one, 'begin');
  const waiting = ask(two, 'select 2');
  await ask(one, 'select 1');
  await ask(one, 'commit');
  await waiting;

  expect(session.seen.slice(1)).toEqual(['begin', 'select 1', 'commit', 'select 2']);
});

it('rolls back what a destroyed connection left open, and only then lets the next one in', async () => {
  const { mux, session } = await openMux();
  const [one, two] = [mux.connect(), mux.connect()];
  one.on('error', () => {});

  await ask(one, 'begin');
  const waiting = ask(two, 'begin');
  one.destroy(new Error('cut'));
  await waiting;

  expect(session.seen.slice(1)).toEqual(['begin', 'ROLLBACK', 'begin']);
});

it('rolls back also when the connection goes while its statement runs', async () => {
  const { mux, session } = await openMux();
  const [one, two] = [mux.connect(), mux.connect()];

  one.write(query('begin'));
  await sleep(0);
  one.destroy();
  await ask(two, 'select 2');

  expect(session.seen.slice(1)).toEqual(['begin', 'ROLLBACK', 'select 2']);
});

it('takes a destroyed connection out of the line', async () => {
  const { mux, session } = await openMux();
  const [one, two, three] = [mux.connect(), mux.connect(), mux.connect()];

  await ask(one, 'begin');
  two.on('error', () => {}).write(query('begin'));
  const waiting = ask(three, 'select 3');
  two.destroy();
  await ask(one, 'commit');
  await waiting;

  expect(session.seen.slice(1)).toEqual(['begin', 'commit', 'select 3']);
});

it('answers like a server when the wait was too long, and the connection stays good', async () => {
  const { mux } = await openMux({ maxWaitMs: 20 });
  const [one, two] = [mux.connect(), mux.connect()];
  await ask(one, 'begin');

  const refused = await ask(two, 'select 2');
  await ask(one, 'commit');
  const answered = await ask(two, 'select 2');

  expect(refused.toString()).toContain('C55P03');
  expect(refused.toString()).toContain('its last statement was: begin');
  expect([readAnswer(refused).idle, readAnswer(answered).failed]).toEqual([true, false]);
});

it('shows a notification to every connection', async () => {
  const { mux } = await openMux();
  const [one, two] = [mux.connect(), mux.connect()];
  const heard = once(two, 'data');

  await ask(one, 'notify');

  expect(String((await heard)[0])).toContain('job_1');
});

it('passes the end of the session on instead of hanging', async () => {
  const { mux, session } = await openMux();
  const [one, two] = [mux.connect(), mux.connect()];
  await ask(one, 'begin');
  const waiting = once(
    two.on('error', () => {}),
    'error',
  );
  two.write(query('select 2'));

  session.broken = true;
  one.on('error', () => {}).write(query('select 1'));

  expect(String((await waiting)[0])).toContain('aborted');
});

it('says goodbye without the session', async () => {
  const { mux, session } = await openMux();
  const connection = mux.connect();

  connection.write(Buffer.from([0x58, 0, 0, 0, 4]));
  connection.end();
  connection.resume();
  await once(connection, 'close');

  expect(session.seen).toEqual(['startup']);
});

/** A session that knows begin, commit and rollback, and takes a moment for each. */
class FakeSession implements Session {
  readonly seen: string[] = [];
  exchanges = 0;
  broken = false;
  #status = 'I';

  async exchange(message: Uint8Array): Promise<Uint8Array> {
    this.exchanges += 1;
    const bytes = Buffer.from(message);
    const sql = bytes[0] === 0 ? 'startup' : (readClientMessages(bytes).sql ?? '');
    this.seen.push(sql);
    if (this.broken) throw new Error('aborted');
    if (sql === 'begin') this.#status = 'T';
    if (sql === 'commit' || sql === 'ROLLBACK') this.#status = 'I';
    const status = this.#status;
    await sleep(1);
    const notification = sql === 'notify' ? [frame('A', '\0\0\0\x01work\0job_1\0')] : [];
    return Buffer.concat([...notification, frame('C', `${sql}\0`), frame('Z', status)]);
  }
}

async function openMux({ maxWaitMs = 1000 } = {}) {
  const session = new FakeSession();
  const mux = new SessionMux(session, { maxWaitMs });
  await mux.open();
  return { mux, session };
}

async function ask(connection: Duplex, sql: string): Promise<Buffer> {
  const answer = once(connection, 'data');
  connection.write(query(sql));
  return (await answer)[0] as Buffer;
}

function frame(code: string, body: string): Buffer {
  const bytes = Buffer.from(`${code}....${body}`, 'latin1');
  bytes.writeUInt32BE(bytes.length - 1, 1);
  return bytes;
}

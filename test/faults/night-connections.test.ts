import { openPostgres } from '@itpay/data';
import { statement } from '@itpay/kernel';
import { expect, it } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { freshDatabase, postgresNeed } from '../support/database.js';
import { startFaultProxy } from '../support/fault-proxy.mjs';
import { describeNeeding } from '../support/needs.js';

// What the worst night found between us and PostgreSQL.

const SLEEP = statement<object, object>('night_sleep', 'select pg_sleep(5)');
const NOTE = statement<{ text: string }, object>('night_note', 'insert into public.notes values (:text)');
const NOTES = statement<object, { text: string }>('night_notes', 'select text from public.notes');
const LOST = expect.objectContaining({ code: 'SERVICE_UNAVAILABLE' });

describeNeeding(postgresNeed(), 'A connection to PostgreSQL', () => {
  /** A database behind a network that breaks, over one connection. */
  async function open(options: { statementTimeoutMs?: number } = {}) {
    const url = new URL((await freshDatabase()).url);
    const { hostname: host, port } = url;
    const proxy = await startFaultProxy({ targets: () => [{ host, port: Number(port) }] });
    whenFileEnds(() => proxy.close());
    url.host = `127.0.0.1:${proxy.port}`;
    const database = await openPostgres({ url: url.href, schema: 'itpay', poolSize: 1, ...options });
    whenFileEnds(() => database.close());
    await database.knex.raw('create table public.notes (text text)');
    const notes = async () => (await database.query(NOTES, {})).map(({ text }) => text);
    return { proxy, database, notes };
  }

  it('that is lost in a statement is no fault of the server, and the next one works', async () => {
    const { proxy, database, notes } = await open();
    const sleeping = database.query(SLEEP, {});
    setTimeout(() => proxy.reset(), 50);

    await expect(sleeping).rejects.toEqual(LOST);

    expect(await notes()).toEqual([]);
  });

  it('that is lost in a transaction says so, whatever becomes of the rollback', async () => {
    const { proxy, database, notes } = await open();
    const writing = database.transaction(async (tx) => {
      await tx.query(NOTE, { text: 'lost' });
      proxy.reset();
      await tx.query(NOTE, { text: 'lost too' });
    });

    await expect(writing).rejects.toEqual(LOST);

    expect(await notes()).toEqual([]);
  });

  it('that is lost before the answer to COMMIT may have done it', async () => {
    const { proxy, database, notes } = await open();
    const writing = database.transaction(async (tx) => {
      await tx.query(NOTE, { text: 'done' });
      proxy.cut();
    });

    await expect(writing).rejects.toEqual(LOST);

    expect(await notes()).toEqual(['done']);
  });

  it('that cannot be made is no fault of the server either', async () => {
    const { proxy, database, notes } = await open();
    proxy.refuse();
    proxy.reset();

    await expect(notes()).rejects.toEqual(LOST);
    await expect(database.transaction(async () => {})).rejects.toEqual(LOST);
    proxy.heal();

    expect(await notes()).toEqual([]);
  });

  it('on which BEGIN has no answer is given up, and another one takes its place', async () => {
    const { proxy, database, notes } = await open({ statementTimeoutMs: 200 });
    proxy.forget();
    const started = performance.now();

    await expect(database.transaction(async () => {})).rejects.toEqual(LOST);

    expect(performance.now() - started).toBeLessThan(10_000);
    expect(await notes()).toEqual([]);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('is not blamed for what the work met with elsewhere', async () => {
    const { database } = await open();
    const elsewhere = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

    const work = database.transaction(() => Promise.reject(elsewhere));

    await expect(work).rejects.toBe(elsewhere);
  });
});

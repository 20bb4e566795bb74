import { beforeEach, expect, it } from 'vitest';
import { actor, deferred, house } from '../../../../test/support/kernel.js';
import { backend } from '../../../../test/support/database.js';
import { assignPositions } from './relay.js';

let h: Awaited<ReturnType<typeof house>>;
beforeEach(async () => {
  h = await house();
});

const append = (objectId: string, count = 1) =>
  h.database.transaction((tx) =>
    h.outbox.append(
      tx,
      actor,
      Array.from({ length: count }, (_, n) => ({ type: 'custom.x' as const, objectId, sequence: n + 1, object: {} })),
    ),
  );
const log = async () =>
  (await h.rows('events'))
    .filter(({ position }) => position !== null)
    .map(({ object_id, sequence, position }) => ({ object_id, sequence, position: Number(position) }))
    .toSorted((a, b) => a.position - b.position);

it('gives events their places in the order in which they happened', async () => {
  await append('a', 2);
  await append('b');

  expect(await assignPositions(h.database)).toBe(3);
  expect(await assignPositions(h.database)).toBe(0);
  await append('c');
  expect(await assignPositions(h.database)).toBe(1);

  expect(await log()).toEqual([
    { object_id: 'a', sequence: 1, position: 1 },
    { object_id: 'a', sequence: 2, position: 2 },
    { object_id: 'b', sequence: 1, position: 3 },
    { object_id: 'c', sequence: 1, position: 4 },
  ]);
});

it('takes a long queue in batches, without a gap', async () => {
  await append('a', 620);

  const placed = [
    await assignPositions(h.database),
    await assignPositions(h.database),
    await assignPositions(h.database),
  ];

  expect(placed).toEqual([500, 120, 0]);
  expect((await log()).map(({ position, sequence }) => [position, sequence])).toEqual(
    Array.from({ length: 620 }, (_, n) => [n + 1, n + 1]),
  );
});

it('gives each event one place when two processes do it at once', async () => {
  for (let n = 0; n < 10; n += 1) {
    await append(`o${n}`, 3);
    await Promise.all([assignPositions(h.database), assignPositions(h.elsewhere)]);
  }

  expect((await log()).map(({ position }) => position)).toEqual(Array.from({ length: 30 }, (_, n) => n + 1));
});

if (backend() === 'postgres') {
  it('puts an event whose transaction commits late after what readers have seen', async () => {
    const [written, goOn] = [deferred(), deferred()];
    const late = h.database.transaction(async (tx) => {
      await h.outbox.append(tx, actor, [{ type: 'custom.x', objectId: 'late', sequence: 1, object: {} }]);
      written.resolve();
      await goOn.promise;
    });
    await written.promise;
    await append('early');
    await assignPositions(h.elsewhere);
    const readerSaw = await log();

    goOn.resolve();
    await late;
    await assignPositions(h.elsewhere);

    expect(readerSaw).toMatchObject([{ object_id: 'early', position: 1 }]);
    expect(await log()).toMatchObject([
      { object_id: 'early', position: 1 },
      { object_id: 'late', position: 2 },
    ]);
  });

  it('waits for a process that gives places right now, and counts on from where that one ended', async () => {
    const [locked, goOn] = [deferred(), deferred()];
    await append('a');
    const other = h.elsewhere.transaction(async (tx) => {
      await tx.trx.raw('select * from ??.event_log for update', [h.database.schema]);
      locked.resolve();
      await goOn.promise;
      await tx.trx.raw('update ??.events set position = 1', [h.database.schema]);
      await tx.trx.raw('update ??.event_log set last_position = 1', [h.database.schema]);
    });
    await locked.promise;
    const second = assignPositions(h.database);
    await append('b');

    goOn.resolve();
    await other.catch(() => {});
    await second;
    await assignPositions(h.database);

    expect(new Set((await log()).map(({ position }) => position)).size).toBe(2);
  });
}

import { beforeEach, describe, expect, it } from 'vitest';
import { actor, house } from '../../../../test/support/kernel.js';
import type { Database } from '../ports/database.js';
import { CHANGED_TOPIC, WORK_TOPIC } from '../ports/pubsub.js';
import type { NewEvent } from './event.js';

let h: Awaited<ReturnType<typeof house>>;
beforeEach(async () => {
  h = await house();
});

const event = (objectId: string, sequence: number): NewEvent => ({
  type: 'custom.changed',
  objectId,
  sequence,
  object: { id: objectId, note: `it's "${sequence}" \\ {}, null` },
});

it('writes the events of a change in one round trip, in their order', async () => {
  await h.database.transaction((tx) =>
    h.outbox.append(tx, actor, [event('pi_1', 1), event('qr_1', 1), event('pi_1', 2)]),
  );

  expect(await h.rows('events')).toMatchObject([
    { object_id: 'pi_1', sequence: 1, position: null, account: 'm_shop', livemode: false, at: h.clock.now() },
    { object_id: 'qr_1', sequence: 1 },
    { object_id: 'pi_1', sequence: 2, data: JSON.stringify({ object: event('pi_1', 2).object }) },
  ]);
});

it('writes nothing when the transaction rolls back, and tells nobody', async () => {
  const told: string[] = [];
  h.pubsub.subscribe(CHANGED_TOPIC, (id) => told.push(id));

  const rolledBack = h.database.transaction(async (tx) => {
    await h.outbox.append(tx, actor, [event('pi_1', 1)]);
    throw new Error('no');
  });

  await expect(rolledBack).rejects.toThrow('no');
  expect(await h.rows('events')).toEqual([]);
  expect(told).toEqual([]);
});

it('wakes the relay once, and those who wait for each object', async () => {
  const told: string[] = [];
  h.pubsub.subscribe(CHANGED_TOPIC, (id) => told.push(id));
  h.pubsub.subscribe(WORK_TOPIC, () => told.push('work'));

  await h.database.transaction((tx) =>
    h.outbox.append(tx, actor, [event('pi_1', 1), event('pi_1', 2), event('qr_1', 1)]),
  );

  await h.rows('events');
  expect(told).toEqual(['work', 'pi_1', 'qr_1']);
});

it('refuses a second event with the same place in an object’s history', async () => {
  await h.database.transaction((tx) => h.outbox.append(tx, actor, [event('pi_1', 1)]));

  const again = h.database.transaction((tx) => h.outbox.append(tx, actor, [event('pi_1', 1)]));

  await expect(again).rejects.toMatchObject({ code: '23505' });
});

describe('Without a place of its own, an event', () => {
  const unplaced = (objectId: string): NewEvent => ({ type: 'custom.changed', objectId, object: { id: objectId } });
  const places = async () => (await h.rows('events')).map(({ object_id, sequence }) => [object_id, sequence]);

  it('comes after the latest of its object, also within one change', async () => {
    await h.database.transaction((tx) => h.outbox.append(tx, actor, [unplaced('inf_1'), event('inf_2', 7)]));
    await h.database.transaction((tx) =>
      h.outbox.append(tx, actor, [unplaced('inf_1'), unplaced('inf_2'), unplaced('inf_1'), unplaced('inf_3')]),
    );

    expect(await places()).toEqual([
      ['inf_1', 1],
      ['inf_2', 7],
      ['inf_1', 2],
      ['inf_2', 8],
      ['inf_1', 3],
      ['inf_3', 1],
    ]);
  });

  it('gets the next place when two write at once and each locks the object first', async () => {
    await h.database.knex.raw(`insert into ??.accounts (id, name, created_at) values ('m_1', 'Shop', now())`, [
      h.database.schema,
    ]);
    const write = (on: Database) =>
      on.transaction(async (tx) => {
        await tx.trx.raw(`select from ??.accounts where id = 'm_1' for update`, [h.database.schema]);
        await h.outbox.append(tx, actor, [unplaced('m_1')]);
      });

    await Promise.all([write(h.database), write(h.elsewhere), write(h.database), write(h.elsewhere)]);

    const sequences = (await places()).map(([, sequence]) => sequence as number);
    expect(sequences.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4]);
  });
});

it('does nothing for a change without events', async () => {
  await h.database.transaction((tx) => h.outbox.append(tx, actor, []));

  expect(await h.rows('events')).toEqual([]);
});

import { beforeEach, expect, it } from 'vitest';
import { actor, house } from '../../../../test/support/kernel.js';
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

it('does nothing for a change without events', async () => {
  await h.database.transaction((tx) => h.outbox.append(tx, actor, []));

  expect(await h.rows('events')).toEqual([]);
});

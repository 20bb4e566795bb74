import { isId, uuidOf } from '@itpay/core';
import { describe, expect, it } from 'vitest';
import { fakeClock } from './fake-clock.js';
import { seededIds, seededRandom } from './seeded.js';

describe('seededRandom', () => {
  it('repeats itself from the same seed', () => {
    expect(seededRandom('a').bytes(100)).toEqual(seededRandom('a').bytes(100));
  });

  it('differs from seed to seed and from call to call', () => {
    const random = seededRandom(1);
    const first = random.bytes(16);

    expect(random.bytes(16)).not.toEqual(first);
    expect(seededRandom(2).bytes(16)).not.toEqual(first);
  });

  it('gives the same stream however it is cut', () => {
    const random = seededRandom('a');
    const pieces = [random.bytes(1), random.bytes(40), random.bytes(0), random.bytes(59)];

    expect(pieces.flatMap((piece) => [...piece])).toEqual([...seededRandom('a').bytes(100)]);
  });
});

describe('seededIds', () => {
  it('repeats itself from the same seed and time', () => {
    const ids = seededIds(fakeClock(), 7);
    const again = seededIds(fakeClock(), 7);

    expect([ids.next('pi'), ids.next('qr')]).toEqual([again.next('pi'), again.next('qr')]);
  });

  it('makes UUIDs of version 7 that hold the time of the clock', () => {
    const id = seededIds(fakeClock('2025-06-01T12:34:56.789Z'), 7).next('pi');
    const uuid = Buffer.from(uuidOf(id));

    expect(isId('pi', id)).toBe(true);
    expect(uuid.readUIntBE(0, 6)).toBe(Date.parse('2025-06-01T12:34:56.789Z'));
    expect(uuid[6]! >> 4).toBe(7);
    expect(uuid[8]! >> 6).toBe(0b10);
  });

  it('sorts ids by the order in which they were made, also within one millisecond', () => {
    const clock = fakeClock();
    const ids = seededIds(clock, 7);
    const made = Array.from({ length: 20_000 }, () => ids.next('evt'));
    clock.advance(1);
    made.push(ids.next('evt'));

    expect(made.toSorted()).toEqual(made);
    expect(new Set(made).size).toBe(made.length);
  });
});

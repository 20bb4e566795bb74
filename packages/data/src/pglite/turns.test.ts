import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Turns, WaitedTooLong } from './turns.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const holder = (doing = 'select 1') => ({ doing });

it('lets one in at a time, first come, first served', async () => {
  const turns = new Turns(1000);
  const [a, b, c] = [holder(), holder(), holder()];
  const order: string[] = [];

  await turns.take(a);
  const rest = [turns.take(b).then(() => order.push('b')), turns.take(c).then(() => order.push('c'))];
  turns.release(a);
  await rest[0];
  expect(order).toEqual(['b']);
  turns.release(b);
  await Promise.all(rest);

  expect(order).toEqual(['b', 'c']);
});

it('lets the owner go on, and ignores a release by somebody else', async () => {
  const turns = new Turns(1000);
  const [a, b] = [holder(), holder()];
  await turns.take(a);

  turns.release(b);
  await turns.take(a);

  expect(turns.isOwner(a)).toBe(true);
});

it('gives up after the limit, and says who holds the session, with what, and for how long', async () => {
  const turns = new Turns(10_000);
  await turns.take(holder('begin;'));
  vi.advanceTimersByTime(2500);

  const waiting = turns.take(holder());
  const outcome = expect(waiting).rejects.toThrow(
    /Waited 10000 ms .* has held it for 12\.5 s; its last statement was: begin;\. Most likely .* pass `tx`/,
  );
  await vi.advanceTimersByTimeAsync(10_000);

  await outcome;
  await expect(waiting).rejects.toBeInstanceOf(WaitedTooLong);
});

it('skips one that gave up', async () => {
  const turns = new Turns(1000);
  const [a, b, c] = [holder(), holder(), holder()];
  await turns.take(a);
  const given = turns.take(b).catch(() => 'gave up');
  await vi.advanceTimersByTimeAsync(999);
  const next = turns.take(c);
  await vi.advanceTimersByTimeAsync(1);

  turns.release(a);
  await next;

  expect([await given, turns.isOwner(c)]).toEqual(['gave up', true]);
});

it('lets a waiter leave', async () => {
  const turns = new Turns(1000);
  const [a, b] = [holder(), holder()];
  await turns.take(a);
  const waiting = turns.take(b);

  turns.leave(b);

  await expect(waiting).rejects.toThrow('closed while it waited');
});

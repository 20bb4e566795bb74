import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Traffic } from './traffic.js';

const client = () => new AbortController();

it('drains when the last request has left, and not before', async () => {
  const traffic = new Traffic();
  const [one, other] = [traffic.enter(client()), traffic.enter(client())];
  let drained = false;

  const draining = traffic.drain().then(() => (drained = true));
  traffic.leave(one);
  await sleep(5);
  expect(drained).toBe(false);
  traffic.leave(other);
  await draining;

  expect(drained).toBe(true);
});

it('drains at once when nothing runs, and as often as it is asked to', async () => {
  const traffic = new Traffic();

  await traffic.drain();
  await traffic.drain();

  expect(() => traffic.enter(client())).toThrow(expect.objectContaining({ code: 'SERVICE_UNAVAILABLE' }));
});

it.each(['before', 'after'])('ends a long poll whose signal was asked for %s the stop', (when) => {
  const traffic = new Traffic();
  const visit = traffic.enter(client());
  if (when === 'before') expect(visit.signal.aborted).toBe(false);

  void traffic.drain();

  expect(visit.signal.aborted).toBe(true);
  expect(() => visit.signal.throwIfAborted()).toThrow(expect.objectContaining({ code: 'SERVICE_UNAVAILABLE' }));
});

it.each(['before', 'after'])('ends a long poll whose signal was asked for %s the client left', (when) => {
  const controller = client();
  const visit = new Traffic().enter(controller);
  if (when === 'before') expect(visit.signal.aborted).toBe(false);

  controller.abort();

  expect(visit.signal.aborted).toBe(true);
});

it("recognises the abort behind Node's AbortError, and nothing else", async () => {
  const traffic = new Traffic();
  const visit = traffic.enter(client());
  const waiting = sleep(10_000, null, { signal: visit.signal }).catch((error: unknown) => error);

  void traffic.drain();

  expect(visit.abortBehind(await waiting)).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  expect(visit.abortBehind(new Error('a bug'))).toBeNull();
});

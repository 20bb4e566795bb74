import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SWEEP_TOPIC, WORK_TOPIC, type PubSub } from '../ports/pubsub.js';
import { Sweeper, type Sweep } from './sweeper.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const errors: object[] = [];
const silent = () => {};
const logger = { debug: silent, info: silent, warn: silent, error: (fields: object) => void errors.push(fields) };

function fakePubSub(): PubSub & { listening(): number } {
  const listeners = new Map<string, Set<(message: string) => void>>();
  const of = (topic: string) => listeners.get(topic) ?? listeners.set(topic, new Set()).get(topic)!;
  return {
    publish: (topic, message) => of(topic).forEach((listener) => listener(message)),
    subscribe: (topic, listener) => (of(topic).add(listener), () => void of(topic).delete(listener)),
    close: async () => {},
    listening: () => [...listeners.values()].reduce((sum, { size }) => sum + size, 0),
  };
}

function sweeperWith(...sweeps: (() => Promise<boolean>)[]) {
  errors.length = 0;
  const pubsub = fakePubSub();
  const named = sweeps.map((run, index): Sweep => ({ name: `sweep-${index}`, run }));
  const sweeper = new Sweeper(named, pubsub, logger);
  return { sweeper, pubsub };
}

const idle = () => vi.fn(async () => false);

it('looks at once when it starts, and then every second', async () => {
  const run = idle();
  const { sweeper } = sweeperWith(run);

  sweeper.start();
  sweeper.start();
  expect(run).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(2_999);
  expect(run).toHaveBeenCalledTimes(3);

  await sweeper.stop();
});

it('looks when it hears that an operation waits, and not for other news', async () => {
  const run = idle();
  const { sweeper, pubsub } = sweeperWith(run);
  sweeper.start();

  pubsub.publish(SWEEP_TOPIC, '');
  pubsub.publish(WORK_TOPIC, '');

  expect(run).toHaveBeenCalledTimes(2);
  await sweeper.stop();
});

it('looks again while an earlier look still waits, and at every sweep', async () => {
  const slow = vi.fn(() => new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 10_000)));
  const quick = idle();
  const { sweeper } = sweeperWith(slow, quick);

  sweeper.start();
  await vi.advanceTimersByTimeAsync(5_000);

  expect([slow, quick].map(({ mock }) => mock.calls.length)).toEqual([6, 6]);
  const stopped = sweeper.stop();
  await vi.advanceTimersByTimeAsync(10_000);
  await stopped;
});

it('stops to look, and waits for what runs', async () => {
  let finish: (value: boolean) => void = silent;
  const run = vi.fn(() => new Promise<boolean>((resolve) => (finish = resolve)));
  const { sweeper, pubsub } = sweeperWith(run);
  sweeper.start();
  let stopped = false;

  const stopping = sweeper.stop().then(() => (stopped = true));
  await vi.advanceTimersByTimeAsync(5_000);
  pubsub.publish(SWEEP_TOPIC, '');

  expect([run.mock.calls.length, stopped, pubsub.listening(), vi.getTimerCount()]).toEqual([1, false, 0, 0]);
  finish(false);
  await stopping;
  expect(stopped).toBe(true);
});

it('can be stopped twice, before a start, and started again', async () => {
  const run = idle();
  const { sweeper } = sweeperWith(run);

  await sweeper.stop();
  sweeper.start();
  await sweeper.stop();
  await sweeper.stop();
  sweeper.start();

  expect(run).toHaveBeenCalledTimes(2);
  await sweeper.stop();
});

it.each<[how: string, run: () => Promise<boolean>]>([
  ['rejects', () => Promise.reject(new Error('the database is away'))],
  [
    'throws before its first wait',
    () => {
      throw new Error('the database is away');
    },
  ],
])('logs a sweep that %s, runs it again, and keeps the others going', async (_how, run) => {
  const other = idle();
  const { sweeper } = sweeperWith(run, other);

  sweeper.start();
  await vi.advanceTimersByTimeAsync(1_000);

  expect(errors).toMatchObject([
    { sweep: 'sweep-0', err: { message: 'the database is away' } },
    { sweep: 'sweep-0', err: { message: 'the database is away' } },
  ]);
  expect(other).toHaveBeenCalledTimes(2);
  await sweeper.stop();
});

it('runs everything that is due in one call, until nothing is', async () => {
  const left = [2, 1];
  const sweeps = left.map((_, index) => vi.fn(async () => left[index]!-- > 0));
  const { sweeper } = sweeperWith(...sweeps);

  expect(await sweeper.settle()).toBe(true);
  expect(sweeps.map(({ mock }) => mock.calls.length)).toEqual([3, 3]);
  expect(await sweeper.settle()).toBe(false);
});

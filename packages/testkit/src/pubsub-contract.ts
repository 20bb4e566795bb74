import type { PubSub } from '@itpay/kernel';
import { afterEach, beforeEach, expect, it, vi } from './vitest.js';

/** What every driver behind the port `PubSub` does. */
export function pubSubContract(open: () => Promise<PubSub>): void {
  let pubsub: PubSub;
  beforeEach(async () => {
    pubsub = await open();
  });
  afterEach(() => pubsub.close());

  it('brings a message to the listeners of its topic, once each', async () => {
    const [one, two, other] = [vi.fn(), vi.fn(), vi.fn()];
    pubsub.subscribe('work', one);
    pubsub.subscribe('work', two);
    pubsub.subscribe('changed', other);

    pubsub.publish('work', 'job_1');
    await aWhile();

    expect([one.mock.calls, two.mock.calls, other.mock.calls]).toEqual([[['job_1']], [['job_1']], []]);
  });

  it('does not call listeners from within publish', () => {
    const listener = vi.fn();
    pubsub.subscribe('work', listener);

    pubsub.publish('work', 'job_1');

    expect(listener).not.toHaveBeenCalled();
  });

  it('calls nobody who has unsubscribed', async () => {
    const listener = vi.fn();
    const unsubscribe = pubsub.subscribe('work', listener);
    pubsub.publish('work', 'job_1');
    unsubscribe();
    pubsub.publish('work', 'job_2');
    await aWhile();

    expect(listener).not.toHaveBeenCalled();
  });

  it('goes on when a listener throws', async () => {
    const listener = vi.fn();
    pubsub.subscribe('work', () => {
      throw new Error('broken listener');
    });
    pubsub.subscribe('work', listener);

    pubsub.publish('work', 'job_1');
    await aWhile();

    expect(listener).toHaveBeenCalledTimes(1);
  });

  it('takes any text', async () => {
    const listener = vi.fn();
    pubsub.subscribe('work', listener);
    const message = `it's "odd", \\ 上海, \n${'x'.repeat(900)}`;

    pubsub.publish('work', message);
    await aWhile();

    expect(listener).toHaveBeenCalledWith(message);
  });

  it('publishes into the void after close, without an error', async () => {
    await pubsub.close();

    expect(() => pubsub.publish('work', 'job_1')).not.toThrow();
  });
}

/** Long enough for a message to go over a server and back. */
export const aWhile = () => new Promise((resolve) => setTimeout(resolve, 150));

import { expect, it, vi } from 'vitest';
import { Listeners } from './listeners.js';

it('forgets a topic with its last listener', () => {
  const listeners = new Listeners();
  const end = listeners.add('work', () => {});

  end();

  expect(listeners.topics()).toEqual([]);
});

it('keeps two subscriptions of one function apart', async () => {
  const listeners = new Listeners();
  const listener = vi.fn();
  listeners.add('work', listener);
  const end = listeners.add('work', listener);

  end();
  end();
  listeners.tell('work', 'job_1');
  await Promise.resolve();

  expect(listener).toHaveBeenCalledTimes(1);
});

import { CHANGED_TOPIC, type PubSub } from '@itpay/kernel';
import { beforeEach, describe, expect, it } from 'vitest';
import { aCharge, anIntent, INTENT_ID } from '../../test/samples.js';
import type { PresentedIntent } from './intent.js';
import type { IntentStore } from './store.js';
import { IntentWaiters, type WaitRequest } from './wait.js';

const owner = { account: 'm_1', livemode: false };
const open: PresentedIntent = { intent: anIntent(), qr: aCharge(), operation: null };
const scanned: PresentedIntent = {
  intent: anIntent({ status: 'scanning', version: 2 }),
  qr: aCharge(),
  operation: null,
};

describe('IntentWaiters', () => {
  let stored: PresentedIntent | null;
  let looks: number;
  let listeners: Set<(id: string) => void>;
  let waiters: IntentWaiters;

  beforeEach(() => {
    [stored, looks, listeners] = [open, 0, new Set()];
    const store = { find: async () => (looks++, stored) } as unknown as IntentStore;
    const pubsub = {
      subscribe: (topic: string, listener: (id: string) => void) => {
        expect(topic).toBe(CHANGED_TOPIC);
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    } as unknown as PubSub;
    waiters = new IntentWaiters(store, {} as never, pubsub);
  });

  const announce = (id: string) => listeners.forEach((listener) => listener(id));
  const wait = (change: Partial<WaitRequest> = {}) =>
    waiters.wait(owner, {
      intentId: INTENT_ID,
      knownVersion: 1,
      timeoutMs: 10_000,
      signal: new AbortController().signal,
      ...change,
    });
  const aMoment = () => new Promise((resolve) => setTimeout(resolve, 20));

  it.each([
    ['the version moved on', scanned, 1],
    [
      'it is paid, whatever the caller knows',
      { intent: anIntent({ status: 'succeeded', version: 2 }), qr: null, operation: null },
      2,
    ],
    ['it is closed', { intent: anIntent({ status: 'expired', version: 5 }), qr: null, operation: null }, 9],
  ])('answers at once when %s', async (_, now, knownVersion) => {
    stored = now;

    const result = await wait({ knownVersion });

    expect([result?.changed, looks]).toEqual([true, 1]);
  });

  it('answers a heartbeat when nothing happens in time', async () => {
    const result = await wait({ timeoutMs: 30 });

    expect(result).toEqual({ ...open, changed: false });
  });

  it('looks once and answers when it may not wait at all', async () => {
    expect(await wait({ timeoutMs: 0 })).toEqual({ ...open, changed: false });
    expect(looks).toBe(1);
  });

  it('knows nothing of an intent that the account does not have', async () => {
    stored = null;

    expect(await wait()).toBeNull();
  });

  it('wakes when the change is announced', async () => {
    const waiting = wait();
    await aMoment();

    stored = scanned;
    announce(INTENT_ID);

    expect(await waiting).toMatchObject({ changed: true, intent: { version: 2 } });
  });

  it('wakes everybody who waits for the intent', async () => {
    const waiting = [wait(), wait(), wait()];
    await aMoment();

    stored = scanned;
    announce(INTENT_ID);

    expect((await Promise.all(waiting)).map((result) => result?.changed)).toEqual([true, true, true]);
  });

  it('does not miss a change that comes while it looks', async () => {
    const store = {
      find: async () => {
        const seen = stored;
        if (looks++ === 0) {
          stored = scanned;
          announce(INTENT_ID);
        }
        return seen;
      },
    } as unknown as IntentStore;
    waiters = new IntentWaiters(store, {} as never, { subscribe: (_: string, l: never) => listeners.add(l) } as never);
    const began = performance.now();

    const result = await wait();

    expect(result?.changed).toBe(true);
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  it('goes on waiting when it was woken for nothing', async () => {
    const waiting = wait({ timeoutMs: 60 });
    await aMoment();

    announce(INTENT_ID);
    announce('pi_other');

    expect(await waiting).toMatchObject({ changed: false });
    expect(looks).toBeGreaterThan(1);
  });

  it('waits from now on when the caller knows no version', async () => {
    const waiting = wait({ knownVersion: null });
    await aMoment();

    stored = scanned;
    announce(INTENT_ID);

    expect(await waiting).toMatchObject({ changed: true });
  });

  it('lets go when the client went away', async () => {
    const client = new AbortController();
    const waiting = wait({ signal: client.signal });
    await aMoment();

    client.abort();

    expect(await waiting).toMatchObject({ changed: false });
    expect(looks).toBe(2);
  });

  it('looks by itself every two seconds, for changes that nobody announces here', async () => {
    const waiting = wait();
    await aMoment();

    stored = scanned;

    expect(await waiting).toMatchObject({ changed: true });
  });

  it('listens no more once it is closed', () => {
    waiters.close();

    expect(listeners.size).toBe(0);
  });
});

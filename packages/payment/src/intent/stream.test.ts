import { expect, it } from 'vitest';
import { anIntent } from '../../test/samples.js';
import type { PresentedIntent } from './intent.js';
import { streamIntent, type StreamRequest } from './stream.js';
import type { WaitRequest, WaitResult } from './wait.js';

const at = (version: number, status: 'qr_generated' | 'scanning' | 'succeeded' | 'expired'): PresentedIntent => ({
  intent: anIntent({ version, status }),
  qr: null,
  operation: null,
});
const eventOf = (version: number) => `event: payment_intent.state\nid: ${version}\ndata: {"v":${version}}\n\n`;
const heartbeat = ': heartbeat\n\n';
const [open, scanned, paid] = [at(1, 'qr_generated'), at(2, 'scanning'), at(3, 'succeeded')];
const changed = (presented: PresentedIntent): WaitResult => ({ ...presented, changed: true });
const quiet = (presented: PresentedIntent): WaitResult => ({ ...presented, changed: false });

/** What a client reads when the waits answer `results`, one after the other. */
async function read(results: readonly (WaitResult | null)[], change: Partial<StreamRequest> = {}) {
  const asked: WaitRequest[] = [];
  const left = [...results];
  const wait = async (_owner: unknown, request: WaitRequest) => {
    asked.push(request);
    return left.length > 0 ? left.shift()! : null;
  };
  const pieces: string[] = [];
  const request: StreamRequest = {
    owner: { account: 'm_1', livemode: false },
    first: open,
    knownVersion: null,
    project: ({ intent }) => ({ v: intent.version }),
    signal: new AbortController().signal,
    ...change,
  };
  for await (const piece of streamIntent({ wait }, request)) pieces.push(piece);
  return { events: pieces.slice(1), first: pieces[0], asked, unread: left.length };
}

it('tells the state at once, then each change, and ends when the intent is paid', async () => {
  const { first, events, unread } = await read([changed(scanned), changed(paid), changed(paid)]);

  expect(first).toMatch(/^retry: \d+\n\n$/);
  expect(events).toEqual([eventOf(1), eventOf(2), eventOf(3)]);
  expect(unread).toBe(1);
});

it('does not repeat the state that the client saw last', async () => {
  expect((await read([changed(scanned)], { knownVersion: 1 })).events).toEqual([eventOf(2)]);
});

it('catches up a client that was away', async () => {
  expect((await read([], { first: paid, knownVersion: 1 })).events).toEqual([eventOf(3)]);
});

it('ends after the state of an intent that is closed already', async () => {
  const { events, asked } = await read([changed(paid)], { first: at(4, 'expired') });

  expect([events, asked]).toEqual([[eventOf(4)], []]);
});

it('sends a heartbeat while nothing happens, each time from the version that it showed', async () => {
  const { events, asked } = await read([quiet(open), changed(scanned), quiet(scanned)], { heartbeatMs: 7 });

  expect(events).toEqual([eventOf(1), heartbeat, eventOf(2), heartbeat]);
  expect(asked.map(({ knownVersion, timeoutMs }) => [knownVersion, timeoutMs])).toEqual([
    [1, 7],
    [1, 7],
    [2, 7],
    [2, 7],
  ]);
});

it('ends at the end of its lifetime, and never waits beyond it', async () => {
  const none = await read([changed(scanned)], { lifetimeMs: 0 });
  const short = await read([quiet(open)], { lifetimeMs: 5_000, heartbeatMs: 60_000 });

  expect([none.events, none.asked]).toEqual([[eventOf(1)], []]);
  expect(short.asked[0]!.timeoutMs).toBeLessThanOrEqual(5_000);
});

it('says nothing more once the client is gone or the server stops', async () => {
  const client = new AbortController();
  client.abort();

  expect((await read([changed(scanned)], { signal: client.signal })).events).toEqual([eventOf(1)]);
});

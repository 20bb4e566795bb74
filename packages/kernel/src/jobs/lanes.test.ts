import { expect, it } from 'vitest';
import type { RateLimiter } from '../ports/rate-limiter.js';
import { Lanes } from './lanes.js';

const clock = { now: () => new Date(0) };

it.each<[lane: string | null, perSecond: number | null]>([
  // lane                              the limit that counts
  ['channel:wechat:live:1900', 5],
  ['channel:wechat', 5],
  ['channel:wechat:live:1901', 1], // the longest name that fits
  ['channel:wechat2:live:1900', null],
  ['channel', null],
  ['', null],
  [null, null],
])('%j has the limit %j', async (lane, perSecond) => {
  const asked: [string, number][] = [];
  const limiter = {
    take: async (key: string, bucket: { perSecond: number }) => {
      asked.push([key, bucket.perSecond]);
      return { allowed: false, nextInMs: 10 };
    },
  } as unknown as RateLimiter;
  const limits = {
    'channel:wechat': { perSecond: 5, burst: 5 },
    'channel:wechat:live:1901': { perSecond: 1, burst: 1 },
  };
  const lanes = new Lanes(clock, limiter, limits);

  const entered = await lanes.enter(lane);

  expect(asked).toEqual(perSecond === null ? [] : [[`lane:${lane}`, perSecond]]);
  expect(entered).toBe(perSecond === null);
});

it('keeps a lane closed until its next token, and no longer when the clock goes back', async () => {
  let nowMs = 3_600_000;
  const limiter = { take: async () => ({ allowed: false, nextInMs: 1_000 }) } as unknown as RateLimiter;
  const lanes = new Lanes({ now: () => new Date(nowMs) }, limiter, { slow: { perSecond: 1, burst: 1 } });
  await lanes.enter('slow');

  nowMs += 999;
  const before = [lanes.isClosed('slow'), lanes.closed(), lanes.opensInMs()];
  nowMs -= 3_600_000;
  const after = [lanes.isClosed('slow'), lanes.closed(), lanes.opensInMs(), lanes.takeReopened()];

  expect(before).toEqual([true, ['slow'], 1]);
  expect(after).toEqual([false, [], 0, ['slow']]);
});

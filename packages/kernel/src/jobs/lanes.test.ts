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

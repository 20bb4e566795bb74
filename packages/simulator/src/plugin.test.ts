import { SimulatedRails, type Clock, type Random, type SimulatedRail } from '@itpay/kernel';
import { expect, it } from 'vitest';
import { simulator } from './plugin.js';

it('brings the payer of PromptPay to the rails of test mode', () => {
  const rails: SimulatedRail[] = [];

  simulator().register?.({
    contribute: (point, _, make) => {
      expect(point).toBe(SimulatedRails);
      const clock: Clock = { now: () => new Date(0) };
      const random: Random = { bytes: (length) => new Uint8Array(length) };
      rails.push(...([make(...([clock, random] as unknown as Parameters<typeof make>))].flat() as SimulatedRail[]));
    },
    own: () => {},
    replace: () => {},
  });

  expect(simulator().name).toBe('simulator');
  expect(rails.map(({ channel }) => channel)).toEqual(['promptpay']);
});

import {
  SimulatedRails,
  type Clock,
  type NetworkedSimulatedRail,
  type Random,
  type SimulatedRail,
} from '@itpay/kernel';
import { expect, it } from 'vitest';
import { simulator } from './plugin.js';

type Rail = SimulatedRail | NetworkedSimulatedRail;

function railsOf(plugin: ReturnType<typeof simulator>): Rail[] {
  const rails: Rail[] = [];
  plugin.register?.({
    contribute: (point, _, make) => {
      expect(point).toBe(SimulatedRails);
      const clock: Clock = { now: () => new Date(0) };
      const random: Random = { bytes: (length) => new Uint8Array(length) };
      rails.push(...([make(...([clock, random] as unknown as Parameters<typeof make>))].flat() as Rail[]));
    },
    own: () => {},
    replace: () => {},
  });
  return rails;
}

it('brings the payers of PromptPay and of bank transfers to the rails of test mode', () => {
  const rails = railsOf(simulator());

  expect(simulator().name).toBe('simulator');
  expect(rails.map(({ channel }) => channel)).toEqual(
    expect.arrayContaining(['promptpay', 'bank_transfer', 'bank_transfer_sgd']),
  );
  expect(rails.filter((rail) => 'play' in rail)).toEqual([]);
});

it('brings a payer to each simulator whose address it is told', () => {
  const rails = railsOf(simulator({ rails: { wechat: 'http://127.0.0.1:4010' } }));

  expect(rails.filter((rail) => 'play' in rail).map(({ channel }) => channel)).toEqual(['wechat']);
});

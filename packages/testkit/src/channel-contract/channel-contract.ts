import type { Channel, ChannelPlugin } from '@itpay/kernel';
import { describe, expect, it } from '../vitest.js';
import { callbackCases } from './callback-cases.js';
import type { ContractRail } from './contract-rail.js';
import { encodeCases, type EncodingChannel } from './encode-cases.js';
import { factCases } from './fact-cases.js';
import { faultCases, type FaultCase } from './fault-cases.js';
import { orderCases, type NetworkCase } from './order-cases.js';
import { pluginCases } from './plugin-cases.js';
import { rigOf } from './rig.js';

export interface ChannelContractOptions {
  /** The other side of a channel that has `authorize`. Only test instances are called. */
  readonly network?: { readonly rail: ContractRail };
  /** Cases that the rail cannot meet, each with the reason. They show as skipped, with the reason in their name. */
  readonly excused?: Readonly<Partial<Record<ChannelContractCase, string>>>;
}

export type ChannelContractCase =
  | keyof typeof pluginCases
  | keyof typeof factCases
  | keyof typeof encodeCases
  | keyof typeof orderCases
  | keyof typeof callbackCases
  | FaultCase;

const networkCases: Readonly<Record<string, NetworkCase>> = { ...orderCases, ...faultCases, ...callbackCases };
const allCases: object = { ...pluginCases, ...factCases, ...encodeCases, ...networkCases };

/**
 * What every channel has to keep, as test cases: one group for the plugin, one for each instance that it brings. Called
 * at the top of a test file or inside a `describe`. A case shows only where the instance declares what it is about.
 *
 * @param make builds the plugin anew; without network and always with the same options
 */
export function channelContract(make: () => ChannelPlugin, options: ChannelContractOptions = {}): void {
  const { excused = {}, network } = options;
  const { name, channels } = make();
  for (const excuse of Object.keys(excused)) {
    if (!(excuse in allCases)) throw new TypeError(`There is no case "${excuse}".`);
  }
  const register = (title: string, run: () => void | Promise<void>) => {
    const reason = excused[title as ChannelContractCase];
    if (reason === undefined) it(title, run);
    else it.skip(`${title} [excused: ${reason}]`, run);
  };

  describe(`channel contract: ${name}`, () => {
    for (const [title, check] of Object.entries(pluginCases)) register(title, () => check(make().channels));

    for (const [index, channel] of channels.entries()) {
      const instance = () => make().channels[index]!;
      describe(`${channel.id}, ${channel.mode}${channel.simulated ? ', simulated' : ''}`, () => {
        for (const [title, check] of Object.entries(factCases)) register(title, () => check(instance()));

        if (channel.encode !== undefined) {
          for (const [title, check] of Object.entries(encodeCases)) {
            register(title, () => check(instance() as EncodingChannel, instance() as EncodingChannel));
          }
        }
        // Nothing here may reach money: live instances are only looked at.
        if (channel.authorize !== undefined && channel.mode === 'test') {
          if (network === undefined) it('has a rail to be tested with', missingRail);
          else {
            for (const [title, run] of applicable(channel)) register(title, () => run(rigOf(instance(), network.rail)));
          }
        }
      });
    }
  });
}

function applicable({ capabilities }: Channel): [title: string, run: NetworkCase[1]][] {
  return Object.entries(networkCases)
    .filter(([, [needs]]) => needs.every((capability) => capabilities.includes(capability)))
    .map(([title, [, run]]) => [title, run]);
}

function missingRail(): void {
  expect.fail(
    'The channel has a network, so the suite needs its other side: channelContract(make, { network: { rail } }). ' +
      'What the rail offers is described at ContractRail.',
  );
}

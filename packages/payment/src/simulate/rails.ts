import { ItPayError } from '@itpay/core';
import type { ChannelRegistry, NetworkedSimulatedRail, SimulatedRail } from '@itpay/kernel';
import type { PaymentIntent } from '../intent/intent.js';
import type { PayerAtTheRail } from './at-the-rail.js';

/** Who pays an intent: somebody in this process, or the payer at the rail's own simulator. */
export type Payer = { readonly kind: 'in_process'; readonly rail: SimulatedRail } | AtTheRail;
type AtTheRail = { readonly kind: 'at_the_rail' } & PayerAtTheRail;

/** The payers of test mode, by channel. */
export class SimulatedPayers {
  readonly #channels: ChannelRegistry;
  readonly #inProcess = new Map<string, SimulatedRail>();
  readonly #networked = new Map<string, NetworkedSimulatedRail>();

  /** @throws ItPayError `CONFIGURATION_INVALID` for a simulator of a channel that has no simulated, networked test side */
  constructor(channels: ChannelRegistry, all: readonly (SimulatedRail | NetworkedSimulatedRail)[]) {
    this.#channels = channels;
    for (const rail of all) {
      if ('play' in rail) this.#networked.set(requireNetworked(rail, channels).channel, rail);
      else this.#inProcess.set(rail.channel, rail);
    }
  }

  /** @throws ItPayError `LIVEMODE_MISMATCH` or `CHANNEL_CAPABILITY_UNSUPPORTED` */
  of({ channel: id, livemode, id: intentId }: PaymentIntent): Payer {
    if (livemode) {
      throw new ItPayError('LIVEMODE_MISMATCH', {
        message: `${intentId} is a live payment; only test payments can be simulated. Create one with a test key.`,
      });
    }
    const channel = this.#channels.get(id, 'test');
    if (!channel?.simulated) throw notSimulated(id);
    if (channel.authorize === undefined) {
      const rail = this.#inProcess.get(id);
      if (rail === undefined) throw notSimulated(id);
      return { kind: 'in_process', rail };
    }
    const rail = this.#networked.get(id);
    if (rail === undefined) throw nobodyThere(id);
    return { kind: 'at_the_rail', channel, rail };
  }
}

function requireNetworked(rail: NetworkedSimulatedRail, channels: ChannelRegistry): NetworkedSimulatedRail {
  const networked = channels.list('test').filter(({ simulated, authorize }) => simulated && authorize !== undefined);
  if (networked.some(({ id }) => id === rail.channel)) return rail;
  const there = networked.map(({ id }) => id).join(', ') || 'none';
  throw new ItPayError('CONFIGURATION_INVALID', {
    message:
      `The option simulators names "${rail.channel}", and no channel of this name has a test side that talks to a ` +
      `simulator. There are: ${there}.`,
    param: 'simulators',
  });
}

function notSimulated(channel: string): ItPayError {
  return new ItPayError('CHANNEL_CAPABILITY_UNSUPPORTED', {
    message: `The test side of "${channel}" is not a simulation; pay there as its provider's sandbox asks.`,
    details: { channel, capability: 'simulate' },
  });
}

function nobodyThere(channel: string): ItPayError {
  return new ItPayError('CHANNEL_CAPABILITY_UNSUPPORTED', {
    message:
      `Where the simulator of "${channel}" listens is not known here. Say it with createItPay({ simulators: ` +
      `{ ${channel}: 'http://127.0.0.1:…' } }), or let the payer act there: POST /control/act.`,
    details: { channel, capability: 'simulate' },
  });
}

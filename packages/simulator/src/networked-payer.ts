import { ItPayError } from '@itpay/core';
import type { NetworkedSimulatedRail } from '@itpay/kernel';
import { RailRefusal, railControl } from './kit/client.js';

const ANSWER_WITHIN_MS = 10_000;

/**
 * The payer at a simulator that listens somewhere, such as one of `startWechatSimulator` or `itpay simulate wechat`.
 *
 * @param url where the simulator listens
 */
export function networkedPayer(channel: string, url: string): NetworkedSimulatedRail {
  const control = railControl(url.replace(/\/+$/, ''));
  return {
    channel,
    async play({ amount, paidAt, ...act }) {
      try {
        await control.act(
          {
            ...act,
            ...(amount && { amount: String(amount.value) }),
            ...(paidAt && { paidAt: paidAt.toISOString() }),
          },
          { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) },
        );
      } catch (error) {
        throw error instanceof RailRefusal ? refused(error) : unreachable(channel, url, error);
      }
    },
  };
}

function refused({ message }: RailRefusal): ItPayError {
  return new ItPayError('PARAMETER_INVALID', { message, param: 'event' });
}

function unreachable(channel: string, url: string, cause: unknown): ItPayError {
  return new ItPayError('CHANNEL_UNAVAILABLE', {
    message: `The simulator of "${channel}" does not answer at ${url}. Start it, or correct simulators.${channel}.`,
    details: { channel },
    cause,
  });
}

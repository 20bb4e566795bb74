import { ItPayError } from '@itpay/core';
import type { Channel, ChannelRegistry, Operation } from '@itpay/kernel';

/**
 * The configured channel instance of an operation.
 *
 * @throws ItPayError `CHANNEL_UNAVAILABLE` when the instance is no longer configured: its operations wait until it is
 */
export function channelOf(channels: ChannelRegistry, { channel, channelInstance }: Operation): Channel {
  const found = channels.byKey(channelInstance);
  if (found !== undefined) return found;
  throw new ItPayError('CHANNEL_UNAVAILABLE', {
    message: `The channel "${channel}" with the merchant account of this payment is not configured here.`,
    details: { channel },
  });
}

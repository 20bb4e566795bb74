import type { PayerView } from '@itpay/payment';
import type { Messages } from '../messages/messages.js';

/** What payers call the channel, in their language. */
export function channelName(
  { channel }: Pick<PayerView, 'channel'>,
  { channelNames }: Pick<Messages, 'channelNames'>,
): string {
  return Object.hasOwn(channelNames, channel.id) ? channelNames[channel.id]! : channel.displayName;
}

import type { Actor, Operation } from '@itpay/kernel';

/** The channel as the one who acted, for the audit log. */
export function channelActor({ account, livemode, channel }: Operation): Actor {
  return { account, livemode, id: `channel:${channel}`, requestId: null };
}

import { ItPayError } from '@itpay/core';
import type { Channel, ChannelRegistry } from '@itpay/kernel';

/** How a request names the channels over which it may be paid. */
export interface ChannelWish {
  readonly channel?: string;
  readonly allowed_channels?: readonly string[];
}

/**
 * The channels that a request allows, the preferred first: `channel` in front of `allowed_channels`; every configured one
 * where it names none. Of a list, those of the other mode are left out, so that one list serves both.
 *
 * @throws ItPayError `CHANNEL_NOT_SUPPORTED` for a name that is configured in neither mode, and when nothing is left;
 *   `PARAMETER_INVALID` for a `channel` that `allowed_channels` leaves out
 */
export function allowedChannels(
  { channel, allowed_channels: list }: ChannelWish,
  channels: ChannelRegistry,
  mode: 'live' | 'test',
): readonly Channel[] {
  if (channel === undefined && list === undefined) return channels.list(mode);
  if (channel !== undefined && list !== undefined && !list.includes(channel)) {
    throw new ItPayError('PARAMETER_INVALID', {
      message: `The channel "${channel}" is not among allowed_channels. Add it there, or leave one of the two out.`,
      param: 'channel',
      details: { allowed: list },
    });
  }
  const otherMode = mode === 'live' ? 'test' : 'live';
  const names = list ?? [channel!];
  const stranger = names.findIndex(
    (name) => channels.get(name, mode) === undefined && channels.get(name, otherMode) === undefined,
  );
  const refused = (message: string, param: string) =>
    new ItPayError('CHANNEL_NOT_SUPPORTED', {
      message,
      param,
      details: { allowed: channels.list(mode).map(({ id }) => id) },
    });
  if (stranger >= 0) {
    throw refused(
      `No channel is named "${names[stranger]}".`,
      list === undefined ? 'channel' : `allowed_channels.${stranger}`,
    );
  }
  const preferred = channel === undefined ? names : [channel, ...names.filter((name) => name !== channel)];
  const found = preferred.flatMap((name) => channels.get(name, mode) ?? []);
  if (found.length > 0) return found;
  throw list === undefined
    ? refused(`The channel "${channel}" is set up for ${otherMode} keys only.`, 'channel')
    : refused(`The channels of this list are set up for ${otherMode} keys only.`, 'allowed_channels');
}

/** The preferred ones first, in their order; the others as they were. Names that are not among them add nothing. */
export function inOrder(channels: readonly Channel[], preferred: readonly string[] = []): readonly Channel[] {
  const rank = ({ id }: Channel) => (preferred.includes(id) ? preferred.indexOf(id) : preferred.length);
  return channels.toSorted((a, b) => rank(a) - rank(b));
}

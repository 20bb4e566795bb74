import { isItPayError } from '@itpay/core';
import { ChannelRegistry } from '@itpay/kernel';
import { expect, it } from 'vitest';
import { aChannel } from '../../test/samples.js';
import { allowedChannels, type ChannelWish } from './allowed.js';

const registry = new ChannelRegistry([
  aChannel({ id: 'a' }),
  aChannel({ id: 'b' }),
  aChannel({ id: 'c' }),
  aChannel({ id: 'b', mode: 'live', merchantAccount: 'live-shop' }),
  aChannel({ id: 'd', mode: 'live', merchantAccount: 'live-shop' }),
]);

/** Names in their order, or the code and the field of a refusal. */
function outcome(wish: ChannelWish, mode: 'live' | 'test'): readonly (string | undefined)[] {
  try {
    return allowedChannels(wish, registry, mode).map(({ id }) => id);
  } catch (error) {
    if (!isItPayError(error)) throw error;
    return [error.code, error.param];
  }
}

it.each<[ChannelWish, 'live' | 'test', readonly string[]]>([
  [{}, 'test', ['a', 'b', 'c']],
  [{}, 'live', ['b', 'd']],
  [{ channel: 'b' }, 'test', ['b']],
  [{ allowed_channels: ['c', 'a'] }, 'test', ['c', 'a']],
  [{ allowed_channels: ['c', 'b', 'a'], channel: 'a' }, 'test', ['a', 'c', 'b']],
  // one list for both modes
  [{ allowed_channels: ['c', 'b', 'a'] }, 'live', ['b']],
  [{ allowed_channels: ['d', 'a'], channel: 'd' }, 'test', ['a']],
  [{ channel: 'd' }, 'test', ['CHANNEL_NOT_SUPPORTED', 'channel']],
  [{ allowed_channels: ['d'] }, 'test', ['CHANNEL_NOT_SUPPORTED', 'allowed_channels']],
  // a name that nobody knows is a mistake, also beside others
  [{ channel: 'x' }, 'test', ['CHANNEL_NOT_SUPPORTED', 'channel']],
  [{ allowed_channels: ['a', '__proto__'] }, 'test', ['CHANNEL_NOT_SUPPORTED', 'allowed_channels.1']],
  [{ allowed_channels: ['a', 'b'], channel: 'c' }, 'test', ['PARAMETER_INVALID', 'channel']],
])('%j in %s mode: %j', (wish, mode, expected) => {
  expect(outcome(wish, mode)).toEqual(expected);
});

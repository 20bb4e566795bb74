import { secretsFrom } from '@itpay/kernel';
import { describe, expect, it } from 'vitest';
import { aChannel } from '../../test/samples.js';
import { CallbackTokens, callbackUrl } from './token.js';

const KEY = 'a-secret-key-for-tests-that-is-long-enough';
const tokens = new CallbackTokens(secretsFrom([KEY]));
const channel = aChannel();

describe('a callback token', () => {
  it('is 22 characters that need no escaping, the same each time', () => {
    const token = tokens.issue(channel);

    expect(token).toMatch(/^[\w-]{22}$/);
    expect(tokens.issue({ ...channel })).toBe(token);
  });

  it.each<[what: string, other: Partial<typeof channel>]>([
    ['mode', { mode: 'live' }],
    ['merchant account', { merchantAccount: 'shop-2' }],
    ['rail', { id: 'other' }],
  ])('selects its own instance, and none of another %s', (_what, change) => {
    const token = tokens.issue(channel);

    expect(tokens.selects(token, channel)).toBe(true);
    expect(tokens.selects(token, aChannel(change))).toBe(false);
  });

  it('still selects after the secret key was replaced, while the old one is listed', () => {
    const token = tokens.issue(channel);
    const fresh = 'another-secret-key-for-tests-long-enough';

    expect(new CallbackTokens(secretsFrom([fresh, KEY])).selects(token, channel)).toBe(true);
    expect(new CallbackTokens(secretsFrom([fresh])).selects(token, channel)).toBe(false);
  });

  it.each(['', 'x', '?'.repeat(22), 'A'.repeat(22), 'A'.repeat(23)])('is not %j', (text) => {
    expect(tokens.selects(text, channel)).toBe(false);
  });

  it('has one spelling', () => {
    const token = tokens.issue(channel);

    expect(tokens.selects(`${token}=`, channel)).toBe(false);
    expect(tokens.selects(` ${token}`, channel)).toBe(false);
  });
});

it('the URL names the rail and carries the token', () => {
  const url = callbackUrl({ publicUrl: 'https://shop.example/itpay' }, tokens, channel);

  expect(url).toBe(`https://shop.example/itpay/v1/channels/rail/callback/${tokens.issue(channel)}`);
});

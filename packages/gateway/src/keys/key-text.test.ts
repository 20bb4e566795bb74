import { seededRandom } from '@itpay/testkit';
import { expect, it } from 'vitest';
import { formatKey, hashSecret, maskKey, newKeyText, parseKey } from './key-text.js';

it.each([
  [true, /^itpay_live_[0-9a-z]{12}_[\w-]{43}$/],
  [false, /^itpay_test_[0-9a-z]{12}_[\w-]{43}$/],
])('writes a key so that it can be read again, livemode: %s', (livemode, format) => {
  const key = newKeyText(livemode, seededRandom('key'));

  expect(formatKey(key)).toMatch(format);
  expect(parseKey(formatKey(key))).toEqual(key);
});

const secret = 'a'.repeat(43);

it.each([
  [''],
  [`itpay_prod_0123456789ab_${secret}`],
  [`itpay_test_0123456789a_${secret}`], //     key id one short
  [`itpay_test_0123456789ab_${secret}a`], //   secret one long
  [`itpay_test_0123456789ab_${secret.slice(1)}`],
  [`itpay_test_0123456789ab_${secret.slice(1)}=`],
  [`itpay_test_0123456789AB_${secret}`],
  [`itpay_test_0123456789ab_${secret}\n`],
  ['eyJhbGciOiJIUzI1NiJ9.e30.x'],
])('does not take %j for a key', (text) => {
  expect(parseKey(text)).toBeNull();
});

it('stores the SHA-256 of the secret', () => {
  expect(hashSecret('abc').toString('hex')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

it('shows what is needed to recognise a key, and no more', () => {
  expect(maskKey({ livemode: false, keyId: '0123456789ab', last4: 'wxyz' })).toBe('itpay_test_0123456789ab_…wxyz');
});

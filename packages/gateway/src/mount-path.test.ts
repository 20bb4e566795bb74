import { expect, it } from 'vitest';
import { belowMount } from './mount-path.js';

it.each([
  // mount     url                    below
  ['/itpay', '/itpay/v1/a%2Fb?q=%20', '/v1/a%2Fb?q=%20'],
  ['/itpay', '/itpay', '/'],
  ['/itpay', '/itpay?q=1', '/?q=1'],
  ['/itpay', '/itpay//v1', '//v1'],
  ['/itpay', '/itpayments', null],
  ['/itpay', '/', null],
  ['/itpay', '/shop/itpay/v1', null],
  ['/itpay/', '/itpay/v1', '/v1'],
  ['/a/b', '/a/b/v1', '/v1'],
  ['/', '/v1?q', '/v1?q'],
  ['', '/v1', '/v1'],
])('a mount at "%s" sees "%s" as %j', (mountPath, url, below) => {
  expect(belowMount(mountPath, url)).toBe(below);
});

import { expect, it } from 'vitest';
import { appHref } from './app-link.js';

it.each([
  ['alipays://platformapi/startapp?saId=10000007&qrcode=https%3A%2F%2Fqr.alipay.com%2Fb', true],
  ['https://qr.alipay.com/bax00', true],
  ['javascript:alert(1)', false],
  [' \tjava\nscript:alert(1)', false],
  ['data:text/html,<script>', false],
  ['no address', false],
  [null, false],
])('opens %j: %s', (deepLink, opens) => {
  expect(appHref(deepLink)).toBe(opens ? deepLink : null);
});

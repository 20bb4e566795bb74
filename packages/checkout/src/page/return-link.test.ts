import { expect, it } from 'vitest';
import { returnHref } from './return-link.js';

it.each([
  ['https://shop.example/thanks?order=7&a="b"', 'https://shop.example/thanks?order=7&a=%22b%22'],
  ['http://localhost:3000/', 'http://localhost:3000/'],
  ['javascript:alert(1)', null],
  [' \tjava\nscript:alert(1)', null],
  ['data:text/html,<script>', null],
  ['shop://thanks', null],
  ['/thanks', null],
  ['', null],
  [null, null],
])('makes of %j the link %j', (returnUrl, href) => {
  expect(returnHref(returnUrl)).toBe(href);
});

import { createHash } from 'node:crypto';
import { ERROR_CODES } from '@itpay/core';
import { expect, it } from 'vitest';
import { request, testHandle } from '../../test/fakes.js';
import { errorPageRoutes } from './routes.js';

const { handle } = testHandle(errorPageRoutes());
const get = (url: string) => handle(request({ url }));

it.each(Object.entries(ERROR_CODES))('explains %s', async (code, { status, fix }) => {
  const page = await get(`/errors/${code}`);

  expect(page.status).toBe(200);
  expect(page.body).toContain(code);
  expect(page.body).toContain(`<dd>${status}</dd>`);
  expect(page.body).toContain(fix.replaceAll('&', '&amp;'));
});

it('lists every code, with links that stay below the mount', async () => {
  const { body } = await get('/errors');

  for (const code of Object.keys(ERROR_CODES)) expect(body).toContain(`href="errors/${code}"`);
});

it('has a page for the code of a plugin, which it does not know', async () => {
  const { status, body } = await get('/errors/LOYALTY_CARD_EXPIRED');

  expect(status).toBe(200);
  expect(body).toContain('documentation of the plugin');
  expect(body).not.toContain('LOYALTY_CARD_EXPIRED');
});

it.each(['/errors/no-code', '/errors/__proto__', '/errors/%3Cscript%3E'])('answers %s with 404', async (url) => {
  const { status, body } = await get(url);

  expect(status).toBe(404);
  expect(body).toContain('This is no error code');
  expect(body).not.toContain('<script');
});

it('allows its own style sheet and nothing else', async () => {
  const { headers, body } = await get('/errors');

  const [, style] = /<style>([^]*)<\/style>/.exec(String(body))!;
  const hash = createHash('sha256').update(style!).digest('base64');
  expect(headers['content-security-policy']).toContain(`default-src 'none'; style-src 'sha256-${hash}'`);
  expect(body).not.toMatch(/<script|https?:|\sstyle=/);
});

import type { Route, RouteAnswer } from '@itpay/kernel';
import { expect, it } from 'vitest';
import { assetRoutes } from './asset-routes.js';
import { readAssets } from './assets.js';

const assets = await readAssets();
const routes = assetRoutes(assets);

it.each([
  ['/assets/pay.js', 'text/javascript; charset=utf-8', assets.script.version],
  ['/assets/pay.css', 'text/css; charset=utf-8', assets.style.version],
])('serves %s for good under its version, to anybody', async (path, type, version) => {
  const route = routes.find((candidate) => candidate.path === path)!;

  const answer = await get(route, version);

  expect(route).toMatchObject({ access: 'public', hidden: true });
  expect(version).toMatch(/^[0-9a-f]{12}$/);
  expect(answer).toMatchObject({ status: 200, content: { type } });
  expect(answer.content!.bytes.length).toBeGreaterThan(1000);
  expect(answer.headers).toEqual({
    'Cache-Control': 'public, max-age=31536000, immutable',
    'X-Content-Type-Options': 'nosniff',
  });
});

it.each([undefined, '000000000000'])('does not let a cache keep it under the version %s', async (version) => {
  const answer = await get(routes[0]!, version);

  expect(answer.status).toBe(200);
  expect(answer.headers).toMatchObject({ 'Cache-Control': 'no-cache' });
});

function get(route: Route, v: string | undefined): Promise<RouteAnswer> {
  return route.run({ query: route.query.parse({ v }) } as Parameters<Route['run']>[0]);
}

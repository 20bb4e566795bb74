import { defineRoute, type Route } from '@itpay/kernel';
import { z } from 'zod';
import type { Asset, Assets } from './assets.js';

/** The script and the style sheet of the pay page. Public: they say nothing about any payment. */
export function assetRoutes({ script, style }: Assets): readonly Route[] {
  return [script, style].map(assetRoute);
}

function assetRoute({ path, type, version, bytes }: Asset): Route {
  return defineRoute({
    method: 'GET',
    path,
    summary: 'A file of the pay page',
    tag: 'Pay page',
    access: 'public',
    rate: 'none',
    hidden: true,
    query: z.object({ v: z.string().optional() }),
    answers: { 200: { description: 'The file', contentType: type } },
    errors: [],
    run: async ({ query }) => ({
      status: 200,
      content: { type, bytes },
      headers: {
        // While a new release rolls out, an old server may be asked for a new version: what it answers must not stick.
        'Cache-Control': query.v === version ? 'public, max-age=31536000, immutable' : 'no-cache',
        'X-Content-Type-Options': 'nosniff',
      },
    }),
  });
}

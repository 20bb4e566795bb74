import { defineRoute, type Route } from '@itpay/kernel';
import type { OpenApiDocument } from '../document.js';
import { REFERENCE_POLICY, referencePage } from './page.js';

/** @param openapi makes the document; asked for at the first request, because few processes are ever asked */
export function referenceRoute(openapi: () => OpenApiDocument): Route {
  let page: string | undefined;
  return defineRoute({
    method: 'GET',
    path: '/docs',
    summary: 'The API reference',
    tag: 'Pages',
    access: 'public',
    hidden: true,
    rate: 'none',
    answers: { 200: { description: 'The page.', contentType: 'text/html' } },
    errors: [],
    run: async () => {
      page ??= referencePage(openapi());
      return {
        status: 200,
        content: { type: 'text/html; charset=utf-8', bytes: page },
        headers: {
          'content-security-policy': REFERENCE_POLICY,
          'referrer-policy': 'no-referrer',
          'cache-control': 'public, max-age=300',
        },
      };
    },
  });
}

import { defineRoute, type Route } from '@itpay/kernel';
import type { OpenApiDocument } from './document.js';

/** @param openapi makes the document; asked for at the first request, because few processes are ever asked */
export function openApiRoute(openapi: () => OpenApiDocument): Route {
  let json: string | undefined;
  return defineRoute({
    method: 'GET',
    path: '/v1/openapi.json',
    summary: 'Describe this API',
    description: 'An OpenAPI 3.1 document of the endpoints that this installation has.',
    tag: 'Service',
    access: 'public',
    answers: { 200: { description: 'The document.', contentType: 'application/json' } },
    errors: [],
    run: async () => ({ status: 200, body: (json ??= JSON.stringify(openapi())) }),
  });
}

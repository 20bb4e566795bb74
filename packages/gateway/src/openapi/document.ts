import { API_VERSION } from '@itpay/core';
import type { Route } from '@itpay/kernel';
import {
  createDocument,
  type ZodOpenApiObject,
  type ZodOpenApiOverride,
  type ZodOpenApiPathsObject,
} from 'zod-openapi';
import { operationOf } from './operation.js';

/** An OpenAPI 3.1 document, ready for JSON. */
export type OpenApiDocument = ReturnType<typeof createDocument>;

/** Describes the routes by the schemas that they validate with. Routes that are `hidden` stay out. */
export function describeRoutes(routes: readonly Route[], { publicUrl }: { publicUrl: string }): OpenApiDocument {
  const paths: ZodOpenApiPathsObject = {};
  const shown = routes.filter(({ hidden }) => hidden !== true);
  for (const route of shown) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route) };
  }
  const source: ZodOpenApiObject = {
    openapi: '3.1.1',
    info: {
      title: 'ItPay',
      version: API_VERSION,
      description: 'Payment intents, QR codes and their status, over the channels that this installation has.',
    },
    servers: [{ url: publicUrl }],
    tags: [...new Set(shown.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key: `itpay_live_…` or `itpay_test_…`.' },
        displayToken: {
          type: 'apiKey',
          in: 'query',
          name: 't',
          description: 'What the payer of one intent holds. It comes with the intent’s `pay_url`.',
        },
      },
    },
  };
  return createDocument(source, { override: leaveAnswersOpen });
}

// zod closes the objects of answers, but a client has to bear a field that a later version adds.
const leaveAnswersOpen: ZodOpenApiOverride = ({ jsonSchema, zodSchema, io }) => {
  const { def } = zodSchema._zod;
  if (io === 'output' && def.type === 'object' && def.catchall === undefined) delete jsonSchema.additionalProperties;
};

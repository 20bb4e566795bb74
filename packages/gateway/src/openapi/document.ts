import { API_VERSION } from '@itpay/core';
import type { Route } from '@itpay/kernel';
import {
  createDocument,
  type ZodOpenApiObject,
  type ZodOpenApiOverride,
  type ZodOpenApiPathsObject,
} from 'zod-openapi';
import { exampleOf, type JsonSchema, type Schemas } from './example.js';
import { operationOf } from './operation.js';
import { tagOf } from './tags.js';

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
    tags: [...new Set(shown.map(({ tag }) => tag))].map(tagOf),
    paths,
    components: {
      securitySchemes: {
        apiKey: {
          type: 'http',
          scheme: 'bearer',
          description:
            'An API key: `itpay_live_…` or `itpay_test_…`. A key with `require_signature` also needs the header ' +
            '`ItPay-Signature: t=<Unix seconds>,v1=<hexadecimal>`: HMAC-SHA256 with the signing secret of the key over ' +
            '`v1`, t, method, public path with its sorted query, `Idempotency-Key` (empty where there is none) and the ' +
            'SHA-256 of the body in hexadecimal (of nothing for GET), with line feeds between them. t is at most five ' +
            'minutes off and may have a fraction; each signature works once.',
        },
        displayToken: {
          type: 'apiKey',
          in: 'query',
          name: 't',
          description: 'What the payer of one intent holds. It comes with the intent’s `pay_url`.',
        },
      },
    },
  };
  return withExamples(createDocument(source, { override: leaveAnswersOpen }));
}

// zod closes the objects of answers, but a client has to bear a field that a later version adds.
const leaveAnswersOpen: ZodOpenApiOverride = ({ jsonSchema, zodSchema, io }) => {
  const { def } = zodSchema._zod;
  if (io === 'output' && def.type === 'object' && def.catchall === undefined) delete jsonSchema.additionalProperties;
};

/** Adds to each JSON body, of requests and of successes, an example that is made of its schema. */
function withExamples(document: OpenApiDocument): OpenApiDocument {
  const schemas = (document.components?.schemas ?? {}) as Schemas;
  const add = (holder: object | undefined, use: 'request' | 'answer') => {
    const media = (holder as WithContent | undefined)?.content?.['application/json'];
    if (media?.schema !== undefined) media.example = exampleOf(media.schema, schemas, use);
  };
  for (const item of Object.values(document.paths ?? {})) {
    for (const { requestBody, responses } of Object.values(item) as Described[]) {
      add(requestBody, 'request');
      for (const [status, response] of Object.entries(responses)) if (status < '300') add(response, 'answer');
    }
  }
  return document;
}

interface WithContent {
  readonly content?: Record<string, { readonly schema?: JsonSchema; example?: unknown }>;
}
interface Described {
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, object>>;
}

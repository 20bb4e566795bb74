import { API_VERSIONS, type AnswerDescription, type Route } from '@itpay/kernel';
import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiResponseObject } from 'zod-openapi';
import { takesIdempotencyKey } from '../prepare-route.js';
import { errorResponses } from './error-responses.js';
import { COMMON_HEADERS, REPLAYABLE_HEADERS } from './response-headers.js';

/** One route in the words of OpenAPI. */
export function operationOf(route: Route): ZodOpenApiOperationObject {
  const answers = Object.entries(route.answers) as [`${1 | 2 | 3 | 4 | 5}${string}`, AnswerDescription][];
  return {
    operationId: operationIdOf(route),
    summary: route.summary,
    ...(route.description !== undefined && { description: route.description }),
    tags: [route.tag],
    security: securityOf(route),
    requestParams: {
      ...(route.params && { path: route.params }),
      ...(route.query && { query: route.query }),
      ...headersOf(route),
    },
    ...(route.body && { requestBody: { required: true, content: { 'application/json': { schema: route.body } } } }),
    ...(route.file && { requestBody: { required: true, content: FILE } }),
    ...(route.raw && { requestBody: { content: { '*/*': {} } } }),
    responses: {
      ...errorResponses(route),
      // What the route says itself about a status wins.
      ...Object.fromEntries(answers.map(([status, answer]) => [status, responseOf(route, answer)])),
    },
  };
}

/** Bytes, which OpenAPI 3.1 says by leaving the schema's type out. */
const FILE = { 'application/octet-stream': { schema: {} } };

/** `GET /v1/payment-intents/{id}/wait` → `getPaymentIntentsByIdWait` */
export function operationIdOf({ method, path }: Pick<Route, 'method' | 'path'>): string {
  const words = path
    .replace(/^\/v1(?=\/)/, '')
    .replaceAll(/\{(\w+)\}/g, 'by-$1')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '');
  return [method.toLowerCase(), ...words.map((word) => word[0]!.toUpperCase() + word.slice(1))].join('');
}

function securityOf({ access, displayToken }: Route): Record<string, string[]>[] {
  if (access === 'public') return [];
  // OpenAPI 3.1 lets a bearer scheme list what the caller must be allowed to do.
  return [{ apiKey: [access] }, ...(displayToken === true ? [{ displayToken: [] }] : [])];
}

function responseOf(route: Route, { description, schema, contentType }: AnswerDescription): ZodOpenApiResponseObject {
  const hasContent = schema !== undefined || contentType !== undefined;
  return {
    description,
    headers: takesIdempotencyKey(route) ? REPLAYABLE_HEADERS : COMMON_HEADERS,
    ...(hasContent && { content: { [contentType ?? 'application/json']: schema === undefined ? {} : { schema } } }),
  };
}

function headersOf(route: Route): { header?: z.ZodObject } {
  if (route.raw) return {};
  return { header: takesIdempotencyKey(route) ? IDEMPOTENCY_HEADER.extend(VERSION_HEADER.shape) : VERSION_HEADER };
}

const VERSION_HEADER = z.object({
  'ItPay-Version': z
    .enum(API_VERSIONS.map(({ version }) => version))
    .optional()
    .meta({
      description: 'The version of the API to answer in. Left out: the one that the key is pinned to, else the newest.',
      param: { id: 'ItPay-Version' },
    }),
});

const IDEMPOTENCY_HEADER = z.object({
  'Idempotency-Key': z
    .string()
    .min(1)
    .max(255)
    .regex(/^[\x20-\x7e]+$/)
    .meta({
      description: 'A fresh value, such as a UUID, for each new request; the same one when the request is repeated.',
      param: { id: 'Idempotency-Key' },
    }),
});

import { ERROR_CODES, type ErrorCode } from '@itpay/core';
import type { Route } from '@itpay/kernel';
import { z } from 'zod';
import type { ZodOpenApiResponsesObject } from 'zod-openapi';
import { takesIdempotencyKey } from '../prepare-route.js';
import { errorHeaders } from './response-headers.js';

/** What a route may answer when something is wrong: by status, with the codes that a program can meet there. */
export function errorResponses(route: Route): ZodOpenApiResponsesObject {
  const codes = [...new Set([...generalCodes(route), ...route.errors])];
  const statuses = [...new Set(codes.map((code) => ERROR_CODES[code].status))].toSorted((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => {
      const lines = codes
        .filter((code) => ERROR_CODES[code].status === status)
        .map((code) => `- \`${code}\`: ${ERROR_CODES[code].meaning}`);
      const response = {
        description: lines.join('\n'),
        headers: errorHeaders(status, { replayable: takesIdempotencyKey(route) }),
        content: { 'application/json': { schema: ErrorBody } },
      };
      return [String(status), response];
    }),
  );
}

function generalCodes(route: Route): ErrorCode[] {
  const { access, params, query, body, method, raw, rate = 'request' } = route;
  const hasFields = params !== undefined || query !== undefined || body !== undefined;
  return [
    ...when(hasFields, 'VALIDATION_FAILED', 'PARAMETER_MISSING', 'PARAMETER_INVALID'),
    ...when(raw !== true, 'PARAMETER_UNKNOWN', 'API_VERSION_UNSUPPORTED'),
    ...when(raw !== true && method !== 'GET', 'BODY_INVALID'),
    ...when(raw === true || method !== 'GET', 'BODY_TOO_LARGE'),
    ...when(
      takesIdempotencyKey(route),
      'IDEMPOTENCY_KEY_REQUIRED',
      'IDEMPOTENCY_KEY_INVALID',
      'IDEMPOTENCY_KEY_REUSED',
      'IDEMPOTENCY_IN_PROGRESS',
    ),
    ...when(
      access !== 'public',
      'API_KEY_MISSING',
      'API_KEY_INVALID',
      'API_KEY_EXPIRED',
      'API_KEY_REVOKED',
      'SIGNATURE_INVALID',
      'SIGNATURE_EXPIRED',
      'IP_NOT_ALLOWED',
      'PERMISSION_DENIED',
    ),
    ...when(
      raw !== true && (rate === 'request' || rate === 'wait'),
      'RATE_LIMITED',
      'RATE_LIMIT_BURST',
      'RATE_LIMIT_CONCURRENT',
    ),
    'INTERNAL_ERROR',
    'SERVICE_UNAVAILABLE',
  ];
}

const when = (applies: boolean, ...codes: ErrorCode[]) => (applies ? codes : []);

const WireError = z
  .object({
    type: z.enum([
      'validation',
      'authentication',
      'authorization',
      'not_found',
      'conflict',
      'payment',
      'channel',
      'rate_limit',
      'server',
    ]),
    code: z.string().meta({ description: 'Stable. What a program branches on.', examples: ['PARAMETER_MISSING'] }),
    message: z.string().meta({ description: 'For people. It may change.' }),
    param: z
      .string()
      .optional()
      .meta({ description: 'The parameter at fault.', examples: ['amount.value'] }),
    details: z.record(z.string(), z.unknown()).optional().meta({ description: 'Facts that a program can use.' }),
    retryable: z.boolean().meta({ description: 'The same request may succeed later.' }),
    doc_url: z.url().meta({ description: 'The page about the code.' }),
  })
  .meta({ id: 'Error' });

const ErrorBody = z.object({ error: WireError, request_id: z.string() }).meta({ id: 'ErrorBody' });

import { defineRoute } from '@itpay/kernel';
import { capturedLogger } from '@itpay/testkit';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { errorPageRoutes } from '../errors-page/routes.js';
import { healthRoutes } from '../health/routes.js';
import { describeRoutes } from './document.js';
import { operationIdOf } from './operation.js';
import { openApiRoute } from './route.js';

const Money = z.strictObject({ currency: z.string().length(3), value: z.int() }).meta({ id: 'Money' });
const Person = z.object({ name: z.string() }).meta({ id: 'Person' });
const Thing = z.object({ payer: Person, id: z.string(), amount: Money, qr: Money.nullable() }).meta({ id: 'Thing' });

const routes = [
  ...healthRoutes([], capturedLogger()),
  ...errorPageRoutes(),
  openApiRoute(() => describeRoutes([], { publicUrl: '' })),
  defineRoute({
    method: 'POST',
    path: '/v1/things',
    summary: 'Create a thing',
    tag: 'Things',
    access: 'payments:write',
    body: z.strictObject({
      amount: Money,
      payer: Person.optional(),
      metadata: z.record(z.string(), z.string()).default({}),
    }),
    answers: { 201: { description: 'Created.', schema: Thing }, 200: { description: 'Existed.', schema: Thing } },
    errors: ['AMOUNT_TOO_SMALL', 'CHANNEL_UNAVAILABLE'],
    run: async () => ({ status: 201 }),
  }),
  defineRoute({
    method: 'GET',
    path: '/v1/things/{id}/image.png',
    summary: 'Show a thing',
    tag: 'Things',
    access: 'payments:read',
    displayToken: true,
    params: z.strictObject({ id: z.string() }),
    query: z.strictObject({ size: z.coerce.number().int().default(300) }),
    answers: { 200: { description: 'The image.', contentType: 'image/png' } },
    errors: ['QR_EXPIRED'],
    run: async () => ({ status: 200 }),
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/channels/{channel}/callback',
    summary: 'Take a notification',
    tag: 'Channels',
    access: 'public',
    raw: true,
    params: z.strictObject({ channel: z.string() }),
    answers: { 200: { description: 'Understood.', contentType: '*/*' } },
    errors: ['CHANNEL_SIGNATURE_INVALID'],
    run: async ({ raw }) => ({ status: raw.rawBody.length > 0 ? 200 : 400 }),
  }),
];
// Through JSON, as a client sees it.
const document = JSON.parse(JSON.stringify(describeRoutes(routes, { publicUrl: 'https://shop.example/itpay' })));

const operations: { name: string; path: string; operation: any }[] = Object.entries(document.paths).flatMap(
  ([path, item]) =>
    Object.entries(item as object).map(([method, operation]) => ({ name: `${method} ${path}`, path, operation })),
);

it('says which version of OpenAPI it is, and where the API lives', () => {
  expect(document.openapi).toMatch(/^3\.1\.\d$/);
  expect(document.info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
  expect(document.servers).toEqual([{ url: 'https://shop.example/itpay' }]);
});

it('leaves out pages for people', () => {
  expect(Object.keys(document.paths)).toEqual([
    '/v1/health',
    '/v1/ready',
    '/v1/openapi.json',
    '/v1/things',
    '/v1/things/{id}/image.png',
    '/v1/channels/{channel}/callback',
  ]);
});

it('describes a raw route as one that takes any bytes', () => {
  const { requestBody, responses } = document.paths['/v1/channels/{channel}/callback'].post;

  expect(requestBody).toEqual({ content: { '*/*': {} } });
  expect(Object.keys(responses)).toEqual(['200', '400', '401', '413', '500', '503']);
  expect(responses['400'].description).not.toMatch(/BODY_INVALID|PARAMETER_UNKNOWN/);
});

it('has no reference that leads nowhere', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference!);

  expect(references.length).toBeGreaterThan(0);
  expect(references.filter((reference) => resolve(reference) === undefined)).toEqual([]);
});

it('names each operation once', () => {
  const names = operations.map(({ operation }) => operation.operationId);

  expect(new Set(names).size).toBe(names.length);
});

describe.each(operations)('$name', ({ path, operation }) => {
  it('has what OpenAPI wants of an operation', () => {
    expect(operation.operationId).toMatch(/^[a-z][A-Za-z0-9]+$/);
    expect(operation.summary).toEqual(expect.any(String));
    expect(operation.tags).toEqual([expect.any(String)]);
    for (const requirement of operation.security) {
      expect(Object.keys(document.components.securitySchemes)).toEqual(
        expect.arrayContaining(Object.keys(requirement)),
      );
    }
  });

  it('describes every parameter of its path, as required', () => {
    const inTemplate = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const inPath = parametersOf(operation).filter((parameter) => parameter.in === 'path');

    expect(inPath.map(({ name }) => name)).toEqual(inTemplate);
    for (const parameter of inPath) expect(parameter).toMatchObject({ required: true, schema: expect.any(Object) });
  });

  it('describes its answers, errors in the shape of the protocol', () => {
    const responses = Object.entries<any>(operation.responses);

    expect(responses.map(([status]) => status)).toEqual(expect.arrayContaining(['200', '500', '503']));
    for (const [status, response] of responses) {
      expect(status).toMatch(/^[1-5]\d\d$/);
      expect(response.description).not.toBe('');
      expect(Object.keys(response.headers)).toContain('ItPay-Request-Id');
      if (Number(status) >= 400 && path !== '/v1/ready') {
        expect(response.content['application/json'].schema).toEqual({ $ref: '#/components/schemas/ErrorBody' });
      }
    }
  });
});

it('asks for an Idempotency-Key where the gateway does, and nowhere else', () => {
  const asking = operations.filter(({ operation }) =>
    parametersOf(operation).some(({ name, required }) => name === 'Idempotency-Key' && required),
  );

  expect(asking.map(({ name }) => name)).toEqual(['post /v1/things']);
});

it('lets a default stand in for a field that the request leaves out', () => {
  const { schema } = document.paths['/v1/things'].post.requestBody.content['application/json'];

  expect(schema).toMatchObject({ required: ['amount'], additionalProperties: false });
});

it('leaves answers open for fields of later versions, and describes an object once for both directions', () => {
  const { schemas } = document.components;

  expect(schemas.Thing).not.toHaveProperty('additionalProperties');
  expect(Object.keys(schemas).toSorted()).toEqual(['Error', 'ErrorBody', 'Money', 'Person', 'Thing']);
});

it('lets null be null where an object may be missing', () => {
  const { qr } = document.components.schemas.Thing.properties;

  expect(qr.anyOf).toContainEqual({ type: 'null' });
});

it.each([
  ['GET', '/v1/payment-intents/{id}/wait', 'getPaymentIntentsByIdWait'],
  ['POST', '/v1/payment-intents', 'postPaymentIntents'],
  ['GET', '/v1/qr-charges/{id}/image.png', 'getQrChargesByIdImagePng'],
  ['GET', '/v1/things/{thing_id}', 'getThingsByThingId'],
] as const)('%s %s is the operation %s', (method, path, name) => {
  expect(operationIdOf({ method, path })).toBe(name);
});

function resolve(reference: string): any {
  return reference
    .replace(/^#\//, '')
    .split('/')
    .reduce<any>((node, key) => node?.[key], document);
}

function parametersOf(operation: any): any[] {
  return (operation.parameters ?? []).map((parameter: any) =>
    '$ref' in parameter ? resolve(parameter.$ref) : parameter,
  );
}

import { describe, expect, it } from 'vitest';
import { compileRouter } from './router.js';

const route = (name: string) => {
  const [method, path] = name.split(' ') as [string, string];
  return { method, path, name };
};
const router = compileRouter(
  [
    'GET /v1/keys',
    'POST /v1/keys',
    'GET /v1/keys/{id}',
    'DELETE /v1/keys/{key_id}',
    'GET /v1/keys/current',
    'GET /v1/keys/{id}/uses/{use}',
    'GET /v1/keys/current/owner',
  ].map(route),
);

it.each([
  // request                      route                           params
  ['GET', '/v1/keys', 'GET /v1/keys', {}],
  ['HEAD', '/v1/keys', 'GET /v1/keys', {}],
  ['POST', '/v1/keys', 'POST /v1/keys', {}],
  ['GET', '/v1/keys/key_1', 'GET /v1/keys/{id}', { id: 'key_1' }],
  ['DELETE', '/v1/keys/key_1', 'DELETE /v1/keys/{key_id}', { key_id: 'key_1' }],
  ['GET', '/v1/keys/current', 'GET /v1/keys/current', {}], //                           a fixed segment wins …
  ['DELETE', '/v1/keys/current', 'DELETE /v1/keys/{key_id}', { key_id: 'current' }], // … where it has the method
  ['GET', '/v1/keys/current/uses/u', 'GET /v1/keys/{id}/uses/{use}', { id: 'current', use: 'u' }], // and the rest
  ['GET', '/v1/keys/current/owner', 'GET /v1/keys/current/owner', {}],
  ['GET', '/v1/%6Beys/a%20b%2Fc', 'GET /v1/keys/{id}', { id: 'a b/c' }],
  ['GET', '/v1/keys/__proto__', 'GET /v1/keys/{id}', { id: '__proto__' }],
])('%s %s finds %s', (method, path, name, params) => {
  const found = router.find(method, path);

  expect(found.route.name).toBe(name);
  expect(found.params).toEqual(params);
});

it.each([
  ['GET', '/', 'RESOURCE_NOT_FOUND'],
  ['GET', '', 'RESOURCE_NOT_FOUND'],
  ['GET', '/v1', 'RESOURCE_NOT_FOUND'], //             on the way to a route, but no route
  ['GET', '/v1/keys/', 'RESOURCE_NOT_FOUND'], //       a parameter is never empty
  ['GET', '/v1//keys', 'RESOURCE_NOT_FOUND'],
  ['GET', '/v1/keys/a/b', 'RESOURCE_NOT_FOUND'],
  ['GET', '/v1/constructor', 'RESOURCE_NOT_FOUND'],
  ['PUT', '/v1/keys', 'METHOD_NOT_ALLOWED'],
  ['OPTIONS', '/v1/keys/key_1', 'METHOD_NOT_ALLOWED'],
  ['GET', '/v1/keys/%zz', 'PARAMETER_INVALID'],
  ['GET', '/v1/keys/%ff', 'PARAMETER_INVALID'], //     an escape, but not UTF-8
  ['GET', '/v1/keys/%00', 'PARAMETER_INVALID'],
])('%s %s is refused with %s', (method, path, code) => {
  expect(() => router.find(method, path)).toThrow(expect.objectContaining({ code }));
});

it('says which methods a path takes, HEAD among them', () => {
  expect(() => router.find('PUT', '/v1/keys/current')).toThrow(
    expect.objectContaining({ details: { allowed: ['DELETE', 'GET', 'HEAD'] } }),
  );
});

describe('At start', () => {
  it.each([
    [['GET /a/{id}', 'GET /a/{other}'], 'GET /a/{id} and GET /a/{other}'],
    [['GET /a', 'GET /a'], 'GET /a and GET /a'],
    [['GET a'], 'start with a slash'],
    [['GET /a/{id}.png'], 'whole segment'],
    [['GET /a/{id}/b/{id}'], 'stands twice'],
  ])('refuses %j', (routes, reason) => {
    expect(() => compileRouter(routes.map(route))).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID', message: expect.stringContaining(reason) }),
    );
  });
});

import { expect, it } from 'vitest';
import { knownScopes, requireKnownScopes, SCOPE_PRESETS } from './scopes.js';

const known = knownScopes([{ access: 'public' }, { access: 'loyalty:write' }]);

it('knows the scopes of the protocol and those that routes of plugins ask for', () => {
  expect([...known].toSorted()).toEqual([
    'audit:read',
    'channels:read',
    'inflows:read',
    'inflows:write',
    'loyalty:write',
    'operations:read',
    'operations:write',
    'payments:read',
    'payments:write',
    'refunds:read',
    'refunds:write',
    'voids:read',
    'voids:write',
  ]);
});

it.each([
  ['merchant_full', (scope: string) => !['inflows:write', 'operations:write'].includes(scope)],
  ['merchant_readonly', (scope: string) => scope.endsWith(':read')],
  ['operator', () => true],
] as const)('gives %s what that preset stands for', (preset, has) => {
  const ours = [...knownScopes([])];

  expect(SCOPE_PRESETS[preset].toSorted()).toEqual(ours.filter(has).toSorted());
});

it('drops what is listed twice', () => {
  expect(requireKnownScopes(['payments:read', 'payments:read'], known)).toEqual(['payments:read']);
});

it.each([
  [[], 'at least one scope'],
  [['payment:read'], 'No such scope: payment:read. There are: audit:read, channels:read,'],
])('refuses %j', (scopes, message) => {
  expect(() => requireKnownScopes(scopes, known)).toThrow(
    expect.objectContaining({ code: 'PARAMETER_INVALID', message: expect.stringContaining(message) }),
  );
});

import { expect, it } from 'vitest';
import { knownScopes, requireKnownScopes } from './scopes.js';

const known = knownScopes([{ access: 'public' }, { access: 'loyalty:write' }]);

it('knows the scopes of the protocol and those that routes of plugins ask for', () => {
  expect([...known]).toEqual(['payments:read', 'payments:write', 'loyalty:write']);
});

it('drops what is listed twice', () => {
  expect(requireKnownScopes(['payments:read', 'payments:read'], known)).toEqual(['payments:read']);
});

it.each([
  [[], 'at least one scope'],
  [['payment:read'], 'No such scope: payment:read. There are: loyalty:write, payments:read, payments:write.'],
])('refuses %j', (scopes, message) => {
  expect(() => requireKnownScopes(scopes, known)).toThrow(
    expect.objectContaining({ code: 'PARAMETER_INVALID', message: expect.stringContaining(message) }),
  );
});

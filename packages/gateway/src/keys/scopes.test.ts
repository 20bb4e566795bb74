import { expect, it } from 'vitest';
import { knownScopes, presetScopes, requireKnownScopes, SCOPE_PRESETS } from './scopes.js';

const known = knownScopes([{ access: 'public' }, { access: 'loyalty:write' }]);

it('knows the scopes of the protocol and those that routes of plugins ask for', () => {
  expect([...known].toSorted()).toEqual([
    'audit:read',
    'channels:read',
    'events:read',
    'events:write',
    'inflows:read',
    'inflows:write',
    'keys:read',
    'keys:write',
    'loyalty:write',
    'operations:read',
    'operations:write',
    'payments:read',
    'payments:write',
    'refunds:read',
    'refunds:write',
    'voids:read',
    'voids:write',
    'webhooks:read',
    'webhooks:write',
  ]);
});

it.each([
  ['merchant_full', (scope: string) => !['inflows:write', 'operations:write', 'keys:write'].includes(scope)],
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

it('lets a preset reach a service that is there, and no other', () => {
  const withInvoices = knownScopes([{ access: 'invoices:read' }, { access: 'invoices:write' }]);

  expect(presetScopes('merchant_full', withInvoices)).toEqual([
    ...SCOPE_PRESETS.merchant_full,
    'invoices:read',
    'invoices:write',
  ]);
  expect(presetScopes('merchant_readonly', withInvoices)).toEqual([
    ...SCOPE_PRESETS.merchant_readonly,
    'invoices:read',
  ]);
  expect(presetScopes('merchant_full', known)).toEqual(SCOPE_PRESETS.merchant_full);
});

it.each(['merchant_full', 'merchant_readonly', 'buyer_agent', 'fulfilment', 'reporting'] as const)(
  'never lets %s decide about money, operations or keys',
  (preset) => {
    const every = new Set(['keys:write', 'inflows:write', 'operations:write', 'services:write', 'channels:write']);

    expect(presetScopes(preset, every)).not.toContain('keys:write');
    expect(presetScopes(preset, every)).not.toContain('inflows:write');
    expect(presetScopes(preset, every)).not.toContain('operations:write');
  },
);

import { ItPayError } from '@itpay/core';
import type { Route } from '@itpay/kernel';

const READ = [
  'payments:read',
  'refunds:read',
  'voids:read',
  'inflows:read',
  'operations:read',
  'channels:read',
  'audit:read',
  'webhooks:read',
  'events:read',
  'keys:read',
] as const;
const WRITE = ['payments:write', 'refunds:write', 'voids:write', 'webhooks:write', 'events:write'] as const;
/** What a person answers for: what became of a call, what to do with money that fits nothing, and who else may call. */
const DECIDE = ['inflows:write', 'operations:write', 'keys:write'] as const;

/** Scopes that go together, under a name, as far as every installation has them; see `presetScopes`. (Protocol, 11.1) */
export const SCOPE_PRESETS = {
  /** What a merchant's own backend needs. */
  merchant_full: [...READ, ...WRITE],
  merchant_readonly: READ,
  /** Everything, for the people who run the installation. */
  operator: [...READ, ...WRITE, ...DECIDE],
  /** What an agent needs that buys for somebody. */
  buyer_agent: ['payments:read', 'payments:write', 'channels:read'],
  /** What the part of a shop needs that hands out what was paid. */
  fulfilment: ['payments:read', 'refunds:read'],
  /** What bookkeeping needs. */
  reporting: ['payments:read', 'refunds:read', 'voids:read', 'inflows:read'],
} as const satisfies Record<string, readonly string[]>;

export type ScopePreset = keyof typeof SCOPE_PRESETS;

const MERCHANT = [
  'usage',
  'invoices',
  'subscriptions',
  'services',
  'installs',
  'kyc',
  'capabilities',
  'reports',
] as const;

/** What the presets reach in services that an installation may have or not. */
const OPTIONAL: Readonly<Record<ScopePreset, readonly string[]>> = {
  merchant_full: both(...MERCHANT),
  merchant_readonly: reading(...MERCHANT),
  operator: [...both(...MERCHANT), 'channels:write'],
  buyer_agent: [
    ...both('installs', 'subscriptions', 'kyc'),
    'services:read',
    'capabilities:read',
    'capabilities:write',
    'invoices:read',
  ],
  fulfilment: ['events:read', 'subscriptions:read', 'usage:write', 'usage:read'],
  reporting: reading('usage', 'invoices', 'subscriptions', 'events', 'reports'),
};

/** The scopes of a preset: those that it always has, and those of services that are there. */
export function presetScopes(preset: ScopePreset, known: ReadonlySet<string>): readonly string[] {
  return [...SCOPE_PRESETS[preset], ...OPTIONAL[preset].filter((scope) => known.has(scope))];
}

/** Every scope that a key can have: those of the protocol, and those that the routes of plugins ask for. */
export function knownScopes(routes: readonly Pick<Route, 'access'>[]): ReadonlySet<string> {
  const asked = routes.map(({ access }) => access).filter((access) => access !== 'public');
  return new Set([...Object.values(SCOPE_PRESETS).flat(), ...asked]);
}

/** @throws ItPayError `PARAMETER_INVALID` for no scope at all, or for one that nothing asks for */
export function requireKnownScopes(scopes: readonly string[], known: ReadonlySet<string>): readonly string[] {
  const unknown = scopes.filter((scope) => !known.has(scope));
  if (scopes.length > 0 && unknown.length === 0) return [...new Set(scopes)];
  throw new ItPayError('PARAMETER_INVALID', {
    message:
      scopes.length === 0
        ? 'A key needs at least one scope.'
        : `No such scope: ${unknown.join(', ')}. There are: ${[...known].toSorted().join(', ')}.`,
    param: 'permissions',
    details: { allowed: [...known].toSorted() },
  });
}

function reading(...resources: string[]): string[] {
  return resources.map((resource) => `${resource}:read`);
}

function both(...resources: string[]): string[] {
  return resources.flatMap((resource) => [`${resource}:read`, `${resource}:write`]);
}

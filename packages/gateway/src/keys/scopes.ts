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
] as const;
const WRITE = ['payments:write', 'refunds:write', 'voids:write'] as const;
/** Decisions about money that a person answers for: what became of a call, and what to do with money that fits nothing. */
const DECIDE = ['inflows:write', 'operations:write'] as const;

/** Scopes that go together, under a name. (Protocol, 11.1) */
export const SCOPE_PRESETS = {
  /** What a merchant's own backend needs. */
  merchant_full: [...READ, ...WRITE],
  merchant_readonly: READ,
  /** Everything, for the people who run the installation. */
  operator: [...READ, ...WRITE, ...DECIDE],
} as const satisfies Record<string, readonly string[]>;

export type ScopePreset = keyof typeof SCOPE_PRESETS;

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
    param: 'scopes',
    details: { allowed: [...known].toSorted() },
  });
}

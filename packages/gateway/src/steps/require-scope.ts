import { ItPayError } from '@itpay/core';
import type { Route } from '@itpay/kernel';
import type { Caller } from './identify.js';

/**
 * Lets a caller pass who may use the route. A display token is no scope: the route itself checks the intent.
 *
 * @throws ItPayError `PERMISSION_DENIED` with the missing scope
 */
export function requireScope({ access }: Route, { principal }: Caller): void {
  if (access === 'public' || principal === null || principal.scopes.includes(access)) return;
  throw new ItPayError('PERMISSION_DENIED', {
    message: `This needs the scope ${access}, which the caller does not have.`,
    details: { required: access },
  });
}

import { expect, it } from 'vitest';
import { merchant, route } from '../../test/fakes.js';
import { requireScope } from './require-scope.js';

const reader = { principal: { ...merchant, scopes: ['payments:read'] }, displayIntentId: null };
const payer = { principal: null, displayIntentId: 'pi_1' };
const nobody = { principal: null, displayIntentId: null };

it.each([
  ['public', nobody],
  ['payments:read', reader],
  ['payments:write', payer], // the route itself looks at the intent
] as const)('lets pass: %s', (access, caller) => {
  expect(() => requireScope(route({ method: 'GET', path: '/', access }), caller)).not.toThrow();
});

it('names the missing scope', () => {
  expect(() => requireScope(route({ method: 'GET', path: '/', access: 'payments:write' }), reader)).toThrow(
    expect.objectContaining({ code: 'PERMISSION_DENIED', details: { required: 'payments:write' } }),
  );
});

import { ItPayError } from '@itpay/core';
import type { Route } from '@itpay/kernel';
import { DISPLAY_TOKEN_PARAMETER } from './identify.js';

/**
 * The query as an object of strings; the route's schema turns them into what they stand for.
 *
 * @throws ItPayError `PARAMETER_INVALID` for a parameter that is there twice, because either could be meant. On a page for
 *   people the first one counts: chat apps change links, and that is not the reader's fault.
 */
export function readQuery(
  query: URLSearchParams,
  { displayToken = false, hidden = false }: Pick<Route, 'displayToken' | 'hidden'>,
): Record<string, string> {
  if (query.size === 0) return {};
  const values = new Map<string, string>();
  for (const [name, value] of query) {
    if (displayToken && name === DISPLAY_TOKEN_PARAMETER) continue;
    // PostgreSQL text cannot hold it.
    if (value.includes('\0')) throw invalid(name, `The parameter "${name}" has the character U+0000.`);
    if (!values.has(name)) values.set(name, value);
    else if (!hidden) throw invalid(name, `The parameter "${name}" is there more than once.`);
  }
  // fromEntries defines properties, so a parameter named __proto__ is an ordinary one.
  return Object.fromEntries(values);
}

const invalid = (param: string, message: string) => new ItPayError('PARAMETER_INVALID', { message, param });

import { ItPayError } from '@itpay/core';
import { DISPLAY_TOKEN_PARAMETER } from './identify.js';

/**
 * The query as an object of strings; the route's schema turns them into what they stand for.
 *
 * @throws ItPayError `PARAMETER_INVALID` for a parameter that is there twice, because either could be meant
 */
export function readQuery(query: URLSearchParams, { displayToken }: { displayToken: boolean }): Record<string, string> {
  if (query.size === 0) return {};
  const values = new Map<string, string>();
  for (const [name, value] of query) {
    if (displayToken && name === DISPLAY_TOKEN_PARAMETER) continue;
    if (values.has(name)) throw invalid(name, `The parameter "${name}" is there more than once.`);
    // PostgreSQL text cannot hold it.
    if (value.includes('\0')) throw invalid(name, `The parameter "${name}" has the character U+0000.`);
    values.set(name, value);
  }
  // fromEntries defines properties, so a parameter named __proto__ is an ordinary one.
  return Object.fromEntries(values);
}

const invalid = (param: string, message: string) => new ItPayError('PARAMETER_INVALID', { message, param });

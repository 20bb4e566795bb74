import { EVENT_TYPES } from '@itpay/core';

/** Whether `text` names events that may come: a type, a family (`refund.*`) or `*`. Types of plugins are not listed. */
export function isEventPattern(text: string): boolean {
  if (text === '*') return true;
  if (/^custom\.(\*|[a-z0-9_]+(\.[a-z0-9_]+)*)$/.test(text)) return true;
  if (text.endsWith('.*')) return FAMILIES.has(text.slice(0, -2));
  return isEventType(text);
}

/** Whether `text` is a type of the catalogue, or looks like a plugin's. */
export function isEventType(text: string): boolean {
  return TYPES.has(text) || /^custom(\.[a-z0-9_]+)+$/.test(text);
}

const TYPES: ReadonlySet<string> = new Set(EVENT_TYPES);
const FAMILIES: ReadonlySet<string> = new Set(EVENT_TYPES.map((type) => type.slice(0, type.indexOf('.'))));

/**
 * SQL: whether endpoint `w` is to hear of event `e`. An endpoint hears of changes to other endpoints, not to itself; a test
 * is for nobody else. A family is what stands before the first dot.
 */
export const SUBSCRIBED = `(case
  when e.type = 'webhook_endpoint.test' then e.object_id = w.id
  else e.object_id <> w.id and w.enabled_events && array['*', e.type, split_part(e.type, '.', 1) || '.*'] end)`;

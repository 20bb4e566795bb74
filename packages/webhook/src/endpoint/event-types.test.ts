import { expect, it } from 'vitest';
import { isEventPattern, isEventType } from './event-types.js';

// prettier-ignore
it.each([
  //                              pattern  type
  ['*',                           true,    false],
  ['payment_intent.succeeded',    true,    true],
  ['payment_intent.*',            true,    false],
  ['webhook_endpoint.test',       true,    true],
  ['custom.*',                    true,    false],
  ['custom.order.packed',         true,    true],
  ['payment_intent',              false,   false],
  ['payment_intent.paid',         false,   false],
  ['payment.*',                   false,   false],
  ['*.succeeded',                 false,   false],
  ['constructor.*',               false,   false],
  ['custom.',                     false,   false],
  ['custom.a b',                  false,   false],
  ['custom.a.*',                  false,   false],
  ['',                            false,   false],
])('%j is a pattern: %s, a type: %s', (text, pattern, type) => {
  expect([isEventPattern(text), isEventType(text)]).toEqual([pattern, type]);
});

import { API_VERSION } from '@itpay/core';
import { expect, it } from 'vitest';
import { API_VERSIONS, changesAfter, isApiVersion, toApiVersion } from './versions.js';

const OLD = '2026-09-01';
const thb = (value: number) => ({ currency: 'THB', value });
const intent = {
  id: 'pi_1',
  object: 'payment_intent',
  amount: thb(500),
  amount_captured: thb(500),
  amount_refunded: thb(0),
  metadata: { object: 'payment_intent', amount_captured: thb(1) },
};
const oldIntent = { ...intent, amount_captured: 500, amount_refunded: 0 };

it('has dates in order, the newest first, which is the one that the framework speaks', () => {
  const versions = API_VERSIONS.map(({ version }) => version);

  expect(versions[0]).toBe(API_VERSION);
  expect(versions).toEqual(versions.toSorted().toReversed());
  for (const version of versions) expect(version).toMatch(/^\d{4}-\d\d-\d\d$/);
  expect(versions.map(isApiVersion)).not.toContain(false);
  expect(isApiVersion('2020-01-01')).toBe(false);
});

it('has no change that leads below the oldest version, and one above it', () => {
  expect(API_VERSIONS.at(-1)!.changes).toEqual([]);
  expect(changesAfter(OLD)).toHaveLength(1);
  expect(changesAfter(API_VERSION)).toEqual([]);
});

it.each([
  ['an object', intent, oldIntent],
  ['a list', { object: 'list', data: [intent] }, { object: 'list', data: [oldIntent] }],
  ['an object in another one', { type: 'x', payment_intent: intent }, { type: 'x', payment_intent: oldIntent }],
  ['what a payer sees', { id: 'pi_1', object: 'payment_intent' }, { id: 'pi_1', object: 'payment_intent' }],
  ['another object', { object: 'refund', amount_refunded: thb(1) }, { object: 'refund', amount_refunded: thb(1) }],
  ['null', null, null],
])('writes %s as the older version had it', (_, newer, older) => {
  expect(toApiVersion(newer, OLD)).toEqual(older);
  expect(toApiVersion(newer, API_VERSION)).toBe(newer);
});

it('writes an event in the version of its receiver, the old values included', () => {
  const event = {
    id: 'evt_1',
    type: 'payment_intent.captured',
    api_version: API_VERSION,
    data: { object: intent, previous_attributes: { status: 'authorized', amount_captured: thb(0) } },
  };

  expect(toApiVersion(event, OLD)).toEqual({
    ...event,
    api_version: OLD,
    data: { object: oldIntent, previous_attributes: { status: 'authorized', amount_captured: 0 } },
  });
});

it('leaves an object alone that was cut because it was too large for an event', () => {
  const cut = { id: 'pi_1', object: 'payment_intent', truncated: true };

  expect(toApiVersion({ api_version: API_VERSION, data: { object: cut } }, OLD)).toEqual({
    api_version: OLD,
    data: { object: cut },
  });
});

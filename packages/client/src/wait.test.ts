import { expect, it } from 'vitest';
import { broken, json, refusal, scripted } from '../test/scripted.js';
import { ItPayTimeoutError } from './index.js';

const state = (status: string, version: number, type = 'payment_intent.state', more: object = {}) =>
  json(200, {
    object: 'payment_intent_wait',
    type,
    cursor: String(version),
    payment_intent: { id: 'pi_1', status, capture_method: 'automatic', ...more },
  });
const searchOf = ({ url }: { url: string }) => new URL(url).search;

it('asks on, each time from what it knows, until the payment has ended', async () => {
  const { client, sent } = scripted([
    state('qr_generated', 1),
    state('qr_generated', 1, 'wait.timeout'),
    state('scanning', 2),
    state('succeeded', 4),
  ]);

  const intent = await client.waitForPayment('pi_1');

  expect(intent.status).toBe('succeeded');
  expect(sent.map(searchOf)).toEqual([
    '?timeout=0',
    '?timeout=25&cursor=1',
    '?timeout=25&cursor=1',
    '?timeout=25&cursor=2',
  ]);
});

it.each([
  ['succeeded', 'automatic', true],
  ['expired', 'automatic', true],
  ['cancelled', 'automatic', true],
  ['failed', 'automatic', true],
  ['authorized', 'manual', true],
  ['authorized', 'automatic', false],
  ['captured', 'automatic', false],
])('%s, with capture_method %s: has ended %s', async (status, method, ended) => {
  const more = { capture_method: method };
  const { client, sent } = scripted([state(status, 1, undefined, more), state('succeeded', 2, undefined, more)]);

  await client.waitForPayment('pi_1');

  expect(sent).toHaveLength(ended ? 1 : 2);
});

it('waits over any number of failures of the network and restarts of the server', async () => {
  const down = Array.from({ length: 5 }, broken);
  const { client, sent, slept } = scripted([
    ...down,
    refusal(503, 'SERVICE_UNAVAILABLE', { retryable: true, 'retry-after': '5' }),
    state('succeeded', 1),
  ]);

  expect((await client.waitForPayment('pi_1')).status).toBe('succeeded');
  expect(sent).toHaveLength(7);
  expect(slept).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000]);
});

it('ends with an error when time is up, and asks for no longer than is left', async () => {
  const { client, sent, advance } = scripted([
    state('qr_generated', 1, 'wait.timeout'),
    () => (advance(25_000), state('qr_generated', 1, 'wait.timeout')),
    () => (advance(5_000), state('qr_generated', 1, 'wait.timeout')),
  ]);

  const waiting = client.waitForPayment('pi_1', { timeoutMs: 30_000 });

  await expect(waiting).rejects.toThrow(ItPayTimeoutError);
  await expect(waiting).rejects.toThrow('It may still be paid');
  expect(sent.map(searchOf)).toEqual(['?timeout=0', '?timeout=25&cursor=1', '?timeout=5&cursor=1']);
});

it('does not wait for a payment that is not there', async () => {
  const { client, sent } = scripted([refusal(404, 'PAYMENT_INTENT_NOT_FOUND')]);

  await expect(client.waitForPayment('pi_1')).rejects.toMatchObject({ code: 'PAYMENT_INTENT_NOT_FOUND' });
  expect(sent).toHaveLength(1);
});

it('ends when its caller no longer waits', async () => {
  const controller = new AbortController();
  const { client, sent } = scripted(['silence']);

  const waiting = client.waitForPayment('pi_1', { signal: controller.signal });
  await expect.poll(() => sent.length).toBe(1);
  controller.abort(new Error('The page was closed.'));

  await expect(waiting).rejects.toThrow('The page was closed.');
});

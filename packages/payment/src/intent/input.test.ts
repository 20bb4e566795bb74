import { isItPayError } from '@itpay/core';
import { validate } from '@itpay/kernel';
import { describe, expect, it } from 'vitest';
import { AGENT_ID, HUMAN_ID } from '../../test/samples.js';
import { createIntentBody, toBody, type CreateIntentInput } from './input.js';

const LONE = '\ud83d';
const amount = { currency: 'THB', value: 19_900 };

/** `['ok']`, or code and field of the refusal. */
function outcome(check: () => unknown): readonly unknown[] {
  try {
    check();
    return ['ok'];
  } catch (error) {
    if (!isItPayError(error)) throw error;
    if (error.code !== 'VALIDATION_FAILED') return [error.code, error.param];
    return [error.code, ...(error.details!['fields'] as { param: string }[]).map(({ param }) => param)];
  }
}

const ofWire = (body: object) => outcome(() => validate(createIntentBody, { amount, ...body }));
const ofHost = (input: object) => outcome(() => toBody({ amount, ...input } as CreateIntentInput));

describe('an amount', () => {
  it.each([
    [{ currency: 'THB', value: 1 }, 'ok'],
    [{ currency: 'JPY', value: Number.MAX_SAFE_INTEGER }, 'ok'],
    [{ currency: 'THB', value: 0 }, 'AMOUNT_INVALID', 'amount.value'],
    [{ currency: 'THB', value: -1 }, 'AMOUNT_INVALID', 'amount.value'],
    [{ currency: 'THB', value: -0 }, 'AMOUNT_INVALID', 'amount.value'],
    [{ currency: 'THB', value: 0.5 }, 'AMOUNT_INVALID', 'amount.value'],
    [{ currency: 'THB', value: 199.5 }, 'AMOUNT_INVALID', 'amount.value'],
    [{ currency: 'THB', value: 2 ** 53 }, 'AMOUNT_INVALID', 'amount.value'],
    [{ currency: 'THB', value: 1e300 }, 'AMOUNT_INVALID', 'amount.value'],
    [{ currency: 'THB', value: Infinity }, 'AMOUNT_INVALID', 'amount.value'],
    [{ currency: 'THB', value: NaN }, 'AMOUNT_INVALID', 'amount.value'],
    [{ currency: 'THB', value: '100' }, 'AMOUNT_INVALID', 'amount.value'],
    [{ currency: 'THB', value: true }, 'AMOUNT_INVALID', 'amount.value'],
    [{ currency: 'THB', value: null }, 'AMOUNT_INVALID', 'amount.value'],
    [{ currency: 'THB', value: [100] }, 'AMOUNT_INVALID', 'amount.value'],
    [{ currency: 'THB' }, 'PARAMETER_MISSING', 'amount.value'],
    [{ value: 100 }, 'PARAMETER_MISSING', 'amount.currency'],
    [{ currency: 'thb', value: 100 }, 'CURRENCY_INVALID', 'amount.currency'],
    [{ currency: ' THB', value: 100 }, 'CURRENCY_INVALID', 'amount.currency'],
    [{ currency: 'BTC', value: 100 }, 'CURRENCY_INVALID', 'amount.currency'],
    [{ currency: 'XXX', value: 100 }, 'CURRENCY_INVALID', 'amount.currency'],
    [{ currency: '', value: 100 }, 'CURRENCY_INVALID', 'amount.currency'],
    [{ currency: 764, value: 100 }, 'CURRENCY_INVALID', 'amount.currency'],
    [{ currency: 'constructor', value: 100 }, 'CURRENCY_INVALID', 'amount.currency'],
    [{ currency: 'THB', value: 100, unit: 'minor' }, 'PARAMETER_UNKNOWN', 'amount.unit'],
    [{}, 'VALIDATION_FAILED', 'amount.currency', 'amount.value'],
    [null, 'AMOUNT_INVALID', 'amount'],
    [19_900, 'AMOUNT_INVALID', 'amount'],
    [[], 'AMOUNT_INVALID', 'amount'],
    [undefined, 'PARAMETER_MISSING', 'amount'],
  ])('%j: %s %s', (given, ...expected) => {
    expect(ofWire({ amount: given })).toEqual(expected);
  });
});

describe('a host’s amount', () => {
  it.each([
    [1n, 1],
    [19_900n, 19_900],
    [9_007_199_254_740_991n, 9_007_199_254_740_991],
    [19_900, 19_900],
  ])('%s becomes %s', (value, expected) => {
    expect(toBody({ amount: { currency: 'THB', value } }).amount.value).toBe(expected);
  });

  it.each([0n, -1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 64n, 10n ** 400n, 2 ** 53, 0.5, NaN, '100'])(
    '%s is refused and never rounded',
    (value) => {
      expect(ofHost({ amount: { currency: 'THB', value } })).toEqual(['AMOUNT_INVALID', 'amount.value']);
    },
  );
});

describe('metadata', () => {
  const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`key_${i}`, 'v']));
  /** JSON of exactly so many bytes: `{"k":"…"}`. */
  const bytes = (count: number) => ({ k: 'x'.repeat(count - '{"k":""}'.length) });

  it.each<[string, unknown, 'ok' | 'METADATA_INVALID']>([
    ['nothing in it', {}, 'ok'],
    ['a string', { cart: 'c-17' }, 'ok'],
    ['an empty string', { note: '' }, 'ok'],
    ['emoji and Thai', { note: '🍜 ก๋วยเตี๋ยว' }, 'ok'],
    ['a key of 64 characters', { ['k'.repeat(64)]: 'v' }, 'ok'],
    ['50 keys', keys(50), 'ok'],
    ['4096 bytes', bytes(4_096), 'ok'],
    ['keys of Object', { constructor: 'v', toString: 'v' }, 'ok'],
    ['a key of 65 characters', { ['k'.repeat(65)]: 'v' }, 'METADATA_INVALID'],
    ['an empty key', { '': 'v' }, 'METADATA_INVALID'],
    ['the key __proto__', JSON.parse('{"a":"b","__proto__":"v"}'), 'METADATA_INVALID'],
    ['a key with a space', { 'my key': 'v' }, 'METADATA_INVALID'],
    ['a key with a line end', { 'key\n': 'v' }, 'METADATA_INVALID'],
    ['a key with a dot', { 'a.b': 'v' }, 'METADATA_INVALID'],
    ['a key of other letters', { ตะกร้า: 'v' }, 'METADATA_INVALID'],
    ['51 keys', keys(51), 'METADATA_INVALID'],
    ['4097 bytes', bytes(4_097), 'METADATA_INVALID'],
    ['4 kB of two-byte letters', { k: 'é'.repeat(2_100) }, 'METADATA_INVALID'],
    ['a number', { count: 1 }, 'METADATA_INVALID'],
    ['null', { note: null }, 'METADATA_INVALID'],
    ['an object', { a: {} }, 'METADATA_INVALID'],
    ['U+0000', { note: 'a\0b' }, 'METADATA_INVALID'],
    ['half a surrogate pair', { note: `a${LONE}` }, 'METADATA_INVALID'],
  ])('with %s: %3$s', (_, metadata, expected) => {
    expect(ofWire({ metadata })[0]).toBe(expected);
    expect(ofHost({ metadata })[0]).toBe(expected);
  });

  it.each([[null], ['text'], [[]], [['a']], [5]])('that is %j is refused', (metadata) => {
    expect(ofWire({ metadata })).toEqual(['METADATA_INVALID', 'metadata']);
  });
});

describe('return_url', () => {
  it.each([
    ['https://shop.example/thanks', 'ok'],
    ['http://localhost:3000/orders/1?paid=1#top', 'ok'],
    ['HTTPS://shop.example', 'ok'],
    ['https://ร้าน.example/ขอบคุณ', 'ok'],
    [`https://shop.example/${'a'.repeat(2_048 - 'https://shop.example/'.length)}`, 'ok'],
    [`https://shop.example/${'a'.repeat(2_048)}`, 'URL_INVALID'],
    ['javascript:alert(1)', 'URL_INVALID'],
    ['JavaScript:alert(1)', 'URL_INVALID'],
    [' javascript:alert(1)', 'URL_INVALID'],
    ['java\nscript:alert(1)', 'URL_INVALID'],
    ['data:text/html,hi', 'URL_INVALID'],
    ['ftp://shop.example', 'URL_INVALID'],
    ['myshop://thanks', 'URL_INVALID'],
    ['//shop.example/thanks', 'URL_INVALID'],
    ['/thanks', 'URL_INVALID'],
    ['shop.example', 'URL_INVALID'],
    ['https:shop.example', 'URL_INVALID'],
    ['https://', 'URL_INVALID'],
    ['https://user:secret@shop.example', 'URL_INVALID'],
    ['https://bank.example@evil.example', 'URL_INVALID'],
    ['https://shop.example/\0', 'URL_INVALID'],
    ['https://shop.example/a\r\nSet-Cookie: a=b', 'URL_INVALID'],
    [`https://shop.example/${LONE}`, 'URL_INVALID'],
    ['', 'URL_INVALID'],
    [5, 'URL_INVALID'],
    [null, 'URL_INVALID'],
  ])('%j: %s', (url, expected) => {
    expect(ofWire({ return_url: url })[0]).toBe(expected);
  });
});

describe('text', () => {
  it.each([
    ['description', 500],
    ['order_reference', 64],
    ['channel', 40],
  ])('%s has 1 to %d characters', (field, max) => {
    expect(ofWire({ [field]: 'a' })).toEqual(['ok']);
    expect(ofWire({ [field]: 'a'.repeat(max) })).toEqual(['ok']);
    expect(ofWire({ [field]: 'a'.repeat(max + 1) })).toEqual(['PARAMETER_INVALID', field]);
    expect(ofWire({ [field]: '' })).toEqual(['PARAMETER_INVALID', field]);
  });

  it.each([
    ['Two bowls 🍜', 'ok'],
    ['👩‍👩‍👧', 'ok'],
    ['e\u0301', 'ok'],
    ['line one\nline two', 'ok'],
    ['  \t\n ', 'PARAMETER_INVALID'],
    ['a\0b', 'PARAMETER_INVALID'],
    [LONE, 'PARAMETER_INVALID'],
    ['\udc00\ud800', 'PARAMETER_INVALID'],
    [null, 'PARAMETER_INVALID'],
    [5, 'PARAMETER_INVALID'],
    [['a'], 'PARAMETER_INVALID'],
  ])('%j as a description: %s', (description, expected) => {
    expect(ofWire({ description })[0]).toBe(expected);
    expect(ofHost({ description })[0]).toBe(expected);
  });

  it('loses the white space around it and keeps every character within', () => {
    expect(validate(createIntentBody, { amount, description: '  🍜  two\u00a0bowls\n' }).description).toBe(
      '🍜  two\u00a0bowls',
    );
  });
});

describe('the other fields', () => {
  it.each([
    [{ type: 'one_time' }, 'ok'],
    [{ type: 'subscription' }, 'PARAMETER_INVALID', 'type'],
    [{ type: null }, 'PARAMETER_INVALID', 'type'],
    [{ capture_method: 'automatic' }, 'ok'],
    [{ capture_method: 'manual' }, 'ok'],
    [{ capture_method: 'later' }, 'PARAMETER_INVALID', 'capture_method'],
    [{ expires_in: 60 }, 'ok'],
    [{ expires_in: 604_800 }, 'ok'],
    [{ expires_in: 59 }, 'PARAMETER_INVALID', 'expires_in'],
    [{ expires_in: 0 }, 'PARAMETER_INVALID', 'expires_in'],
    [{ expires_in: -60 }, 'PARAMETER_INVALID', 'expires_in'],
    [{ expires_in: 604_801 }, 'PARAMETER_INVALID', 'expires_in'],
    [{ expires_in: 1e9 }, 'PARAMETER_INVALID', 'expires_in'],
    [{ expires_in: 60.5 }, 'PARAMETER_INVALID', 'expires_in'],
    [{ expires_in: '900' }, 'PARAMETER_INVALID', 'expires_in'],
    [{ payer: { agent_id: AGENT_ID } }, 'ok'],
    [{ payer: { human_id: HUMAN_ID } }, 'ok'],
    [{ payer: { agent_id: AGENT_ID, human_id: HUMAN_ID } }, 'ok'],
    [{ payer: {} }, 'PARAMETER_INVALID', 'payer'],
    [{ payer: null }, 'PARAMETER_INVALID', 'payer'],
    [{ payer: { agent_id: HUMAN_ID } }, 'PARAMETER_INVALID', 'payer.agent_id'],
    [{ payer: { human_id: 'me' } }, 'PARAMETER_INVALID', 'payer.human_id'],
    [{ payer: { agent_id: AGENT_ID, name: 'Ann' } }, 'PARAMETER_UNKNOWN', 'payer.name'],
    [{ amuont: 5 }, 'PARAMETER_UNKNOWN', 'amuont'],
    [{ orderReference: 'o-1' }, 'PARAMETER_UNKNOWN', 'orderReference'],
    [{ expires_in: 0, type: 'x', foo: 1 }, 'VALIDATION_FAILED', 'type', 'expires_in', 'foo'],
  ])('%j: %s %s', (body, ...expected) => {
    expect(ofWire(body)).toEqual(expected);
  });

  it('refuses a field named __proto__ as any unknown one', () => {
    const body = JSON.parse('{"amount":{"currency":"THB","value":1},"__proto__":{"channel":"rail"}}') as object;

    expect(outcome(() => validate(createIntentBody, body))).toEqual(['PARAMETER_UNKNOWN', '__proto__']);
  });
});

describe('a host’s input', () => {
  it('is the wire’s in camel case', () => {
    const body = toBody({
      amount: { currency: 'THB', value: 19_900n },
      description: 'Tea',
      orderReference: 'o-1',
      payer: { agentId: AGENT_ID, humanId: HUMAN_ID },
      channel: 'rail',
      captureMethod: 'automatic',
      expiresIn: 60,
      metadata: { cart: 'c' },
      returnUrl: 'https://shop.example',
    });

    expect(body).toEqual({
      amount,
      description: 'Tea',
      order_reference: 'o-1',
      payer: { agent_id: AGENT_ID, human_id: HUMAN_ID },
      channel: 'rail',
      capture_method: 'automatic',
      expires_in: 60,
      metadata: { cart: 'c' },
      return_url: 'https://shop.example',
    });
  });

  it('may leave a field out by setting it to undefined', () => {
    expect(ofHost({ description: undefined, payer: { agentId: AGENT_ID, humanId: undefined } })).toEqual(['ok']);
  });

  it.each([
    // A JavaScript host has no compiler that would tell it.
    [{ order_reference: 'o-1' }, 'PARAMETER_UNKNOWN', 'order_reference'],
    [{ return_url: 'https://shop.example' }, 'PARAMETER_UNKNOWN', 'return_url'],
    [{ expires_in: 60 }, 'PARAMETER_UNKNOWN', 'expires_in'],
    [{ orderRef: 'o-1' }, 'PARAMETER_UNKNOWN', 'orderRef'],
    [{ payer: { agent_id: AGENT_ID, humanId: HUMAN_ID } }, 'PARAMETER_UNKNOWN', 'payer.agent_id'],
    [{ amount: null }, 'AMOUNT_INVALID', 'amount'],
    [{ amount: undefined }, 'PARAMETER_MISSING', 'amount'],
    [{ payer: null }, 'PARAMETER_INVALID', 'payer'],
    [{ orderReference: '' }, 'PARAMETER_INVALID', 'order_reference'],
    [{ orderReference: 1001 }, 'PARAMETER_INVALID', 'order_reference'],
    [{ returnUrl: 'javascript:alert(1)' }, 'URL_INVALID', 'return_url'],
    [{ expiresIn: NaN }, 'PARAMETER_INVALID', 'expires_in'],
    [{ expiresIn: 60n }, 'PARAMETER_INVALID', 'expires_in'],
  ])('%o: %s %s', (input, ...expected) => {
    expect(ofHost(input)).toEqual(expected);
  });
});

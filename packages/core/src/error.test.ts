import { describe, expect, it, vi } from 'vitest';
import { ERROR_CODES } from './error-codes.js';
import { isItPayError, ItPayError, toWireError } from './error.js';

describe('the code table', () => {
  it.each(Object.entries(ERROR_CODES))('describes %s in sentences', (code, definition) => {
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
    expect(definition.status).toBeGreaterThanOrEqual(400);
    for (const text of [definition.meaning, definition.fix]) {
      expect(text).toMatch(/^[A-Z].*\.$/);
      expect(text.length).toBeLessThan(120);
    }
  });

  it('calls retryable what may succeed without a change', () => {
    const retryable = Object.entries(ERROR_CODES).filter(([, definition]) => definition.retryable);

    expect(retryable.map(([code]) => code).toSorted()).toEqual([
      'CHANNEL_ERROR',
      'CHANNEL_UNAVAILABLE',
      'IDEMPOTENCY_IN_PROGRESS',
      'INTERNAL_ERROR',
      'OUTCOME_UNKNOWN',
      'RATE_LIMITED',
      'RATE_LIMIT_BURST',
      'RATE_LIMIT_CONCURRENT',
      'SERVICE_UNAVAILABLE',
    ]);
  });
});

describe('ItPayError', () => {
  it('takes status, type and retryable from the table', () => {
    const error = new ItPayError('IDEMPOTENCY_IN_PROGRESS');

    expect(error).toMatchObject({ status: 409, type: 'conflict', retryable: true });
  });

  it.each([
    [
      'INVALID_STATE_TRANSITION',
      { object: 'payment_intent', id: 'pi_1', current: 'expired', requested: 'capture', allowed: [] },
      'Cannot capture payment_intent pi_1 because it is expired.',
    ],
    [
      'INVALID_STATE_TRANSITION',
      { object: 'payment_intent', current: 'expired' },
      'Cannot change payment_intent because it is expired.',
    ],
    ['INVALID_STATE_TRANSITION', {}, ERROR_CODES.INVALID_STATE_TRANSITION.meaning],
    ['PAYMENT_INTENT_NOT_FOUND', { object: 'payment_intent', id: 'pi_1' }, 'There is no payment_intent pi_1.'],
    ['BODY_INVALID', {}, ERROR_CODES.BODY_INVALID.meaning],
  ])('%s with %o says it in a sentence', (code, details, message) => {
    expect(new ItPayError(code, { details }).message).toBe(message);
  });

  it('keeps its cause, shows its name, and has no member that was not given', () => {
    const cause = new Error('socket hang up');
    const error = new ItPayError('CHANNEL_UNAVAILABLE', { cause });

    expect(error.cause).toBe(cause);
    expect(error.stack).toMatch(/^ItPayError: /);
    expect(Object.keys(error).toSorted()).toEqual(['code', 'retryable', 'status', 'type']);
    expect('cause' in new ItPayError('BODY_INVALID')).toBe(false);
  });

  it.each(['PAYNOW_PROXY_UNKNOWN', 'toString'])('refuses the code %s without a definition', (code) => {
    expect(() => new ItPayError(code)).toThrow(TypeError);
  });

  it('takes a plugin’s code with its definition, but no new meaning for ours', () => {
    const definition = {
      status: 422,
      type: 'channel',
      retryable: false,
      meaning: 'Unknown proxy.',
      fix: 'Ask.',
    } as const;

    expect(new ItPayError('PAYNOW_PROXY_UNKNOWN', { definition })).toMatchObject({
      status: 422,
      message: 'Unknown proxy.',
    });
    expect(new ItPayError('BODY_INVALID', { definition }).status).toBe(400);
  });
});

describe('isItPayError', () => {
  it('recognises an error of another installed copy', async () => {
    vi.resetModules();
    const copy = await import('./error.js');

    const foreign = new copy.ItPayError('BODY_INVALID');

    expect(foreign).not.toBeInstanceOf(ItPayError);
    expect(isItPayError(foreign)).toBe(true);
  });

  it.each([null, undefined, 'BODY_INVALID', new Error('x'), { code: 'BODY_INVALID' }])('is false for %o', (value) => {
    expect(isItPayError(value)).toBe(false);
  });
});

describe('toWireError', () => {
  it('sends what the caller may know and links the page', () => {
    const error = new ItPayError('PARAMETER_INVALID', {
      param: 'amount.value',
      details: { minimum: 1 },
      cause: new Error('x'),
    });

    expect(toWireError(error, 'https://pay.example/errors')).toEqual({
      type: 'validation',
      code: 'PARAMETER_INVALID',
      message: ERROR_CODES.PARAMETER_INVALID.meaning,
      param: 'amount.value',
      details: { minimum: 1 },
      retryable: false,
      doc_url: 'https://pay.example/errors/PARAMETER_INVALID',
    });
  });

  it('leaves out what is not there', () => {
    expect(Object.keys(toWireError(new ItPayError('BODY_INVALID'), ''))).toEqual([
      'type',
      'code',
      'message',
      'retryable',
      'doc_url',
    ]);
  });
});

import { FAILURE_CATEGORIES } from '@itpay/kernel';
import { describe, expect, it } from 'vitest';
import { CATEGORY_OF, failureOfRefusal, failureOfStatus, failureWithoutToken, TOKEN_REFUSALS } from './failure.js';

describe('a status code of SCB', () => {
  it.each([
    // code   outcome
    ['1101', 'not_sent'],
    ['1102', 'not_sent'],
    ['1103', 'not_sent'],
    ['1104', 'not_sent'],
    ['1105', 'not_sent'],
    ['1106', 'not_sent'],
    ['1107', 'not_sent'],
    ['1108', 'not_sent'],
    ['1109', 'not_sent'],
    ['1110', 'not_sent'],
    ['1111', 'not_sent'],
    ['9100', 'not_sent'],
    ['9300', 'not_sent'],
    ['9500', 'not_sent'],
    ['9503', 'not_sent'],
    ['9700', 'not_sent'],
    ['9900', 'unknown'],
  ])('%s means %s', (code, outcome) => {
    const { category, rawCode } = failureOfRefusal(200, code, undefined);

    expect({ outcome: FAILURE_CATEGORIES[category], rawCode }).toEqual({ outcome, rawCode: code });
  });

  it('is in the table above', () => {
    expect(Object.keys(CATEGORY_OF)).toHaveLength(17);
    for (const code of TOKEN_REFUSALS) expect(CATEGORY_OF[code]).toBe('auth_config');
  });

  it.each([
    ['4711', 400, 'unmapped'],
    ['4711', 500, 'channel_unavailable'],
    ['toString', 400, 'unmapped'],
  ])('that nobody knows, %s with %d, may mean anything: %s', (code, status, category) => {
    expect(failureOfRefusal(status, code, undefined)).toEqual({ category, rawCode: code });
  });

  it('says when to come again', () => {
    expect(failureOfRefusal(429, '9700', '7')).toMatchObject({ category: 'rate_limited', retryAfterMs: 7_000 });
    expect(failureOfRefusal(429, '9700', 'soon')).not.toHaveProperty('retryAfterMs');
  });
});

it.each([
  [200, 'unmapped'],
  [302, 'unmapped'],
  [403, 'unmapped'],
  [429, 'rate_limited'],
  [502, 'channel_unavailable'],
])('an answer with %d that is not SCB’s proves nothing: %s', (status, category) => {
  expect(failureOfStatus(status, undefined)).toEqual({ category, rawCode: `http_${status}` });
});

describe('without a token', () => {
  it.each(['timeout', 'network', 'channel_unavailable', 'unmapped'] as const)(
    'nothing was sent, although the request for it ended with %s',
    (category) => {
      expect(FAILURE_CATEGORIES[failureWithoutToken({ category }).category]).toBe('not_sent');
    },
  );

  it('the reason stays where it means that nothing was sent', () => {
    const failure = { category: 'rate_limited', rawCode: '9700', retryAfterMs: 5 } as const;

    expect(failureWithoutToken(failure)).toEqual(failure);
  });
});

import { FAILURE_CATEGORIES } from '@itpay/kernel';
import { describe, expect, it } from 'vitest';
import { failureOfRefusal, isTokenRefused, readResponseCode, REFUSALS } from './failure.js';

describe('the table of response codes', () => {
  // The table of channels, case by case, whatever the service: [http, case, what becomes of the call].
  it.each([
    [400, '01', 'not_sent'],
    [400, '02', 'not_sent'],
    [401, '00', 'not_sent'],
    [401, '01', 'not_sent'],
    [403, '02', 'declined'],
    [403, '03', 'declined'],
    [403, '14', 'declined'],
    [403, '15', 'declined'],
    [404, '01', 'unknown'],
    [404, '08', 'not_sent'],
    [404, '13', 'declined'],
    [404, '14', 'unknown'],
    [409, '00', 'unknown'],
    [409, '01', 'unknown'],
    [429, '00', 'not_sent'],
    [500, '00', 'unknown'],
    [500, '01', 'unknown'],
    [500, '02', 'unknown'],
    [504, '00', 'unknown'],
    [403, '99', 'unknown'],
    [418, '00', 'unknown'],
    [599, '99', 'unknown'],
  ] as const)('%i with case %s: %s', (http, caseCode, outcome) => {
    for (const service of ['47', '51', '77', '78', '55']) {
      const failure = failureOfRefusal(readResponseCode(`${http}${service}${caseCode}`)!, undefined);

      expect(FAILURE_CATEGORIES[failure.category]).toBe(outcome);
      expect(failure.rawCode).toBe(`${http}${service}${caseCode}`);
    }
  });

  it('has categories that the framework knows, and no success', () => {
    for (const [code, category] of Object.entries(REFUSALS)) {
      expect(code).toMatch(/^[45]\d\d\/\d\d$/);
      expect(Object.keys(FAILURE_CATEGORIES)).toContain(category);
    }
  });

  it('says when to come again', () => {
    const code = readResponseCode('4294700')!;

    expect(failureOfRefusal(code, '7')).toMatchObject({ category: 'rate_limited', retryAfterMs: 7000 });
    expect(failureOfRefusal(code, 'soon')).not.toHaveProperty('retryAfterMs');
  });

  it.each(['', '200', '20047000', '2004700 ', '０004700', 2004700, null, undefined, '6004700'])(
    'takes %j for no response code',
    (text) => {
      expect(readResponseCode(text)).toBeNull();
    },
  );

  it('asks for another token after 401xx01 and 401xx03 only', () => {
    const refused = ['4014701', '4014703', '4014700', '4034701', '5004701'].filter((text) =>
      isTokenRefused(readResponseCode(text)!),
    );

    expect(refused).toEqual(['4014701', '4014703']);
  });
});

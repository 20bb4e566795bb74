import { RailError } from '@itpay/kernel';
import { describe, expect, it } from 'vitest';
import { AccessTokens } from './tokens.js';

const ever = new AbortController().signal;

function tokens(expiresInMs = 900_000) {
  const clock = { nowMs: 0 };
  const asked: PromiseWithResolvers[] = [];
  const own = new AccessTokens(
    () =>
      new Promise((resolve, reject) => {
        const value = `token ${asked.length + 1}`;
        asked.push({ give: () => resolve({ value, expiresInMs }), refuse: reject });
      }),
    () => clock.nowMs,
  );
  return { own, asked, clock };
}
interface PromiseWithResolvers {
  give(): void;
  refuse(error: Error): void;
}

describe('the access token', () => {
  it('is asked for once, however many need it', async () => {
    const { own, asked } = tokens();

    const waiting = Promise.all([own.get(ever), own.get(ever), own.get(ever)]);
    asked[0]!.give();

    expect(await waiting).toEqual(['token 1', 'token 1', 'token 1']);
    expect(await own.get(ever)).toBe('token 1');
    expect(asked).toHaveLength(1);
  });

  it.each([
    [900_000, 839_999, 840_000],
    // One that hardly lives is not asked for again at once.
    [60_000, 29_999, 30_000],
  ])('that lives %i ms is good at %i and renewed at %i', async (expiresInMs, good, renewed) => {
    const { own, asked, clock } = tokens(expiresInMs);
    const first = own.get(ever);
    asked[0]!.give();
    await first;

    clock.nowMs = good;
    expect(await own.get(ever)).toBe('token 1');
    clock.nowMs = renewed;
    const second = own.get(ever);
    asked[1]!.give();

    expect(await second).toBe('token 2');
  });

  it('that was refused is dropped, and a newer one is kept', async () => {
    const { own, asked } = tokens();
    const first = own.get(ever);
    asked[0]!.give();
    await first;

    own.drop('token 1');
    const second = own.get(ever);
    asked[1]!.give();
    await second;
    own.drop('token 1');

    expect(await own.get(ever)).toBe('token 2');
  });

  it('is still coming for the others when one gives up', async () => {
    const { own, asked } = tokens();
    const hasty = new AbortController();

    const [given, patient] = [own.get(hasty.signal), own.get(ever)];
    hasty.abort();
    await expect(given).rejects.toThrow(RailError);
    asked[0]!.give();

    expect(await patient).toBe('token 1');
    await expect(own.get(AbortSignal.abort())).resolves.toBe('token 1');
  });

  it('is asked for again after a failure', async () => {
    const { own, asked } = tokens();
    const first = own.get(ever);
    asked[0]!.refuse(new Error('closed'));
    await expect(first).rejects.toThrow('closed');

    const second = own.get(ever);
    asked[1]!.give();

    expect(await second).toBe('token 2');
  });
});

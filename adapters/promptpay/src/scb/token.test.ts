import { RailError } from '@itpay/kernel';
import { fakeClock } from '@itpay/testkit';
import { expect, it } from 'vitest';
import { TokenCache, type Token } from './token.js';

const { signal } = new AbortController();

/** Gives out t1, t2 … when told to. */
function issuer() {
  const clock = fakeClock('2026-11-22T00:00:00Z');
  const open: { promise: Promise<Token>; resolve: (token: Token) => void; reject: (error: unknown) => void }[] = [];
  const tokens = new TokenCache(
    () => {
      const next = deferred();
      open.push(next);
      return next.promise;
    },
    () => clock.now(),
  );
  const give = () => open.at(-1)!.resolve({ value: `t${open.length}`, livesForMs: 1_800_000 });
  return { clock, open, tokens, give };
}

it('asks once for everybody who needs a token meanwhile', async () => {
  const { tokens, open, give } = issuer();

  const all = Promise.all([tokens.get(signal), tokens.get(signal), tokens.get(signal)]);
  give();

  expect(await all).toEqual(['t1', 't1', 't1']);
  expect(await tokens.get(signal)).toBe('t1');
  expect(open).toHaveLength(1);
});

it('renews a token a minute before it ends', async () => {
  const { tokens, clock, open, give } = issuer();
  const first = tokens.get(signal);
  give();
  await first;

  clock.advance(1_739_999);
  expect(await tokens.get(signal)).toBe('t1');
  clock.advance(1);
  const renewed = tokens.get(signal);
  give();

  expect(await renewed).toBe('t2');
  expect(open).toHaveLength(2);
});

it('asks anew after a failure', async () => {
  const { tokens, open, give } = issuer();

  const failed = tokens.get(signal);
  open[0]!.reject(new RailError({ category: 'rate_limited' }));
  await expect(failed).rejects.toMatchObject({ failure: { category: 'rate_limited' } });
  const next = tokens.get(signal);
  give();

  expect(await next).toBe('t2');
});

it('forgets a refused token, and not the one that came after it', async () => {
  const { tokens, give } = issuer();
  const first = tokens.get(signal);
  give();
  await first;

  tokens.drop('t1');
  const second = tokens.get(signal);
  give();
  await second;
  tokens.drop('t1');

  expect(await tokens.get(signal)).toBe('t2');
});

it('lets one caller give up without taking the token from the others', async () => {
  const { tokens, give } = issuer();
  const impatient = new AbortController();

  const [given, kept] = [tokens.get(impatient.signal), tokens.get(signal)];
  impatient.abort();
  await expect(given).rejects.toMatchObject({ failure: { category: 'timeout' } });
  give();

  expect(await kept).toBe('t1');
  await expect(tokens.get(AbortSignal.abort())).resolves.toBe('t1');
});

function deferred() {
  let resolve!: (token: Token) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<Token>((...both) => ([resolve, reject] = both));
  return { promise, resolve, reject };
}

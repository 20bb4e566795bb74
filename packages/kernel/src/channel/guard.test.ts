import { ItPayError } from '@itpay/core';
import { capturedLogger, fakeClock } from '@itpay/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CallContext, Channel } from './channel.js';
import { ChannelGuard } from './guard.js';
import type { ChannelFailure, FailureCategory } from './outcome.js';

const rail = (change: Partial<Channel> = {}): Channel => ({
  id: 'sample',
  displayName: 'Sample',
  mode: 'live',
  merchantAccount: 'shop',
  countries: ['TH'],
  currencies: ['THB'],
  capabilities: ['qr_dynamic'],
  reference: { maxLength: 20, alphabet: '0123456789ABCDEF' },
  encode: () => ({ kind: 'qr', qrStandard: 'emvco', qrData: '' }),
  ...change,
});

let clock: ReturnType<typeof fakeClock>;
let logger: ReturnType<typeof capturedLogger>;
let guard: ChannelGuard;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  clock = fakeClock();
  logger = capturedLogger();
  guard = new ChannelGuard(clock, logger);
});
afterEach(() => void vi.useRealTimers());

const fail = (category: FailureCategory) => async () => ({ outcome: 'unknown', failure: { category } });
const succeed = async () => ({ outcome: 'succeeded', value: 1 });
const never = () => new Promise<never>(() => {});

describe('The time limit', () => {
  it('is 15 seconds unless the channel says otherwise', async () => {
    const calls = [guard.attempt(rail(), 'query', never), guard.attempt(rail({ timeoutMs: 20_000 }), 'query', never)];
    const settled: number[] = [];
    calls.forEach((call, index) => void call.then(() => settled.push(index)));

    await vi.advanceTimersByTimeAsync(14_999);
    expect(settled).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(settled).toEqual([0]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(settled).toEqual([0, 1]);
  });

  it('aborts the signal, and answers timeout whatever the adapter makes of the abort', async () => {
    const mapError = vi.fn((): ChannelFailure => ({ category: 'not_connected' })); // "did not happen" would be a lie
    let signal: AbortSignal | undefined;
    const untilAborted = (context: CallContext) =>
      new Promise<never>((_resolve, reject) => {
        signal = context.signal;
        context.signal.addEventListener('abort', () => reject(context.signal.reason));
      });

    const call = guard.attempt(rail({ mapError }), 'authorize', untilAborted);
    await vi.advanceTimersByTimeAsync(15_000);

    expect(await call).toEqual({ ok: false, failure: { category: 'timeout' } });
    expect(signal?.aborted).toBe(true);
  });

  it('leaves an adapter behind that does not listen, and drops its late answer', async () => {
    let answer: (value: unknown) => void = () => {};
    const call = guard.attempt(rail(), 'authorize', () => new Promise((resolve) => (answer = resolve)));

    await vi.advanceTimersByTimeAsync(15_000);
    answer({ outcome: 'succeeded', value: 1 });

    expect(await call).toEqual({ ok: false, failure: { category: 'timeout' } });
    expect(guard.figures(rail())).toMatchObject({ calls: 1, failures: { timeout: 1 } });
  });

  it('leaves no timer behind after an answer', async () => {
    await guard.attempt(rail(), 'query', succeed);

    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('What an adapter throws', () => {
  const thrown = new Error('socket hang up');
  const throwing = () => Promise.reject(thrown);

  it.each([
    ['FREQUENCY_LIMITED', 'FREQUENCY_LIMITED'],
    ['http_502', 'http_502'],
    ['ACQ.TRADE_NOT_EXIST', 'ACQ.TRADE_NOT_EXIST'],
    ['key=sk_live_4711; please retry', 'not_a_code'],
    ['x'.repeat(65), 'not_a_code'],
  ])('has a code of the rail only where it looks like one: %j', async (rawCode, kept) => {
    const failure = { category: 'declined', rawCode } as const;
    const mapped = await guard.attempt(rail({ mapError: () => failure }), 'query', () => Promise.reject(new Error()));
    const returned = await guard.attempt(rail(), 'query', async () => ({ outcome: 'declined', failure }));

    expect([mapped, returned]).toEqual([
      { ok: false, failure: { category: 'declined', rawCode: kept } },
      { ok: true, value: { outcome: 'declined', failure: { category: 'declined', rawCode: kept } } },
    ]);
  });

  it('becomes the failure that mapError says', async () => {
    const mapError = vi.fn(() => ({ category: 'rate_limited', rawCode: '429', retryAfterMs: 5 }) as const);

    expect(await guard.attempt(rail({ mapError }), 'query', throwing)).toEqual({
      ok: false,
      failure: { category: 'rate_limited', rawCode: '429', retryAfterMs: 5 },
    });
    expect(mapError).toHaveBeenCalledWith(thrown);
  });

  it.each<[what: string, mapError: Channel['mapError']]>([
    ['there is no mapError', undefined],
    ['mapError does not know it', () => undefined],
    ['mapError throws', () => JSON.parse('no')],
    ['mapError has a word of its own', () => ({ category: 'weird' as never })],
    ['mapError has a word of every object', () => ({ category: 'constructor' as never })],
  ])('is unmapped, so unknown, when %s', async (_what, mapError) => {
    const channel = rail(mapError && { mapError });

    expect(await guard.attempt(channel, 'query', throwing)).toEqual({ ok: false, failure: { category: 'unmapped' } });
  });

  it('is a bad signature also when the error comes from another copy of core', async () => {
    vi.resetModules();
    const copy: typeof import('@itpay/core') = await import('@itpay/core');
    expect(copy.ItPayError).not.toBe(ItPayError);
    const forged = () => Promise.reject(new copy.ItPayError('CHANNEL_SIGNATURE_INVALID'));

    expect(await guard.attempt(rail(), 'query', forged)).toMatchObject({ failure: { category: 'signature_invalid' } });
  });

  it('counts as well when it is thrown before the first wait', async () => {
    const attempt = await guard.attempt(rail(), 'query', () => {
      throw thrown;
    });

    expect(attempt).toEqual({ ok: false, failure: { category: 'unmapped' } });
  });
});

it('passes on what the adapter returns', async () => {
  const failed = { outcome: 'declined', failure: { category: 'insufficient_funds' } };

  expect(await guard.attempt(rail(), 'authorize', succeed)).toEqual({
    ok: true,
    value: { outcome: 'succeeded', value: 1 },
  });
  expect(await guard.attempt(rail(), 'authorize', async () => failed)).toEqual({ ok: true, value: failed });
});

describe('The breaker', () => {
  const times = async (n: number, work: () => Promise<unknown>, channel = rail()) => {
    for (let i = 0; i < n; i += 1) await guard.attempt(channel, 'query', work);
  };
  const isLetOut = async (channel = rail()) => {
    const work = vi.fn(succeed);
    await guard.attempt(channel, 'query', work);
    return work.mock.calls.length === 1;
  };

  it.each<[FailureCategory]>([['timeout'], ['network'], ['channel_unavailable'], ['not_connected']])(
    'opens after five failures in a row of %s, and sends nothing then',
    async (category) => {
      await times(4, fail(category));
      expect(guard.figures(rail()).breaker).toBe('closed');

      await times(1, fail(category));
      const refused = await guard.attempt(rail(), 'query', succeed);

      expect(refused).toEqual({ ok: false, failure: { category: 'circuit_open' } });
      expect(guard.figures(rail())).toMatchObject({ breaker: 'open', calls: 5, failures: { [category]: 5 } });
    },
  );

  it.each<[FailureCategory]>([
    ['declined'],
    ['insufficient_funds'],
    ['invalid_request'],
    ['auth_config'],
    ['mismatch'],
    ['signature_invalid'],
  ])('does not take %s for an illness', async (category) => {
    await times(20, fail(category));

    expect(await isLetOut()).toBe(true);
  });

  it('lets one call out after 30 seconds, and closes when that is answered', async () => {
    await times(5, fail('network'));
    clock.advance('29s');
    expect(await isLetOut()).toBe(false);

    clock.advance('1s');
    let answer: (value: unknown) => void = () => {};
    const probe = guard.attempt(rail(), 'query', () => new Promise((resolve) => (answer = resolve)));
    expect(guard.figures(rail()).breaker).toBe('half_open');
    expect(await isLetOut()).toBe(false);
    answer({ status: 'pending' });
    await probe;

    expect(guard.figures(rail()).breaker).toBe('closed');
    expect(await isLetOut()).toBe(true);
  });

  it('opens again when the probe fails', async () => {
    await times(5, fail('network'));
    clock.advance('30s');
    await times(1, fail('timeout'));

    expect(await isLetOut()).toBe(false);
    clock.advance('30s');
    expect(await isLetOut()).toBe(true);
  });

  it('says beforehand whether it would let a call out, and changes nothing by that', async () => {
    const admits = [guard.admits(rail())];
    await times(5, fail('network'));
    admits.push(guard.admits(rail()), guard.admits(rail({ id: 'other' })));
    clock.advance('30s');
    admits.push(guard.admits(rail()), guard.admits(rail()));

    expect(admits).toEqual([true, false, true, true, true]);
    expect(guard.figures(rail()).breaker).toBe('open');
  });

  it.each<[what: string, other: Partial<Channel>]>([
    ['rail', { id: 'other' }],
    ['mode', { mode: 'test' }],
    ['merchant account', { merchantAccount: 'branch' }],
  ])('of another %s stays closed', async (_what, other) => {
    await times(5, fail('network'));

    expect(await isLetOut(rail(other))).toBe(true);
    expect(guard.figures(rail(other))).toMatchObject({ breaker: 'closed', calls: 1, failures: {} });
  });

  it('of a channel that hangs does not make another one wait', async () => {
    const hanging = guard.attempt(rail(), 'query', never);

    expect(await isLetOut(rail({ id: 'other' }))).toBe(true);

    await vi.advanceTimersByTimeAsync(15_000);
    await hanging;
  });
});

it('has figures of calls, failures and the latest latency, which nobody can change', async () => {
  expect(guard.figures(rail())).toEqual({ breaker: 'closed', calls: 0, failures: {}, latencyMs: null });
  await guard.attempt(rail(), 'query', succeed);
  await guard.attempt(rail(), 'query', fail('declined'));
  await guard.attempt(rail(), 'query', fail('declined'));

  const figures = guard.figures(rail());
  (figures.failures as Record<string, number>)['declined'] = 99;

  expect(guard.figures(rail())).toEqual({
    breaker: 'closed',
    calls: 3,
    failures: { declined: 2 },
    latencyMs: expect.any(Number),
  });
});

it('logs what failed in words of ours and the code of the rail, and nothing that could be a secret', async () => {
  const mapError = () => ({ category: 'auth_config', rawCode: 'SIGN_ERROR', message: 'canary in message' }) as const;
  const work = () => Promise.reject(new Error('canary in error', { cause: 'canary in cause' }));

  await guard.attempt(rail({ mapError, merchantAccount: 'canary-account' }), 'authorize', work);
  await guard.attempt(rail(), 'query', async () => ({ status: 'captured', secret: 'canary in answer' }));

  expect(logger.lines).toEqual([
    {
      level: 'warn',
      message: 'A channel call did not succeed.',
      fields: {
        channel: 'sample',
        mode: 'live',
        call: 'authorize',
        category: 'auth_config',
        rawCode: 'SIGN_ERROR',
        ms: expect.any(Number),
      },
    },
  ]);
  expect(JSON.stringify(logger.lines)).not.toContain('canary');
});

import { memoryRateLimiter } from '@itpay/data';
import { ItPayError } from '@itpay/core';
import type { Principal, RateLimiter, Route } from '@itpay/kernel';
import { capturedLogger, fakeClock } from '@itpay/testkit';
import { describe, expect, it } from 'vitest';
import { merchant, request, route, testHandle } from '../../packages/gateway/test/fakes.js';
import { clientAddress } from '../../packages/gateway/src/client-address.js';
import { rateLimitsFrom, type RateLimitOptions } from '../../packages/gateway/src/limits/classes.js';
import { Limits } from '../../packages/gateway/src/limits/limits.js';

const authorization = 'merchant';
const read = route({ method: 'GET', path: '/v1/things' });
const open = route({ method: 'GET', path: '/v1/open', access: 'public' });

/** A gateway with small limits, and a clock that stands still. */
function limited(routes: readonly Route[], options: RateLimitOptions = {}, store?: Partial<RateLimiter>) {
  const clock = fakeClock();
  const logger = capturedLogger();
  const limiter = { ...memoryRateLimiter({ clock }), ...store };
  const limits = new Limits({ limiter, clock, logger, limits: rateLimitsFrom(options) });
  const callers: Record<string, Principal> = {
    merchant,
    rotated: { ...merchant, id: 'key_new', lineage: 'key_merchant' },
    other: { ...merchant, id: 'key_other' },
    reader: { ...merchant, id: 'key_reader', scopes: [] },
  };
  const { handle } = testHandle(routes, {
    limits,
    logger,
    addressOf: clientAddress(1),
    authenticator: {
      authenticate: async ({ headers }) => {
        if (headers['authorization'] === undefined) return null;
        const known = callers[headers['authorization']];
        if (known === undefined) throw new ItPayError('API_KEY_INVALID');
        return known;
      },
    },
  });
  const ask = async (url: string, headers: Record<string, string> = {}) => {
    const response = await handle(
      request({ url, headers, ...(url.startsWith('/hook') && { method: 'POST', body: 'x' }) }),
    );
    const { code, details } = response.body === null ? {} : (JSON.parse(String(response.body)).error ?? {});
    return { ...response, code, details };
  };
  const many = async (n: number, url: string, headers?: Record<string, string>) => {
    const statuses: number[] = [];
    for (let i = 0; i < n; i += 1) statuses.push((await ask(url, headers)).status);
    return statuses;
  };
  return { clock, logger, handle, ask, many };
}

const rateHeaders = ({ headers }: { headers: Readonly<Record<string, string>> }) => [
  headers['itpay-ratelimit-limit'],
  headers['itpay-ratelimit-remaining'],
  headers['itpay-ratelimit-reset'],
  headers['retry-after'],
];

describe('The rate of a caller', () => {
  const test = { perSecond: 2, burst: 4 };

  it('is told with each answer', async () => {
    const { ask, clock } = limited([read], { test });

    const first = await ask('/v1/things', { authorization });
    const refusedForScope = await ask('/v1/things', { authorization: 'reader' });
    await ask('/v1/things', { authorization });
    const third = await ask('/v1/things', { authorization });
    clock.advance('1s');
    const later = await ask('/v1/things', { authorization });

    expect(rateHeaders(first)).toEqual(['4', '3', '1', undefined]);
    expect(refusedForScope.status).toBe(403);
    expect(rateHeaders(refusedForScope)).toEqual(['4', '3', '1', undefined]);
    expect(rateHeaders(third)).toEqual(['4', '1', '2', undefined]);
    expect(rateHeaders(later)).toEqual(['4', '2', '1', undefined]);
  });

  it('refuses a spike as a burst, and says when to come again', async () => {
    const { ask, many, clock } = limited([read], { test: { perSecond: 0.25, burst: 4 } });
    expect(await many(4, '/v1/things', { authorization })).toEqual([200, 200, 200, 200]);

    const refused = await ask('/v1/things', { authorization });
    clock.advance(3_999);
    const early = await ask('/v1/things', { authorization });
    clock.advance(1);
    const inTime = await ask('/v1/things', { authorization });

    expect(refused).toMatchObject({ status: 429, code: 'RATE_LIMIT_BURST', details: { limit: 0.25, burst: 4 } });
    expect(rateHeaders(refused)).toEqual(['4', '0', '16', '4']);
    expect([early.status, early.headers['retry-after'], inTime.status]).toEqual([429, '1', 200]);
  });

  it('refuses who stays above it for more than a second by another code', async () => {
    const { ask, many, clock } = limited([read], { test });
    await many(4, '/v1/things', { authorization });

    clock.advance(500);
    const codes = [
      (await ask('/v1/things', { authorization })).code,
      (await ask('/v1/things', { authorization })).code,
    ];
    clock.advance(501);
    await ask('/v1/things', { authorization });
    codes.push((await ask('/v1/things', { authorization })).code);

    expect(codes).toEqual([undefined, 'RATE_LIMIT_BURST', 'RATE_LIMITED']);
  });

  it('is that of a key and of the key that it was rotated from together', async () => {
    const { many } = limited([read], { test });

    expect(await many(4, '/v1/things', { authorization })).toEqual([200, 200, 200, 200]);
    expect(await many(1, '/v1/things', { authorization: 'rotated' })).toEqual([429]);
    expect(await many(1, '/v1/things', { authorization: 'other' })).toEqual([200]);
  });

  it('comes before the scope', async () => {
    const { many } = limited([read], { test: { burst: 2 } });

    expect(await many(3, '/v1/things', { authorization: 'reader' })).toEqual([403, 403, 429]);
  });

  it('does not hold where a route says so', async () => {
    const { many, ask } = limited([{ ...open, rate: 'none' }], { unauthenticated: { burst: 1 } });

    expect(await many(3, '/v1/open')).toEqual([200, 200, 200]);
    expect(rateHeaders(await ask('/v1/open'))).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe('Who says nothing about itself', () => {
  const unauthenticated = { perSecond: 1, burst: 2 };

  it('is counted by address, also when it is answered 401', async () => {
    const { many } = limited([read, open], { unauthenticated });

    expect(await many(2, '/v1/things')).toEqual([401, 401]);
    expect(await many(1, '/v1/open')).toEqual([429]);
    expect(await many(1, '/v1/open', { 'x-forwarded-for': '203.0.113.7' })).toEqual([200]);
  });

  it('gets no second allowance by writing another address', async () => {
    const { many } = limited([open], { unauthenticated });

    expect(await many(2, '/v1/open', { 'x-forwarded-for': '1.1.1.1, 203.0.113.7' })).toEqual([200, 200]);
    expect(await many(1, '/v1/open', { 'x-forwarded-for': '2.2.2.2, 203.0.113.7' })).toEqual([429]);
  });
});

describe('Who guesses keys', () => {
  const credentials = { perSecond: 1, burst: 3 };

  it('is refused, by address, and is not told when a guess is right', async () => {
    const { many, clock } = limited([read], { credentials });

    expect(await many(3, '/v1/things', { authorization: 'guess' })).toEqual([401, 401, 401]);
    expect(await many(1, '/v1/things', { authorization: 'guess' })).toEqual([429]);
    expect(await many(1, '/v1/things', { authorization })).toEqual([429]);
    expect(await many(1, '/v1/things', { authorization, 'x-forwarded-for': '203.0.113.7' })).toEqual([200]);
    clock.advance('1s');
    expect(await many(2, '/v1/things', { authorization })).toEqual([200, 200]);
    expect(await many(2, '/v1/things', { authorization: 'guess' })).toEqual([401, 429]);
  });

  it('is told when to come again', async () => {
    const { ask, many } = limited([read], { credentials: { perSecond: 0.1, burst: 1 } });
    await many(1, '/v1/things', { authorization: 'guess' });

    expect(await ask('/v1/things', { authorization: 'guess' })).toMatchObject({
      status: 429,
      code: 'RATE_LIMIT_BURST',
      headers: { 'retry-after': '10' },
    });
  });
});

describe('A callback', () => {
  const callback = { perSecond: 1, burst: 2 };
  const hook = (run: Route['run']) =>
    route({ method: 'POST', path: '/hook/{channel}/{token}', access: 'public', raw: true, rate: 'callback', run });

  it('does not count when it is proven', async () => {
    const { many } = limited([hook(async () => ({ status: 200 }))], { callback, unauthenticated: { burst: 1 } });

    expect(new Set(await many(20, '/hook/wechat/t'))).toEqual(new Set([200]));
  });

  it('does not count when it is proven and cannot be processed', async () => {
    const { many } = limited([hook(async () => ({ status: 500 }))], { callback });

    expect(await many(4, '/hook/wechat/t')).toEqual([500, 500, 500, 500]);
  });

  const refusals: [string, Route['run'], number][] = [
    ['answered 401', async () => ({ status: 401 }), 401],
    ['answered 403', async () => ({ status: 403 }), 403],
    ['answered 200 in a dialect that knows no other', async () => ({ status: 200, unproven: true }), 200],
    ['thrown as CHANNEL_SIGNATURE_INVALID', () => Promise.reject(new ItPayError('CHANNEL_SIGNATURE_INVALID')), 401],
    ['thrown as CHANNEL_NOT_FOUND', () => Promise.reject(new ItPayError('CHANNEL_NOT_FOUND')), 404],
  ];
  it.each(refusals)('counts when its refusal is %s', async (_how, run, status) => {
    const { many, clock } = limited([hook(run)], { callback });

    const [one, two, three] = await many(3, '/hook/wechat/t');
    clock.advance('1s');
    const [later] = await many(1, '/hook/wechat/t');

    expect([one, two, three, later]).toEqual([status, status, 429, status]);
  });

  it('from elsewhere, or to another channel, is not kept out by forgeries', async () => {
    const { many } = limited([hook(async () => ({ status: 401 }))], { callback });
    await many(3, '/hook/wechat/t');

    expect(await many(1, '/hook/wechat/guessed')).toEqual([429]);
    expect(await many(1, '/hook/alipay/t')).toEqual([401]);
    expect(await many(1, '/hook/wechat/t', { 'x-forwarded-for': '203.0.113.7' })).toEqual([401]);
  });
});

describe('Requests that run', () => {
  function gate() {
    let openAll = () => {};
    const opened = new Promise<void>((resolve) => (openAll = resolve));
    const slow = route({
      method: 'GET',
      path: '/v1/slow',
      run: async () => {
        await opened;
        return { status: 200 };
      },
    });
    return { slow, poll: { ...slow, path: '/v1/poll', rate: 'wait' as const }, openAll };
  }

  it('are as many as the limit says, and make room when they end', async () => {
    const { slow, openAll } = gate();
    const { ask, many } = limited([slow, read], { test: { concurrent: 2 } });
    const running = [ask('/v1/slow', { authorization }), ask('/v1/slow', { authorization })];

    const refused = await ask('/v1/things', { authorization });
    openAll();
    await Promise.all(running);

    expect(refused).toMatchObject({ status: 429, code: 'RATE_LIMIT_CONCURRENT', headers: { 'retry-after': '1' } });
    expect(refused.details).toMatchObject({ limit: 2 });
    expect(await many(3, '/v1/things', { authorization })).toEqual([200, 200, 200]);
  });

  it('make room when they fail', async () => {
    const failing = { ...read, run: () => Promise.reject(new Error('broken')) };
    const { many } = limited([failing], { test: { concurrent: 1 } });

    expect(await many(3, '/v1/things', { authorization })).toEqual([500, 500, 500]);
  });

  it('do not include long polls, which have a number of their own and count for the rate', async () => {
    const { slow, poll, openAll } = gate();
    const { ask } = limited([slow, poll, read], { test: { concurrent: 1, waiting: 2, burst: 5 } });
    const waiting = [ask('/v1/poll', { authorization }), ask('/v1/poll', { authorization })];

    const third = await ask('/v1/poll', { authorization });
    const besides = await ask('/v1/things', { authorization });
    openAll();
    await Promise.all(waiting);

    expect(third).toMatchObject({ status: 429, code: 'RATE_LIMIT_CONCURRENT', details: { limit: 2 } });
    expect(rateHeaders(besides).slice(0, 2)).toEqual(['5', '1']);
    expect((await ask('/v1/poll', { authorization })).status).toBe(200);
  });

  it('include a stream until its last piece', async () => {
    const chunks = async function* () {
      yield 'one';
      yield 'two';
    };
    const stream = route({
      method: 'GET',
      path: '/v1/stream',
      rate: 'wait',
      run: async () => ({ status: 200, stream: { type: 'text/event-stream', chunks: chunks() } }),
    });
    const { handle } = limited([stream], { test: { waiting: 1 } });
    const ask = () => handle(request({ url: '/v1/stream', headers: { authorization } }));

    const first = await ask();
    const second = await ask();
    for await (const _ of first.body as AsyncIterable<string>);
    const third = await ask();
    await (third.body as AsyncIterable<string>)[Symbol.asyncIterator]().return!();

    expect([first.status, second.status, third.status, (await ask()).status]).toEqual([200, 429, 200, 200]);
  });
});

describe('A store that does not answer', () => {
  const away = () => Promise.reject(new Error('connection refused'));

  it('lets requests pass, and says so now and then', async () => {
    const { many, clock, logger } = limited([read], { test: { burst: 1, concurrent: 1 } }, { take: away, enter: away });

    expect(await many(3, '/v1/things', { authorization })).toEqual([200, 200, 200]);
    clock.advance('10s');
    await many(1, '/v1/things', { authorization });

    const warnings = logger.lines.filter(({ level }) => level === 'warn');
    expect(warnings.map(({ message }) => message)).toEqual(
      Array(2).fill('The rate limiter does not answer; requests pass without limits.'),
    );
  });
});

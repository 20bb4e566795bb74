import { isItPayError, ItPayError } from '@itpay/core';
import type { Channel } from '@itpay/kernel';
import { describe, expect, it, vi } from 'vitest';
import { aBody, aChannel, aContext, AGENT_ID, INTENT_ID, NOW } from '../../test/samples.js';
import { planIntent, type PlanContext } from './plan.js';
import type { CreateIntentBody } from './input.js';

const minutes = (n: number) => n * 60_000;
const hours = (n: number) => n * 3_600_000;

/** The code and the field of a refusal, or the id of the channel that takes the payment. */
function outcome(body: CreateIntentBody, context: PlanContext): readonly [string, string?] {
  try {
    return [planIntent(body, context).channel.id];
  } catch (error) {
    if (!isItPayError(error)) throw error;
    return error.param === undefined ? [error.code] : [error.code, error.param];
  }
}

describe('the choice of a channel', () => {
  const rails: readonly Channel[] = [
    aChannel({ id: 'yen', currencies: ['JPY'] }),
    aChannel({ id: 'baht', currencies: ['THB'] }),
    aChannel({ id: 'both', currencies: ['THB', 'JPY', 'SGD'] }),
    aChannel({ id: 'baht', currencies: ['THB'], mode: 'live', merchantAccount: 'live-shop' }),
    aChannel({ id: 'live_only', currencies: ['THB', 'USD'], mode: 'live' }),
  ];

  it.each([
    // livemode, channel, currency → channel or refusal
    [false, undefined, 'THB', ['baht']],
    [false, undefined, 'JPY', ['yen']],
    [false, undefined, 'SGD', ['both']],
    [false, undefined, 'USD', ['CURRENCY_NOT_SUPPORTED', 'amount.currency']],
    [false, 'both', 'THB', ['both']],
    [false, 'yen', 'THB', ['CURRENCY_NOT_SUPPORTED', 'amount.currency']],
    [false, 'live_only', 'THB', ['CHANNEL_NOT_SUPPORTED', 'channel']],
    [false, 'nowhere', 'THB', ['CHANNEL_NOT_SUPPORTED', 'channel']],
    [false, '__proto__', 'THB', ['CHANNEL_NOT_SUPPORTED', 'channel']],
    [true, undefined, 'THB', ['baht']],
    [true, undefined, 'USD', ['live_only']],
    [true, undefined, 'JPY', ['CURRENCY_NOT_SUPPORTED', 'amount.currency']],
    [true, 'both', 'THB', ['CHANNEL_NOT_SUPPORTED', 'channel']],
  ] as const)('with livemode %s, channel %s and %s is %j', (livemode, channel, currency, expected) => {
    const body = aBody({ amount: { currency, value: 100 }, ...(channel !== undefined && { channel }) });

    expect(outcome(body, aContext(rails, { livemode }))).toEqual(expected);
  });

  it('takes the instance of the caller’s own mode', () => {
    const live = planIntent(aBody(), aContext(rails, { livemode: true }));

    expect(live.channel.mode).toBe('live');
    expect(live.intent).toMatchObject({ livemode: true, merchantAccount: 'live-shop' });
  });

  it.each([
    ['an unknown channel', aBody({ channel: 'nowhere' }), { allowed: ['yen', 'baht', 'both'] }, 'named "nowhere"'],
    [
      'a channel of the other mode',
      aBody({ channel: 'live_only' }),
      { allowed: ['yen', 'baht', 'both'] },
      'live keys only',
    ],
    [
      'a currency of no channel',
      aBody({ amount: { currency: 'USD', value: 1 } }),
      expect.objectContaining({ allowed: ['JPY', 'THB', 'SGD'] }),
      'USD',
    ],
    [
      'a currency of another channel',
      aBody({ channel: 'yen', amount: { currency: 'THB', value: 1 } }),
      { allowed: ['JPY'] },
      'takes JPY, not THB',
    ],
  ])('lists what is possible when it refuses %s', (_, body, details, words) => {
    const plan = () => planIntent(body, aContext(rails));

    expect(plan).toThrow(expect.objectContaining({ details, message: expect.stringContaining(words) }));
  });

  it('refuses everything when no channel is configured', () => {
    expect(outcome(aBody(), aContext([]))).toEqual(['CURRENCY_NOT_SUPPORTED', 'amount.currency']);
  });
});

describe('the limits of a rail', () => {
  const both = { THB: { min: 100n, max: 5_000n } };

  it.each([
    // limits, value → answer
    [both, 99, ['AMOUNT_TOO_SMALL', 'amount.value']],
    [both, 100, ['rail']],
    [both, 5_000, ['rail']],
    [both, 5_001, ['AMOUNT_EXCEEDED', 'amount.value']],
    [{ THB: { min: 100n } }, Number.MAX_SAFE_INTEGER, ['rail']],
    [{ THB: { max: 5_000n } }, 1, ['rail']],
    [{ JPY: { max: 1n } }, 2, ['rail']],
    [undefined, Number.MAX_SAFE_INTEGER, ['rail']],
  ] as const)('%o and %d minor units: %j', (limits, value, expected) => {
    const context = aContext([aChannel({ ...(limits && { limits }) })]);

    expect(outcome(aBody({ amount: { currency: 'THB', value } }), context)).toEqual(expected);
  });

  it.each([
    [99, { channel: 'rail', minimum: 100 }],
    [5_001, { channel: 'rail', maximum: 5_000 }],
  ])('are named when %d is refused', (value, details) => {
    const plan = () =>
      planIntent(aBody({ amount: { currency: 'THB', value } }), aContext([aChannel({ limits: both })]));

    expect(plan).toThrow(expect.objectContaining({ details }));
  });

  it('are those of a named channel: another one with room takes over only where it is allowed', () => {
    const context = aContext([aChannel({ limits: both }), aChannel({ id: 'roomy' })]);
    const body = aBody({ amount: { currency: 'THB', value: 5_001 } });

    expect(outcome({ ...body, channel: 'rail' }, context)).toEqual(['AMOUNT_EXCEEDED', 'amount.value']);
    expect(outcome(body, context)).toEqual(['roomy']);
    expect(outcome({ ...body, channel: 'rail', allowed_channels: ['roomy', 'rail'] }, context)).toEqual(['roomy']);
  });
});

it.each([
  [1_250, ['AMOUNT_PRECISION_UNSUPPORTED', 'amount.value']],
  [1_200, ['rail']],
] as const)('a rail that counts whole baht, %d satang: %j', (value, expected) => {
  const context = aContext([aChannel({ exponentOverrides: { THB: 0 } })]);

  expect(outcome(aBody({ amount: { currency: 'THB', value } }), context)).toEqual(expected);
});

describe('the capture method', () => {
  it.each([
    [undefined, ['rail']],
    ['automatic', ['rail']],
    ['manual', ['CHANNEL_CAPABILITY_UNSUPPORTED', 'capture_method']],
  ] as const)('%s: %j', (method, expected) => {
    expect(outcome(aBody({ ...(method && { capture_method: method }) }), aContext())).toEqual(expected);
  });
});

describe('the time until an intent expires', () => {
  it.each([
    // expires_in (s), the rail's default, life of its QR → milliseconds
    [undefined, undefined, undefined, minutes(15)],
    [undefined, hours(72), undefined, hours(72)],
    [undefined, undefined, minutes(5), minutes(5)],
    [undefined, hours(72), hours(2), hours(2)],
    [undefined, minutes(1), hours(2), minutes(1)],
    [60, undefined, undefined, minutes(1)],
    [60, hours(72), minutes(5), minutes(1)],
    [604_800, undefined, undefined, hours(168)],
    [604_800, undefined, hours(2), hours(2)],
  ] as const)('expires_in %s, default %s, QR life %s: %d ms', (seconds, defaultExpiryMs, qrTtlMs, expected) => {
    const channel = aChannel({
      ...(defaultExpiryMs !== undefined && { defaultExpiryMs }),
      ...(qrTtlMs !== undefined && { qrTtlMs }),
    });

    const { intent, qr } = planIntent(aBody({ ...(seconds && { expires_in: seconds }) }), aContext([channel]));

    expect(intent.expiresAt.getTime() - NOW.getTime()).toBe(expected);
    expect(qr?.expiresAt).toEqual(intent.expiresAt);
  });
});

describe('the allowed channels', () => {
  const rails = [
    aChannel({ id: 'wallet', encode: undefined, authorize: vi.fn() }),
    aChannel({ id: 'yen', currencies: ['JPY'] }),
    aChannel({ id: 'bank', defaultExpiryMs: hours(72) }),
  ];
  const allowed = (body: Partial<CreateIntentBody>, change: Partial<PlanContext> = {}) => {
    const { intent } = planIntent(aBody(body), aContext(rails, change));
    return [intent.channel, ...intent.allowedChannels];
  };

  it('are those that can take it, in order of preference, whichever is tried first', () => {
    expect(allowed({})).toEqual(['wallet', 'wallet', 'bank']);
    expect(allowed({ channel: 'bank' })).toEqual(['bank', 'bank']);
    expect(allowed({ allowed_channels: ['bank', 'yen', 'wallet'] })).toEqual(['bank', 'bank', 'wallet']);
    expect(allowed({ allowed_channels: ['bank', 'wallet'], channel: 'wallet' })).toEqual(['wallet', 'wallet', 'bank']);
    expect(allowed({}, { isAway: ({ id }) => id === 'wallet' })).toEqual(['bank', 'wallet', 'bank']);
  });

  it('leave out one whose rail cannot express the amount', () => {
    const coarse = aChannel({
      id: 'coarse',
      encode: () => {
        throw new ItPayError('AMOUNT_PRECISION_UNSUPPORTED');
      },
    });

    const { intent, qr } = planIntent(aBody(), aContext([coarse, aChannel()]));

    expect([intent.channel, intent.allowedChannels, qr?.channel]).toEqual(['rail', ['rail'], 'rail']);
    expect(outcome(aBody(), aContext([coarse]))).toEqual(['AMOUNT_PRECISION_UNSUPPORTED']);
  });

  it('decide the time, each by what is usual there', () => {
    const { intent } = planIntent(aBody(), aContext(rails, { isAway: ({ id }) => id === 'wallet' }));

    expect(intent.expiresAt.getTime() - NOW.getTime()).toBe(hours(72));
  });
});

describe('the plan', () => {
  it('asks the rail for exactly what the intent says, and keeps its code byte for byte', () => {
    const { intent, qr } = planIntent(aBody({ description: 'Tea ☕' }), aContext());

    expect(qr?.qrData).toBe(`${intent.channelReference}|THB|19900|Tea ☕|2025-01-01T00:15:00.000Z`);
    expect(qr).toMatchObject({
      paymentIntentId: INTENT_ID,
      channelReference: intent.channelReference,
      status: 'active',
    });
  });

  it('has the same order number each time, because it depends on nothing but the intent', () => {
    const first = planIntent(aBody(), aContext());
    const again = planIntent(aBody({ amount: { currency: 'THB', value: 1 } }), aContext());
    const other = planIntent(aBody(), aContext(undefined, { intentId: 'pi_06b2m6vk0dtf5d5cq0m3vz8x4x' }));

    expect(again.intent.channelReference).toBe(first.intent.channelReference);
    expect(other.intent.channelReference).not.toBe(first.intent.channelReference);
  });

  it('keeps an amount that only bigint holds exactly', () => {
    const { intent } = planIntent(aBody({ amount: { currency: 'THB', value: Number.MAX_SAFE_INTEGER } }), aContext());

    expect(intent.amount.value).toBe(9_007_199_254_740_991n);
  });

  it.each([
    [undefined, null],
    [{ agent_id: AGENT_ID }, { agentId: AGENT_ID, humanId: null }],
  ])('turns payer %j into %j', (payer, expected) => {
    expect(planIntent(aBody({ ...(payer && { payer }) }), aContext()).intent.payer).toEqual(expected);
  });

  it('stops where the rail cannot make a code, and repeats none of its words', () => {
    const whole = aChannel({
      encode: () => {
        throw new TypeError('no satang here');
      },
    });

    expect(() => planIntent(aBody(), aContext([whole]))).toThrow(
      expect.objectContaining({
        message: 'The channel rail could not make a code.',
        details: expect.objectContaining({ type: 'TypeError', at: expect.any(Array) }),
      }),
    );
  });
});

import { money } from '@itpay/core';
import type { Channel } from '@itpay/kernel';
import { seededRandom } from '@itpay/testkit';
import { describe, expect, it } from 'vitest';
import { aChannel } from '../../test/samples.js';
import { noChannel, rankChannels, type RoutedPayment } from './rank.js';

const baht = (value: number, captureMethod: RoutedPayment['captureMethod'] = 'automatic'): RoutedPayment => ({
  amount: money('THB', BigInt(value)),
  captureMethod,
});
const ids = (channels: readonly Channel[]) => channels.map(({ id }) => id);

const plain = aChannel({ id: 'plain' });
const yen = aChannel({ id: 'yen', currencies: ['JPY'] });
const small = aChannel({ id: 'small', limits: { THB: { max: 5_000n } } });
const large = aChannel({ id: 'large', limits: { THB: { min: 1_000n } } });
const whole = aChannel({ id: 'whole', exponentOverrides: { THB: 0 } });
const holds = aChannel({ id: 'holds', capabilities: ['qr_dynamic', 'manual_capture'] });
const ALL = [yen, small, large, whole, holds, plain];

describe('the ranking of channels', () => {
  it.each([
    // value, away → order, and the refusals
    [2_000, [], 'small large whole holds plain', 'yen CURRENCY_NOT_SUPPORTED'],
    [900, [], 'small whole holds plain', 'yen CURRENCY_NOT_SUPPORTED, large AMOUNT_TOO_SMALL'],
    [6_000, [], 'large whole holds plain', 'yen CURRENCY_NOT_SUPPORTED, small AMOUNT_EXCEEDED'],
    [2_050, [], 'small large holds plain', 'yen CURRENCY_NOT_SUPPORTED, whole AMOUNT_PRECISION_UNSUPPORTED'],
    [2_000, ['small', 'whole'], 'large holds plain small whole', 'yen CURRENCY_NOT_SUPPORTED'],
    [2_000, ids(ALL), 'small large whole holds plain', 'yen CURRENCY_NOT_SUPPORTED'],
  ] as const)('for %d, away %j: %s', (value, away, order, refused) => {
    const { ranked, refusals } = rankChannels(baht(value), ALL, ({ id }) => (away as readonly string[]).includes(id));

    expect(ids(ranked).join(' ')).toBe(order);
    expect(refusals.map(({ channel, error }) => `${channel.id} ${error.code}`).join(', ')).toBe(refused);
  });

  it('leaves out what cannot hold money when it shall be held', () => {
    const { ranked, refusals } = rankChannels(baht(2_000, 'manual'), ALL, () => false);

    expect(ids(ranked)).toEqual(['holds']);
    expect(refusals.map(({ error }) => error.code)).toEqual([
      'CURRENCY_NOT_SUPPORTED',
      ...Array(4).fill('CHANNEL_CAPABILITY_UNSUPPORTED'),
    ]);
  });

  it('loses and doubles no channel, keeps the order on both sides, and puts those away last', () => {
    const bytes = seededRandom(17);
    const random = () => bytes.bytes(1)[0]! / 256;
    for (let round = 0; round < 500; round += 1) {
      const channels = ALL.map((channel) => ({ channel, at: random() }))
        .toSorted((a, b) => a.at - b.at)
        .map(({ channel }) => channel)
        .slice(0, Math.floor(random() * 7));
      const away = new Set(channels.filter(() => random() < 0.5));
      const payment = baht(Math.ceil(random() * 8_000), random() < 0.2 ? 'manual' : 'automatic');

      const { ranked, refusals } = rankChannels(payment, channels, (channel) => away.has(channel));

      const refused = refusals.map(({ channel }) => channel);
      const fitting = channels.filter((channel) => !refused.includes(channel));
      expect(channels.filter((channel) => refused.includes(channel))).toEqual(refused);
      expect(ranked).toEqual([...fitting.filter((one) => !away.has(one)), ...fitting.filter((one) => away.has(one))]);
    }
  });
});

describe('the refusal when no channel can take it', () => {
  const refusal = (payment: RoutedPayment, channels: readonly Channel[]) =>
    noChannel(payment, rankChannels(payment, channels, () => false).refusals);

  it.each([
    // channels, value, capture method → the code of whichever came closest
    ['yen small', 6_000, 'automatic', 'AMOUNT_EXCEEDED', 'amount.value'],
    ['yen large', 10, 'automatic', 'AMOUNT_TOO_SMALL', 'amount.value'],
    ['whole yen', 2_050, 'automatic', 'AMOUNT_PRECISION_UNSUPPORTED', 'amount.value'],
    ['yen plain', 10, 'manual', 'CHANNEL_CAPABILITY_UNSUPPORTED', 'capture_method'],
    ['plain yen large', 10, 'manual', 'CHANNEL_CAPABILITY_UNSUPPORTED', 'capture_method'],
    ['yen sen', 10, 'automatic', 'CURRENCY_NOT_SUPPORTED', 'amount.currency'],
    ['', 10, 'automatic', 'CURRENCY_NOT_SUPPORTED', 'amount.currency'],
  ] as const)('at "%s" for %d (%s): %s', (names, value, captureMethod, code, param) => {
    const channels = [...ALL, { ...yen, id: 'sen' }].filter(({ id }) => names.split(' ').includes(id));

    expect(refusal(baht(value, captureMethod), channels)).toMatchObject({ code, param });
  });

  it('is the channel’s own where there is one only', () => {
    expect(refusal(baht(6_000), [small])).toMatchObject({
      message: 'The channel "small" takes at most 5000 minor units of THB.',
      details: { channel: 'small', maximum: 5_000 },
    });
  });

  it('says of several what each was short of', () => {
    expect(refusal(baht(6_000), [yen, small])).toMatchObject({
      message:
        'No channel can take this payment. The closest: The channel "small" takes at most 5000 minor units of THB.',
      details: {
        channel: 'small',
        maximum: 5_000,
        channels: {
          yen: { code: 'CURRENCY_NOT_SUPPORTED', allowed: ['JPY'] },
          small: { code: 'AMOUNT_EXCEEDED', maximum: 5_000 },
        },
      },
    });
  });
});

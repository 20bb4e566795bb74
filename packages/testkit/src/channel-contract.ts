import { exponentOf, fieldAt, isCurrency, numericCodeOf, parseDecimal, readEmvco } from '@itpay/core';
import { channelInstanceKey, type AuthorizeRequest, type Channel, type ChannelPlugin } from '@itpay/kernel';
import { describe, expect, it, vi } from './vitest.js';
import { railUnit, sampleAmounts, sampleReferences, sampleRequest } from './channel-samples.js';

export interface ChannelContractOptions {
  /** Cases that the rail cannot meet, each with the reason. They show as skipped, with the reason in their name. */
  readonly excused?: Readonly<Partial<Record<ChannelContractCase, string>>>;
}

/**
 * What every channel has to keep, as test cases: one group for the plugin, one for each instance that it brings. Called
 * at the top of a test file or inside a `describe`.
 *
 * @param make builds the plugin anew; without network and always with the same options
 */
export function channelContract(make: () => ChannelPlugin, options: ChannelContractOptions = {}): void {
  const { excused = {} } = options;
  const { name, channels } = make();
  for (const excuse of Object.keys(excused)) {
    if (!(excuse in pluginCases) && !(excuse in instanceCases)) throw new TypeError(`There is no case "${excuse}".`);
  }

  describe(`channel contract: ${name}`, () => {
    for (const [title, check] of Object.entries(pluginCases)) {
      register(title, excused, () => check(make().channels));
    }
    for (const [index, channel] of channels.entries()) {
      describe(`${channel.id}, ${channel.mode}${channel.simulated ? ', simulated' : ''}`, () => {
        for (const [title, check] of Object.entries(instanceCases)) {
          register(title, excused, () => check(make().channels[index]!, make().channels[index]!));
        }
      });
    }
  });
}

export type ChannelContractCase = keyof typeof pluginCases | keyof typeof instanceCases;

function register(title: string, excused: ChannelContractOptions['excused'] & {}, test: () => void): void {
  const reason = excused[title as ChannelContractCase];
  if (reason === undefined) it(title, test);
  else it.skip(`${title} [excused: ${reason}]`, test);
}

/** One for the plugin as a whole. Exported for the test of this suite. */
export const pluginCases = {
  'brings at most one instance for each mode, all of one rail': (channels: readonly Channel[]) => {
    expect(new Set(channels.map(({ mode }) => mode)).size).toBe(channels.length);
    expect(new Set(channels.map(({ id }) => id)).size).toBe(1);
    expect(new Set(channels.map(channelInstanceKey)).size).toBe(channels.length);
  },

  'brings an instance for test mode': (channels: readonly Channel[]) => {
    expect(channels.map(({ mode }) => mode)).toContain('test');
  },

  'never shows the same code in live and in test mode': (channels: readonly Channel[]) => {
    const live = channels.filter(({ mode }) => mode === 'live');
    const test = channels.filter(({ mode }) => mode === 'test');

    for (const one of live) {
      for (const other of test) {
        const request = sampleRequest(one);
        if (!other.currencies.includes(request.amount.currency)) continue;
        expect(other.encode(request).qrData).not.toBe(one.encode(request).qrData);
      }
    }
  },
};

/** One for each instance; the second argument is the same instance, made once more. Exported as above. */
export const instanceCases = {
  'says who it is': (channel: Channel) => {
    expect(channel.id).toMatch(/^[a-z][a-z0-9_]*$/);
    expect(channel.displayName.trim()).not.toBe('');
    expect(channel.merchantAccount.trim()).not.toBe('');
    for (const country of channel.countries) expect(country).toMatch(/^[A-Z]{2}$/);
    expect(channel.simulated === true && channel.mode === 'live').toBe(false);
  },

  'lists every currency and capability once': (channel: Channel) => {
    expect(channel.currencies.length).toBeGreaterThan(0);
    expect(channel.currencies.filter((currency) => !isCurrency(currency))).toEqual([]);
    expect(new Set(channel.currencies).size).toBe(channel.currencies.length);
    expect(new Set(channel.capabilities).size).toBe(channel.capabilities.length);
  },

  'has limits and exponents that agree with its currencies': (channel: Channel) => {
    for (const [currency, { min, max }] of Object.entries(channel.limits ?? {})) {
      expect(channel.currencies).toContain(currency);
      if (min !== undefined) expect(min).toBeGreaterThan(0n);
      if (max !== undefined) expect(max).toBeGreaterThanOrEqual(min ?? 1n);
    }
    for (const [currency, exponent] of Object.entries(channel.exponentOverrides ?? {})) {
      expect(channel.currencies).toContain(currency);
      expect(exponent).toBeGreaterThanOrEqual(0);
      expect(exponent).toBeLessThanOrEqual(exponentOf(currency));
    }
  },

  'has references that are long enough to be unique': ({ reference: { alphabet, maxLength } }: Channel) => {
    expect(alphabet).toMatch(/^[\x21-\x7e]+$/);
    expect(new Set(alphabet).size).toBe(alphabet.length);
    expect(Number.isInteger(maxLength)).toBe(true);
    expect(maxLength * Math.log2(alphabet.length)).toBeGreaterThanOrEqual(60);
  },

  'has a life for its codes that is not over at once': (channel: Channel) => {
    expect(channel.qrTtlMs ?? 1).toBeGreaterThan(0);
    expect(channel.defaultExpiryMs ?? 1).toBeGreaterThan(0);
  },

  'encodes without waiting for anything': (channel: Channel) => {
    const presentation = channel.encode(sampleRequest(channel));

    expect(presentation).toMatchObject({ kind: 'qr', qrStandard: 'emvco', qrData: expect.stringMatching(/./) });
    expect(presentation).not.toHaveProperty('then');
  },

  'encodes the same request to the same text, whenever it is asked': (channel: Channel, again: Channel) => {
    try {
      vi.useFakeTimers({ toFake: ['Date'], now: new Date('2025-01-01T00:00:00Z') });
      const { qrData } = channel.encode(sampleRequest(channel));
      vi.setSystemTime(new Date('2025-06-02T03:04:05Z'));

      expect(channel.encode(sampleRequest(channel)).qrData).toBe(qrData);
      expect(again.encode(sampleRequest(again)).qrData).toBe(qrData);
    } finally {
      vi.useRealTimers();
    }
  },

  'leaves the request as it was': (channel: Channel) => {
    const { amount, ...rest } = sampleRequest(channel);
    const request: AuthorizeRequest = Object.freeze({ ...rest, amount: Object.freeze({ ...amount }) });

    channel.encode(request);

    expect(request).toEqual(sampleRequest(channel));
  },

  'gives different references different texts': (channel: Channel) => {
    const references = sampleReferences(channel);

    const texts = references.map((reference) => channel.encode(sampleRequest(channel, { reference })).qrData);

    expect(new Set(texts).size).toBe(new Set(references).size);
  },

  'gives different amounts different texts': (channel: Channel) => {
    for (const currency of channel.currencies) {
      const { smallest, usual, next } = sampleAmounts(channel, currency);
      const values = new Set([smallest, usual, next]);

      expect(new Set([...values].map((value) => encoded(channel, currency, value))).size).toBe(values.size);
    }
  },

  'takes references of full length and with every character of its alphabet': (channel: Channel) => {
    for (const reference of sampleReferences(channel)) {
      expect(() => channel.encode(sampleRequest(channel, { reference }))).not.toThrow();
    }
  },

  'encodes amounts exactly, up to its own limits': (channel: Channel) => {
    for (const currency of channel.currencies) {
      for (const value of Object.values<bigint>({ ...sampleAmounts(channel, currency) })) {
        const reading = readEmvco(encoded(channel, currency, value), { mode: 'strict' });

        expect(reading).toMatchObject({ ok: true });
        const fields = (reading.ok && reading.fields) || [];
        expect(fieldAt(fields, '53')).toBe(numericCodeOf(currency));
        expect(parseDecimal(fieldAt(fields, '54') ?? '', exponentOf(currency))).toBe(value);
      }
    }
  },

  'refuses an amount that the rail cannot express': (channel: Channel) => {
    // A rail that follows ISO 4217 can express every amount; only a coarser one has something to refuse.
    for (const currency of channel.currencies.filter((one) => railUnit(channel, one) > 1n)) {
      const tooFine = sampleAmounts(channel, currency).usual + 1n;

      expect(() => encoded(channel, currency, tooFine)).toThrow(
        expect.objectContaining({ code: 'AMOUNT_PRECISION_UNSUPPORTED' }),
      );
    }
  },
};

function encoded(channel: Channel, currency: string, value: bigint): string {
  return channel.encode(sampleRequest(channel, { amount: { currency, value } })).qrData;
}

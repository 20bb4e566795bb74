import { exponentOf } from '@itpay/core';
import type { AuthorizeRequest, Channel } from '@itpay/kernel';

/** Amounts in minor units that a channel says it takes, for one of its currencies. */
export interface SampleAmounts {
  /** The smallest amount by the channel's own limits, or one unit of the rail. */
  readonly smallest: bigint;
  readonly usual: bigint;
  /** One unit of the rail away from `usual`. */
  readonly next: bigint;
  /** Undefined when the channel names no upper limit. */
  readonly largest?: bigint;
}

export function sampleAmounts(channel: Channel, currency: string): SampleAmounts {
  const unit = railUnit(channel, currency);
  const { min = 1n, max } = channel.limits?.[currency] ?? {};
  const smallest = ((min + unit - 1n) / unit) * unit;
  if (max === undefined) return { smallest, usual: smallest + 12_345n * unit, next: smallest + 12_346n * unit };

  const largest = (max / unit) * unit;
  const next = smallest + 12_346n * unit < largest ? smallest + 12_346n * unit : largest;
  return { smallest, usual: next > smallest ? next - unit : smallest, next, largest };
}

/** The smallest step of the rail in minor units of ISO 4217: 100 where the rail counts whole rupiah. */
export function railUnit(channel: Channel, currency: string): bigint {
  const exponent = exponentOf(currency);
  return 10n ** BigInt(exponent - (channel.exponentOverrides?.[currency] ?? exponent));
}

/**
 * References of full length that use every character of the channel's alphabet. The first two differ in nothing but their
 * last character, so that a rail that cuts references shows, and the third only in its first.
 */
export function sampleReferences(channel: Channel): readonly [string, ...string[]] {
  const { alphabet, maxLength } = channel.reference;
  const at = (index: number) => alphabet[index % alphabet.length]!;
  const from = (start: number) => Array.from({ length: maxLength }, (_, i) => at(start + i)).join('');

  const base = from(0);
  const rest = Array.from({ length: Math.ceil(alphabet.length / maxLength) }, (_, i) => from(i * maxLength + 1));
  return [base, base.slice(0, -1) + at(maxLength), at(1) + base.slice(1), ...rest];
}

export function sampleRequest(channel: Channel, change: Partial<AuthorizeRequest> = {}): AuthorizeRequest {
  const [currency = ''] = channel.currencies;
  return {
    reference: sampleReferences(channel)[0],
    amount: { currency, value: sampleAmounts(channel, currency).usual },
    description: 'Two coffees',
    expiresAt: new Date('2025-01-01T00:15:00Z'),
    ...change,
  };
}

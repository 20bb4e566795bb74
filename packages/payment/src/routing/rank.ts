import { ItPayError, type ErrorCode, type Money } from '@itpay/core';
import type { Channel } from '@itpay/kernel';
import { requireRailUnit } from '../rail-unit.js';

/** What a payment asks of a channel. */
export interface RoutedPayment {
  readonly amount: Money;
  readonly captureMethod: 'automatic' | 'manual';
}

/** Why a channel cannot take a payment. */
export interface Refusal {
  readonly channel: Channel;
  readonly error: ItPayError;
}

export interface Ranking {
  /** Those that can take the payment, the one to try first in front. */
  readonly ranked: readonly Channel[];
  /** Those that cannot, in their order. */
  readonly refusals: readonly Refusal[];
}

/**
 * Sorts out which channels can take a payment. Their order stays; one that is not called just now, because its circuit
 * breaker is open, comes after all others. Pure.
 *
 * @param channels of the mode of the payment, in order of preference
 */
export function rankChannels(
  payment: RoutedPayment,
  channels: readonly Channel[],
  isAway: (channel: Channel) => boolean,
): Ranking {
  const judged = channels.map((channel) => ({ channel, error: refusalOf(channel, payment) }));
  const fitting = judged.flatMap(({ channel, error }) => (error === null ? [channel] : []));
  const away = new Set(fitting.filter(isAway));
  return {
    ranked: [...fitting.filter((channel) => !away.has(channel)), ...away],
    refusals: judged.flatMap(({ channel, error }) => (error === null ? [] : [{ channel, error }])),
  };
}

/** Why the channel cannot take the payment; null when it can. */
export function refusalOf(channel: Channel, { amount, captureMethod }: RoutedPayment): ItPayError | null {
  const { id, currencies, capabilities } = channel;
  if (!currencies.includes(amount.currency)) {
    return new ItPayError('CURRENCY_NOT_SUPPORTED', {
      message: `The channel "${id}" takes ${currencies.join(', ')}, not ${amount.currency}.`,
      param: 'amount.currency',
      details: { allowed: currencies },
    });
  }
  if (captureMethod === 'manual' && !capabilities.includes('manual_capture')) {
    return new ItPayError('CHANNEL_CAPABILITY_UNSUPPORTED', {
      message: `The channel "${id}" cannot hold money for a later capture. Leave capture_method out.`,
      param: 'capture_method',
      details: { channel: id, capability: 'manual_capture' },
    });
  }
  return beyondLimits(channel, amount) ?? betweenSteps(channel, amount);
}

function beyondLimits({ id, limits }: Channel, { currency, value }: Money): ItPayError | null {
  const { min, max } = limits?.[currency] ?? {};
  const refusal = (code: ErrorCode, range: string, details: { minimum: number } | { maximum: number }) =>
    new ItPayError(code, {
      message: `The channel "${id}" takes ${range} minor units of ${currency}.`,
      param: 'amount.value',
      details: { channel: id, ...details },
    });
  if (min !== undefined && value < min) return refusal('AMOUNT_TOO_SMALL', `at least ${min}`, { minimum: Number(min) });
  if (max !== undefined && value > max) return refusal('AMOUNT_EXCEEDED', `at most ${max}`, { maximum: Number(max) });
  return null;
}

function betweenSteps(channel: Channel, amount: Money): ItPayError | null {
  try {
    requireRailUnit(channel, amount);
    return null;
  } catch (error) {
    return error as ItPayError;
  }
}

/** The checks in the order in which a payment has to pass them: whoever passed more of them came closer. */
const CHECKS: readonly string[] = [
  'CURRENCY_NOT_SUPPORTED',
  'CHANNEL_CAPABILITY_UNSUPPORTED',
  'AMOUNT_TOO_SMALL',
  'AMOUNT_EXCEEDED',
  'AMOUNT_PRECISION_UNSUPPORTED',
];

/**
 * The error for a payment that no channel can take: of several refusals the one of the channel that came closest, with the
 * reason of each in its details.
 */
export function noChannel({ amount }: RoutedPayment, refusals: readonly Refusal[]): ItPayError {
  const [only] = refusals;
  if (only !== undefined && refusals.length === 1) return only.error;
  const closest = refusals.toSorted((a, b) => passed(b) - passed(a))[0];
  const reasons = Object.fromEntries(
    refusals.map(({ channel, error }) => [channel.id, { ...reasonOf(error), code: error.code }]),
  );
  if (closest === undefined || closest.error.code === 'CURRENCY_NOT_SUPPORTED') {
    return new ItPayError('CURRENCY_NOT_SUPPORTED', {
      message: `No channel takes ${amount.currency} here.`,
      param: 'amount.currency',
      details: {
        allowed: [...new Set(refusals.flatMap(({ channel }) => channel.currencies))],
        channels: reasons,
      },
    });
  }
  const { code, message, param, details } = closest.error;
  return new ItPayError(code, {
    message: `No channel can take this payment. The closest: ${message}`,
    param,
    details: { ...details, channels: reasons },
  });
}

const passed = ({ error }: Refusal): number => CHECKS.indexOf(error.code);

// Its name is the key already.
function reasonOf({ details }: ItPayError): object {
  const { channel: _, ...reason } = details ?? {};
  return reason;
}

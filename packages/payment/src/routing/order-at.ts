import { isItPayError, type Money } from '@itpay/core';
import { channelReference, withoutMessage, type Channel, type QrPresentation } from '@itpay/kernel';
import type { Refusal } from './rank.js';

const DEFAULT_EXPIRY_MS = 15 * 60_000;

/** What an order is about, whichever channel it goes to. */
export interface OrderTerms {
  readonly intentId: string;
  /** 1 for the first order of an intent, one more for each that takes the place of another. */
  readonly ordinal: number;
  readonly amount: Money;
  readonly description: string | null;
  readonly createdAt: Date;
  /** Seconds from its creation; null: what is usual on the channel. */
  readonly expiresIn: number | null;
}

/** An order as it stands at one channel. */
export interface NewOrder {
  readonly channel: Channel;
  readonly reference: string;
  readonly expiresAt: Date;
  /** Null on a rail with a network: its code comes from there. */
  readonly shown: QrPresentation | null;
}

/**
 * The order at the first channel that can express it. Pure.
 *
 * @param ranked channels that can take the payment
 * @returns null, with the reasons, when none can
 * @throws Error for a bug in a channel's code; it is named without its words
 */
export function firstOrder(
  ranked: readonly Channel[],
  terms: OrderTerms,
  now: Date,
): { readonly order: NewOrder | null; readonly refusals: readonly Refusal[] } {
  const refusals: Refusal[] = [];
  for (const channel of ranked) {
    try {
      return { order: orderAt(channel, terms, now), refusals };
    } catch (error) {
      if (!isItPayError(error)) throw error;
      refusals.push({ channel, error });
    }
  }
  return { order: null, refusals };
}

function orderAt(channel: Channel, terms: OrderTerms, now: Date): NewOrder {
  const { intentId, ordinal, amount, description } = terms;
  const reference = channelReference({ objectId: intentId, kind: 'authorize', ordinal }, channel.reference);
  const expiresAt = endOf(channel, terms, now);
  return { channel, reference, expiresAt, shown: encoded(channel, { reference, amount, description, expiresAt }) };
}

// Time that was asked for counts from the creation. What is usual on a rail counts from now: a bank transfer that takes the
// place of a wallet needs its three days.
function endOf({ defaultExpiryMs, qrTtlMs }: Channel, { createdAt, expiresIn }: OrderTerms, now: Date): Date {
  const wanted =
    expiresIn === null
      ? now.getTime() + (defaultExpiryMs ?? DEFAULT_EXPIRY_MS)
      : createdAt.getTime() + expiresIn * 1_000;
  return new Date(Math.min(wanted, now.getTime() + (qrTtlMs ?? Number.POSITIVE_INFINITY)));
}

/** A bug in a channel's code is named in the log without its words: they may repeat what the channel was given. */
function encoded(channel: Channel, request: Parameters<NonNullable<Channel['encode']>>[0]): QrPresentation | null {
  try {
    return channel.encode?.(request) ?? null;
  } catch (error) {
    if (isItPayError(error)) throw error;
    const details = withoutMessage(error);
    throw Object.assign(new Error(`The channel ${channel.id} could not make a code.`), { details });
  }
}

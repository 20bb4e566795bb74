import type { Money } from '@itpay/core';
import { point } from '../token.js';

/** What a channel can do, said beforehand. A request that needs more is refused before anything is sent. */
export const CAPABILITIES = [
  'qr_dynamic',
  'offline_qr',
  /** The payer cannot change the amount; a different one is a security event and not an over- or underpayment. */
  'amount_locked',
] as const;
export type Capability = (typeof CAPABILITIES)[number];

export type QrStandard = 'emvco';

/** What the payer shall see. The amount is exact; `reference` is the order number under which the rail knows the payment. */
export interface AuthorizeRequest {
  readonly reference: string;
  readonly amount: Money;
  readonly description: string | null;
  readonly expiresAt: Date;
}

export interface QrPresentation {
  readonly kind: 'qr';
  readonly qrStandard: QrStandard;
  /** The text of the QR code, byte for byte as the wallet must read it. */
  readonly qrData: string;
}

/**
 * One configured instance of a rail: its facts, and the methods that the rail has. A missing method is a missing
 * capability.
 */
export interface Channel {
  /** The rail: `promptpay`. Lower case letters, digits and `_`. */
  readonly id: string;
  readonly displayName: string;
  /** Test principals reach test instances only, live principals live ones. */
  readonly mode: 'live' | 'test';
  /** True for an instance whose QR nobody can pay, because a simulator of ours stands in for the rail. */
  readonly simulated?: boolean;
  /** Who receives the money, as the rail names it. With `id` and `mode` it tells instances apart. */
  readonly merchantAccount: string;
  readonly countries: readonly string[];
  /** ISO 4217 codes. */
  readonly currencies: readonly string[];
  readonly capabilities: readonly Capability[];
  /** Where the rail counts in other minor units than ISO 4217: `{ IDR: 0 }`. */
  readonly exponentOverrides?: Readonly<Record<string, number>>;
  /** Smallest and largest payment per currency, in minor units of ISO 4217. */
  readonly limits?: Readonly<Record<string, { readonly min?: bigint; readonly max?: bigint }>>;
  /** The order numbers that the rail accepts. */
  readonly reference: { readonly maxLength: number; readonly alphabet: string };
  /** How long a QR can be paid, in milliseconds. Left out: as long as the intent. */
  readonly qrTtlMs?: number;
  /** How long an intent stays open unless its creator says otherwise, in milliseconds. Left out: 15 minutes. */
  readonly defaultExpiryMs?: number;

  /**
   * Builds the QR of a rail that needs no network. Pure and synchronous, so that creating an intent stays one round trip.
   *
   * @throws ItPayError `AMOUNT_PRECISION_UNSUPPORTED` when the rail cannot express the amount exactly
   */
  encode(request: AuthorizeRequest): QrPresentation;
}

/** Extension point: every channel instance that plugins bring. */
export const Channels = point<Channel>('channels');

/** Identifies an instance in the database: two instances of one rail never share order numbers by accident. */
export function channelInstanceKey(channel: Channel): string {
  return `${channel.id}:${channel.mode}:${channel.merchantAccount}`;
}

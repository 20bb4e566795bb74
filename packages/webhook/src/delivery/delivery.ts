import type { EventRow } from '@itpay/kernel';

/** What became of telling one endpoint of one event. */
export const DELIVERY_STATES = ['pending', 'delivered', 'failed_delivery'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** A delivery that this process took up, with all that a send needs. */
export interface LeasedDelivery {
  readonly event: EventRow;
  readonly endpointId: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly url: string;
  readonly apiVersion: string;
  readonly secrets: Uint8Array;
  readonly encryption: { readonly kid: string; readonly publicKey: string } | null;
  /** Names this lease among all there ever were. */
  readonly lease: string;
}

/** One request that was made, and its answer. */
export interface DeliveryAttempt {
  readonly id: string;
  readonly endpointId: string;
  readonly eventId: string;
  readonly at: Date;
  /** Null when there was no answer; then `error` says why. */
  readonly status: number | null;
  readonly latencyMs: number;
  readonly error: string | null;
  /** The first kilobyte of the answer. */
  readonly excerpt: string | null;
}

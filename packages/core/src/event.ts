/** The version of the wire format that this code speaks; requests may pin an older one. */
export const API_VERSION = '2026-11-22';

/** The events that the framework writes. Plugins and hosts add their own under `custom.`. */
export const EVENT_TYPES = [
  'payment_intent.created',
  'payment_intent.qr_generated',
  'payment_intent.scanning',
  'payment_intent.authorized',
  'payment_intent.captured',
  'payment_intent.succeeded',
  'payment_intent.failed',
  'payment_intent.expired',
  'payment_intent.cancelled',
  'payment_intent.late_payment',
  'payment_intent.overpaid',
  'payment_intent.underpaid',
  'payment_intent.duplicate_payment',
  'qr_charge.created',
  'qr_charge.scanned',
  'qr_charge.expired',
  'qr_charge.consumed',
  'inflow.needs_match',
  'inflow.parked',
  'inflow.applied',
  'inflow.refunded',
  'inflow.kept',
  'operation.unknown',
  'operation.operator_required',
  'operation.resolved',
  'void.succeeded',
  'void.failed',
  'refund.created',
  'refund.processing',
  'refund.succeeded',
  'refund.failed',
  'refund.cancelled',
  'reconciliation.completed',
  'reconciliation.discrepancy',
  'report.ready',
  'api_key.created',
  'api_key.rotated',
  'api_key.expiring',
  'api_key.revoked',
  'webhook_endpoint.enabled',
  'webhook_endpoint.disabled',
  'webhook_endpoint.updated',
  'webhook_endpoint.deleted',
  'webhook_endpoint.test',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** An event as receivers see it. Written in the transaction that changed the object, delivered at least once. */
export interface EventEnvelope<T = unknown> {
  id: string;
  type: EventType | (string & {});
  /** When it happened, not when it was sent: ISO 8601 UTC with milliseconds. */
  timestamp: string;
  api_version: string;
  livemode: boolean;
  account: string;
  /** Rises by object. Delivery order is not promised, so receivers order by this. */
  sequence: number;
  data: {
    object: T;
    /** The old values of what changed, if anything did. */
    previous_attributes?: Record<string, unknown>;
  };
}

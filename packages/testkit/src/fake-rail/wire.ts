/** What the fake rail can be asked; each can be scripted by itself. */
export const RAIL_OPERATIONS = [
  'authorize',
  'query',
  'cancel',
  'capture',
  'refund',
  'queryRefund',
  'fetchStatement',
] as const;
export type RailOperation = (typeof RAIL_OPERATIONS)[number];

/** The refusals that the rail documents, with their HTTP status. */
export const REFUSALS = {
  invalid_request: 400,
  unauthorized: 401,
  declined: 402,
  insufficient_funds: 402,
  not_found: 404,
  unsupported: 405,
  duplicate: 409,
  already_paid: 409,
  already_closed: 409,
  expired: 410,
  limit_exceeded: 422,
  rate_limited: 429,
  internal: 500,
  /** Documented: nothing was done. */
  not_processed: 503,
} as const;
export type RefusalCode = keyof typeof REFUSALS;

export interface WireError {
  readonly error: { readonly code: RefusalCode; readonly message: string };
}

/** `POST /v1/{merchant}/orders`. Amounts are integers of minor units, as text. */
export interface WireOrderRequest {
  readonly reference: string;
  readonly amount: string;
  readonly currency: string;
  readonly capture_method: 'automatic' | 'manual';
  readonly description: string | null;
  readonly expires_at: string;
  readonly notify_url: string;
  /** What the rail does when it knows the reference and the content is equal. Other content is always a `duplicate`. */
  readonly if_exists: 'same' | 'refuse';
}

/** The answer to everything about an order. */
export interface WireOrder {
  readonly merchant: string;
  readonly reference: string;
  readonly status: 'open' | 'scanned' | 'authorized' | 'captured' | 'closed';
  readonly amount: string;
  readonly currency: string;
  readonly capture_method: 'automatic' | 'manual';
  readonly expires_at: string;
  readonly qr: string;
  /** The hold of an authorized order, or the first payment of a captured one. */
  readonly payment: WirePayment | null;
}

export interface WirePayment {
  readonly transaction_id: string;
  readonly amount: string;
  readonly currency: string;
  readonly paid_at: string;
}

/** `POST /v1/{merchant}/orders/{reference}/captures` */
export interface WireCaptureRequest {
  readonly capture_reference: string;
  readonly amount: string;
  readonly currency: string;
}

export interface WireCapture extends WireCaptureRequest, WirePayment {
  readonly merchant: string;
  readonly reference: string;
}

/** `POST /v1/{merchant}/orders/{reference}/refunds` */
export interface WireRefundRequest {
  readonly refund_reference: string;
  readonly transaction_id: string;
  readonly amount: string;
  readonly currency: string;
  readonly reason: string;
}

export interface WireRefund {
  readonly merchant: string;
  readonly reference: string;
  readonly refund_reference: string;
  readonly refund_id: string;
  readonly transaction_id: string;
  readonly amount: string;
  readonly currency: string;
  readonly status: 'processing' | 'succeeded' | 'failed';
}

/** The answer to `GET /v1/{merchant}/statements/{day}`: what happened on a day of UTC, as of now. */
export interface WireStatement {
  readonly merchant: string;
  readonly day: string;
  readonly rows: readonly WireStatementRow[];
}

export interface WireStatementRow {
  readonly kind: 'payment' | 'refund' | 'fee';
  /** The order number, or the refund's own. */
  readonly reference: string;
  readonly transaction_id: string;
  readonly amount: string;
  readonly currency: string;
  /** What the rail keeps of it, in minor units; left out: nothing. */
  readonly fee?: string;
  readonly at: string;
  readonly status: 'succeeded' | 'processing' | 'failed';
}

/** The body of a callback. Which fields it has depends on its kind; each of them is always there. */
export type WireEvent = { readonly event_id: string; readonly merchant: string; readonly reference: string } & (
  | { readonly kind: 'scanned' | 'closed' }
  | ({ readonly kind: 'payment' | 'authorized' } & WirePayment)
  /** `reference` is the refund's own. */
  | {
      readonly kind: 'refund';
      readonly refund_id: string;
      readonly amount: string;
      readonly currency: string;
      readonly status: 'succeeded' | 'failed';
    }
);
export type EventKind = WireEvent['kind'];

import type { EventEnvelope, EventType } from '@itpay/core';
import type {
  ApiKey,
  Inflow,
  Operation,
  PaymentIntent,
  QrCharge,
  Reconciliation,
  ReconciliationException,
  Refund,
  Report,
  Void,
  WebhookEndpoint,
} from '../api-types.js';

/**
 * What an event is about, by the first part of its type. Events hold what does not change with the reader: no QR code, no
 * link, and not what may be done next. Read the object with its id for these.
 */
export interface EventObjects {
  payment_intent: Omit<PaymentIntent, 'qr' | 'operation' | 'next_action' | 'duplicate_of_existing' | 'pay_url'>;
  qr_charge: Omit<QrCharge, 'qr_data' | 'qr_image_url' | 'qr_image_svg_url' | 'instructions'>;
  inflow: Inflow;
  operation: Operation;
  void: Void;
  refund: Omit<Refund, 'operation' | 'next_action' | 'duplicate_of_existing'>;
  reconciliation: Reconciliation;
  report: Omit<Report, 'download_url'>;
  api_key: ApiKey;
  webhook_endpoint: WebhookEndpoint;
}

type Family<T extends string> = T extends `${infer First}.${string}` ? First : never;

/** The object of an event type; of one that this version does not know, what every object has. */
export type ObjectOf<T extends string> = T extends 'reconciliation.discrepancy'
  ? ReconciliationException
  : Family<T> extends keyof EventObjects
    ? EventObjects[Family<T>]
    : { readonly id: string; readonly [field: string]: unknown };

/** An event of one type. */
export type WebhookEvent<T extends string = EventType> = Omit<EventEnvelope<ObjectOf<T>>, 'type'> & {
  readonly type: T;
};

/** Any event. Narrows by `type`: `if (event.type === 'refund.succeeded') event.data.object.amount`. */
export type AnyEvent = { [T in EventType]: WebhookEvent<T> }[EventType];

/** An object above 20 kB comes cut to this; read it with its id. */
export interface TruncatedObject {
  readonly id: string;
  readonly object: string;
  readonly truncated: true;
}

export function isTruncated(object: unknown): object is TruncatedObject {
  return typeof object === 'object' && object !== null && (object as Partial<TruncatedObject>).truncated === true;
}

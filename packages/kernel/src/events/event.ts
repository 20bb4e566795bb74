import type { EventType } from '@itpay/core';

/** An event type that a plugin brings, with a sentence for the documentation. */
export interface EventDefinition {
  readonly type: `custom.${string}`;
  readonly description: string;
}

/** An event as a use case hands it to the outbox; position and id are given later. */
export interface NewEvent {
  readonly type: EventType | `custom.${string}`;
  readonly objectId: string;
  /**
   * 1, 2, 3 … per object; receivers order by it. Left out: the next one after the object's latest event, for objects that
   * keep no count of their own; the caller has locked the object.
   */
  readonly sequence?: number;
  /** The wire form of the object after the change. No QR payload, token or secret. */
  readonly object: unknown;
}

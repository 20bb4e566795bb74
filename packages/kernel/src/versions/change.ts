/** An object as it stands in JSON. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** One change of the wire format that a program has to know about. */
export interface WireChange {
  /** What changed, for people. */
  readonly description: string;
  /** The `object` of what it changes: `payment_intent`. */
  readonly object: string;
  /**
   * Writes the shape of before. Fields may be missing: an event names only those that changed, and a payer sees few.
   */
  readonly down: (newer: JsonObject) => JsonObject;
}

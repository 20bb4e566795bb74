/** What a consumer remembers of an event that it handled. */
export interface HandledEvent {
  readonly id: string;
  /** The object that it is about; null when it has no id. */
  readonly objectId: string | null;
  /** The highest sequence of the object so far, to be kept as it is. */
  readonly sequence: number;
}

/**
 * What a consumer remembers. Keep it in the database in which your handlers write, with `transaction`: then what a handler
 * does and the memory of it commit together, and no event has its effect twice.
 */
export interface ConsumerStore<Tx = undefined> {
  /** Whether the event was recorded. */
  seen(eventId: string, tx: Tx): Promise<boolean>;
  /** The sequence that was recorded last for the object. Lock the row, if several processes share the store. */
  sequenceOf(objectId: string, tx: Tx): Promise<number | undefined>;
  /** Throws when the event was recorded before: two processes may have had it at once. */
  record(event: HandledEvent, tx: Tx): Promise<void>;
  /** Where the last catch-up ended. */
  cursor(): Promise<string | undefined>;
  saveCursor(cursor: string): Promise<void>;
  /** Runs `work` in a transaction; rolls back and throws when it throws. Left out: `tx` is undefined everywhere. */
  transaction?<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
}

/** A store that forgets with the process: for tests, and for handlers that may run twice. */
export function memoryStore(): ConsumerStore {
  const events = new Set<string>();
  const sequences = new Map<string, number>();
  let place: string | undefined;
  return {
    seen: async (eventId) => events.has(eventId),
    sequenceOf: async (objectId) => sequences.get(objectId),
    async record({ id, objectId, sequence }) {
      if (events.has(id)) throw new Error(`The event ${id} was recorded before.`);
      events.add(id);
      if (objectId !== null) sequences.set(objectId, sequence);
    },
    cursor: async () => place,
    saveCursor: async (cursor) => void (place = cursor),
  };
}

/** A write that was about to be sent. It holds the body, and no credential. */
export interface JournalEntry {
  /** The idempotency key. */
  readonly key: string;
  readonly method: 'POST' | 'PATCH' | 'DELETE';
  /** Below `baseUrl`: `/v1/refunds`. */
  readonly path: string;
  /** The JSON as it is sent; null for none. */
  readonly body: string | null;
  readonly apiVersion: string;
  /** Where it was to be sent. A key means something to one server only. */
  readonly baseUrl: string;
  /** The mode of the key it was to be sent with; null when the key does not tell. */
  readonly livemode: boolean | null;
  /** ISO 8601. */
  readonly createdAt: string;
}

/**
 * Remembers writes over a crash of this program: put before the request is sent, done when it is known what became of it.
 * One journal is for one account.
 */
export interface Journal {
  /**
   * Must be durable when it resolves; the request is not sent when it throws. A key that is there keeps its first entry: its
   * age is that of the key.
   */
  put(entry: JournalEntry): Promise<void>;
  /** Unknown keys are no error. */
  done(key: string): Promise<void>;
  /** Oldest first. */
  pending(): Promise<readonly JournalEntry[]>;
}

/** A journal that lives as long as the page or process, for writes whose connection broke. */
export function memoryJournal(): Journal {
  const entries = new Map<string, JournalEntry>();
  return {
    put: async (entry) => void (entries.has(entry.key) || entries.set(entry.key, entry)),
    done: async (key) => void entries.delete(key),
    pending: async () => [...entries.values()],
  };
}

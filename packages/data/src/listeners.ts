import type { Logger } from '@itpay/kernel';

type Listener = (message: string) => void;

/** Who listens to which topic within this process. */
export class Listeners {
  readonly #byTopic = new Map<string, Set<Listener>>();
  readonly #logger: Logger | undefined;

  constructor(logger?: Logger) {
    this.#logger = logger;
  }

  topics(): string[] {
    return [...this.#byTopic.keys()];
  }

  has(topic: string): boolean {
    return this.#byTopic.has(topic);
  }

  add(topic: string, listener: Listener): () => void {
    const own: Listener = (message) => listener(message); // the same function may subscribe twice
    const listeners = this.#byTopic.get(topic) ?? new Set();
    this.#byTopic.set(topic, listeners.add(own));
    return () => {
      listeners.delete(own);
      if (listeners.size === 0 && this.#byTopic.get(topic) === listeners) this.#byTopic.delete(topic);
    };
  }

  /** Calls the topic's listeners soon, but not from within the caller: what they do or throw is not its concern. */
  tell(topic: string, message: string): void {
    for (const listener of this.#byTopic.get(topic) ?? []) {
      queueMicrotask(() => {
        if (!this.#byTopic.get(topic)?.has(listener)) return;
        try {
          listener(message);
        } catch (error) {
          if (this.#logger) this.#logger.error({ err: error, topic }, 'A listener threw.');
          else process.emitWarning(`A listener to ${topic} threw: ${String(error)}`, 'ItPayWarning');
        }
      });
    }
  }

  clear(): void {
    this.#byTopic.clear();
  }
}

import type { Logger, PubSub } from '@itpay/kernel';
import { Listeners } from '../listeners.js';

/** PubSub for one process: with the embedded database, or for tests. */
export function memoryPubSub(options: { logger?: Logger | undefined } = {}): PubSub {
  const listeners = new Listeners(options.logger);
  return {
    publish: (topic, message) => listeners.tell(topic, message),
    subscribe: (topic, listener) => listeners.add(topic, listener),
    close: async () => listeners.clear(),
  };
}

import { EventEmitter } from 'node:events';
import { definePlugin, Logger, PubSub } from '@itpay/kernel';

/** What carries messages between the processes of the app: here, an emitter within one. */
export class ShopMessages implements PubSub {
  published = 0;
  readonly #logger: Logger;
  readonly #emitter = new EventEmitter().setMaxListeners(0);

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  publish(topic: string, message: string): void {
    this.published += 1;
    setImmediate(() => this.#emitter.emit(topic, message)); // never from within the caller
  }

  subscribe(topic: string, listener: (message: string) => void): () => void {
    const guarded = (message: string) => {
      try {
        listener(message);
      } catch (error) {
        this.#logger.error({ err: error }, 'A listener failed.');
      }
    };
    this.#emitter.on(topic, guarded);
    return () => this.#emitter.off(topic, guarded);
  }

  async close(): Promise<void> {
    this.#emitter.removeAllListeners();
  }
}

/** Takes the place of the driver behind `PubSub`, for the whole kernel. */
export const messages = (onOpen: (opened: ShopMessages) => void = () => {}) =>
  definePlugin({
    name: 'shop-messages',
    version: '1',
    register(registry) {
      registry.replace(
        PubSub,
        [Logger],
        (logger) => {
          const opened = new ShopMessages(logger);
          onOpen(opened);
          return opened;
        },
        (opened) => opened.close(),
      );
    },
  });

import { token } from '../token.js';

/**
 * Tells other parts, and other processes, that there is something to look at. A courier, never the truth: a message may be
 * lost or come twice, so a listener also looks by itself from time to time.
 */
export interface PubSub {
  /** Never throws and never blocks the caller. `message` is short (an id), at most 1 kB. */
  publish(topic: string, message: string): void;
  /** @returns a function that ends the subscription */
  subscribe(topic: string, listener: (message: string) => void): () => void;
  close(): Promise<void>;
}
export const PubSub = token<PubSub>('pubsub');

/**
 * Comes in place of a message after a connection was down: messages may have been lost, so look at everything that the topic
 * is about. Topics that only wake somebody use it as their message.
 */
export const SOME_LOST = '';

/** Work is due in the `jobs` table, or an event waits for its position. */
export const WORK_TOPIC = 'work';
/** A channel operation waits to be started. */
export const SWEEP_TOPIC = 'sweep';
/** An object changed; the message is its id. */
export const CHANGED_TOPIC = 'changed';

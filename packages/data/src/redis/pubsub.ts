import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { SOME_LOST, type PubSub, type Logger } from '@itpay/kernel';
import type { Redis } from 'ioredis';
import { Listeners } from '../listeners.js';
import { COMMAND_TIMEOUT_MS, type RedisConnections } from './connect.js';
import type { Gate } from './gate.js';

const FLUSH_AFTER_MS = 20;
const MOST_PENDING = 1000;
const HEARTBEAT_MS = 10_000;
const BACK_OFF_MS = [50, 100, 500, 1000, 2000];

/**
 * PubSub on Redis, with one connection of its own for what comes in.
 *
 * Listeners in this process hear a message without the way over Redis. The others hear it after a few milliseconds, in which
 * equal messages become one. While Redis is away, messages wait, at most 1000; the oldest are dropped. When the connection
 * stands again, the listeners of every topic hear `SOME_LOST`.
 */
export function redisPubSub(options: {
  readonly redis: RedisConnections;
  readonly gate: Gate;
  readonly prefix: string;
  readonly logger: Logger;
}): PubSub {
  const courier = new Courier(options);
  void courier.listen();
  return courier;
}

class Courier implements PubSub {
  readonly #redis: RedisConnections;
  readonly #gate: Gate;
  readonly #prefix: string;
  readonly #listeners: Listeners;
  readonly #pending = new Map<string, { topic: string; message: string }>();
  readonly #closing = new AbortController();
  /** Tells our own messages, which come back, from those of others. */
  readonly #self = randomUUID().slice(0, 8);
  #subscriber: Redis | null = null;
  #flushTimer: NodeJS.Timeout | null = null;
  #flushing: Promise<void> = Promise.resolve();

  constructor({ redis, gate, prefix, logger }: Parameters<typeof redisPubSub>[0]) {
    this.#redis = redis;
    this.#gate = gate;
    this.#prefix = `${prefix}:topic:`;
    this.#listeners = new Listeners(logger);
    gate.onReady(() => {
      this.#flushSoon(0);
      this.#tryOut();
    });
  }

  publish(topic: string, message: string): void {
    if (this.#closing.signal.aborted) return;
    this.#listeners.tell(topic, message);
    this.#pending.set(`${topic}\n${message}`, { topic, message });
    if (this.#pending.size > MOST_PENDING) this.#pending.delete(this.#pending.keys().next().value as string);
    this.#flushSoon(FLUSH_AFTER_MS);
  }

  subscribe(topic: string, listener: (message: string) => void): () => void {
    const isFirst = !this.#listeners.has(topic);
    const end = this.#listeners.add(topic, listener);
    // When it fails, the connection is given up, and the next one subscribes to all topics.
    const subscriber = this.#subscriber;
    if (isFirst) subscriber?.subscribe(this.#prefix + topic).catch(() => subscriber.disconnect());
    return end; // the channel stays open: topics are few, and a message that nobody wants costs nothing
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    if (this.#flushTimer !== null) clearTimeout(this.#flushTimer);
    this.#flush();
    this.#closing.abort();
    await this.#flushing;
    this.#listeners.clear();
    this.#subscriber?.disconnect();
  }

  /** Listens, and connects again whenever the connection ends, until it is closed. */
  async listen(): Promise<void> {
    const { signal } = this.#closing;
    let misses = 0;
    for (let turn = 0; !signal.aborted; turn += 1) {
      const subscriber = this.#redis.subscriber(turn);
      const ended = new Promise((resolve) => subscriber.once('end', resolve));
      subscriber.on('message', (channel, text) => this.#hear(channel, text));
      const heartbeat = setInterval(() => this.#tryOut(), HEARTBEAT_MS).unref();
      try {
        this.#subscriber = subscriber; // from here on, new topics are added to it
        await this.#subscribeToAll(subscriber);
        if (turn > 0) for (const topic of this.#listeners.topics()) this.#listeners.tell(topic, SOME_LOST);
        misses = 0;
        await ended;
      } catch {
        subscriber.disconnect();
        await ended;
      }
      this.#subscriber = null;
      clearInterval(heartbeat);
      const pause = BACK_OFF_MS[Math.min(misses, BACK_OFF_MS.length - 1)] as number;
      misses += 1;
      await sleep(pause, null, { signal }).catch(() => {});
    }
  }

  // A connection that only reads never learns that a firewall dropped it.
  #tryOut(): void {
    const subscriber = this.#subscriber;
    subscriber?.ping().catch(() => subscriber.disconnect());
  }

  // Without a topic yet, there is still something to find out: whether the connection stands.
  async #subscribeToAll(subscriber: Redis): Promise<void> {
    const channels = this.#listeners.topics().map((topic) => this.#prefix + topic);
    if (channels.length === 0) await subscriber.ping();
    else await subscriber.subscribe(...channels);
  }

  #hear(channel: string, text: string): void {
    const [from, message] = [text.slice(0, this.#self.length), text.slice(this.#self.length)];
    if (from === this.#self) return; // our own; its listeners have heard it
    if (channel.startsWith(this.#prefix)) this.#listeners.tell(channel.slice(this.#prefix.length), message);
  }

  #flushSoon(afterMs: number): void {
    if (this.#closing.signal.aborted || this.#pending.size === 0) return;
    this.#flushTimer ??= setTimeout(() => this.#flush(), afterMs);
  }

  #flush(): void {
    this.#flushTimer = null;
    this.#flushing = this.#flushing.then(() => this.#send());
  }

  // What does not go through waits, unless it was said again meanwhile.
  async #send(): Promise<void> {
    const batch = [...this.#pending];
    this.#pending.clear();
    if (batch.length === 0) return;
    const sent = this.#gate.ask((client) =>
      Promise.all(batch.map(([, { topic, message }]) => client.publish(this.#prefix + topic, this.#self + message))),
    );
    await sent.catch(() => {
      const newer = [...this.#pending];
      this.#pending.clear();
      for (const [key, entry] of [...batch, ...newer].slice(-MOST_PENDING)) this.#pending.set(key, entry);
      this.#flushSoon(COMMAND_TIMEOUT_MS);
    });
  }
}

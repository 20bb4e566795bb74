import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { COMMAND_TIMEOUT_MS, reasonOf, type RedisClient } from './connect.js';

/** Between two tries while nothing is answered, in milliseconds: longer and longer. */
const PAUSES_MS = [250, 500, 1_000];

/**
 * Asks Redis on behalf of requests. As soon as one question was not answered, all others fail at once, until Redis answers
 * what is asked in the background: only those that asked before it was noticed wait for a dead Redis.
 */
export class Gate {
  readonly #client: RedisClient;
  readonly #probeKey: string;
  #away = false;
  #ended = false;
  #isTrying = false;
  readonly #scripts = new Map<string, string>();

  /** @param probeKey a key on the same node as those that are asked for */
  constructor(client: RedisClient, probeKey: string) {
    this.#client = client;
    this.#probeKey = probeKey;
    client.on('ready', () => (this.#away = false));
    client.on('end', () => (this.#ended = true));
  }

  /** Called when a connection stands again. */
  onReady(listener: () => void): void {
    this.#client.on('ready', listener);
  }

  /** @throws RedisAway within `COMMAND_TIMEOUT_MS` when there is no answer, or it is an error */
  async ask<T>(question: (client: RedisClient) => Promise<T>): Promise<T> {
    if (this.#away) throw new RedisAway('It did not answer a moment ago.', false);
    try {
      return await this.#answer(question);
    } catch (error) {
      this.#away = true;
      if (!this.#isTrying) void this.#tryUntilBack();
      throw new RedisAway(reasonOf(error), true);
    }
  }

  // In a cluster, a command may be sent to several nodes in turn, each with a time of its own.
  async #answer<T>(question: (client: RedisClient) => Promise<T>): Promise<T> {
    const limit = new AbortController();
    const late = sleep(COMMAND_TIMEOUT_MS, undefined, { signal: limit.signal }).then(() => {
      throw new Error(`No answer within ${COMMAND_TIMEOUT_MS} ms.`);
    });
    late.catch(() => {}); // the other one came first
    try {
      return await Promise.race([question(this.#client), late]);
    } finally {
      limit.abort();
    }
  }

  async #tryUntilBack(): Promise<void> {
    this.#isTrying = true;
    for (let misses = 0; this.#away && !this.#ended; misses += 1) {
      await sleep(PAUSES_MS[Math.min(misses, PAUSES_MS.length - 1)], undefined, { ref: false });
      try {
        await this.#answer((client) => client.get(this.#probeKey));
        this.#away = false;
      } catch {
        // still away
      }
    }
    this.#isTrying = false;
  }

  /** Runs a Lua script with one key: as a whole, or not at all. Its text is sent when Redis does not know it yet. */
  run(script: string, key: string, args: readonly (string | number)[]): Promise<unknown> {
    return this.ask(async (client) => {
      const known = this.#scripts.get(script);
      if (known !== undefined) {
        try {
          return await client.evalsha(known, 1, key, ...args);
        } catch (error) {
          if (!reasonOf(error).startsWith('NOSCRIPT')) throw error;
        }
      }
      const answer = await client.eval(script, 1, key, ...args);
      this.#scripts.set(script, sha1(script));
      return answer;
    });
  }
}

/** Redis did not answer, or not with what was asked for. The message holds nothing that was sent. */
export class RedisAway extends Error {
  override readonly name = 'RedisAway';

  /** False: nothing was sent. True: it may have been done all the same. */
  readonly asked: boolean;

  constructor(message: string, asked: boolean) {
    super(message);
    this.asked = asked;
  }
}

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex');

import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger, type PubSub, quoteIdentifier, SOME_LOST } from '@itpay/kernel';
import { Listeners } from '../listeners.js';
import { assertPostgresUrl, unreachable } from './connection-errors.js';
import { type Client, connectListener, type Notification } from './listen-connection.js';

export interface PostgresPubSubOptions {
  /** A direct connection: LISTEN does not pass through PgBouncer in transaction mode. */
  readonly url: string;
  readonly schema: string;
  readonly logger?: Logger | undefined;
}

const FLUSH_AFTER_MS = 20;
const MOST_PENDING = 1000;
const HEARTBEAT_MS = 30_000;
const BACK_OFF_MS = [100, 500, 2000, 5000, 10_000];

/**
 * PubSub over LISTEN and NOTIFY, on one connection of its own.
 *
 * Listeners in this process hear a message without the way over the server. The others hear it after a few milliseconds,
 * in which equal messages become one. While the connection is down, messages wait, at most 1000; the oldest are dropped.
 * When it stands again, the listeners of every topic hear `SOME_LOST`.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` when the server cannot be reached at the start; later it reconnects by itself
 */
export async function postgresPubSub(options: PostgresPubSubOptions): Promise<PubSub> {
  assertPostgresUrl(options.url);
  const courier = new Courier(options);
  await courier.connect().catch((error: unknown) => {
    throw unreachable(error, options.url);
  });
  return courier;
}

class Courier implements PubSub {
  readonly #url: string;
  readonly #prefix: string;
  readonly #logger: Logger | undefined;
  readonly #listeners: Listeners;
  readonly #pending = new Map<string, { channel: string; message: string }>();
  readonly #closing = new AbortController();
  #client: Client | null = null;
  #ownPid = 0;
  #last: Promise<void> = Promise.resolve(); // a connection does one thing at a time
  #flushTimer: NodeJS.Timeout | null = null;
  #heartbeat: NodeJS.Timeout | null = null;

  constructor({ url, schema, logger }: PostgresPubSubOptions) {
    this.#url = url;
    this.#prefix = `${schema}_`;
    this.#logger = logger;
    this.#listeners = new Listeners(logger);
  }

  publish(topic: string, message: string): void {
    if (this.#closing.signal.aborted) return;
    this.#listeners.tell(topic, message);
    const channel = this.#prefix + topic;
    this.#pending.set(`${channel}\n${message}`, { channel, message });
    if (this.#pending.size > MOST_PENDING) this.#pending.delete(this.#pending.keys().next().value as string);
    this.#flushTimer ??= setTimeout(() => void this.#flush(), FLUSH_AFTER_MS);
  }

  subscribe(topic: string, listener: (message: string) => void): () => void {
    const isFirst = !this.#listeners.has(topic);
    const end = this.#listeners.add(topic, listener);
    if (isFirst) this.#send(listenTo(this.#prefix + topic));
    return end; // the channel stays open: topics are few, and a message that nobody wants costs nothing
  }

  async close(): Promise<void> {
    this.#closing.abort();
    if (this.#flushTimer) await this.#flush();
    this.#listeners.clear();
    this.#stopHeartbeat();
    const client = this.#client;
    this.#client = null;
    await client?.end().catch(() => {});
  }

  async connect(): Promise<void> {
    const client = await connectListener(this.#url);
    try {
      client.on('notification', (notification) => this.#hear(notification));
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
      this.#ownPid = rows[0]?.pid ?? 0;
      await this.#listenToAll(client);
    } catch (error) {
      await client.end().catch(() => {});
      throw error;
    }
    if (this.#closing.signal.aborted) return void (await client.end());

    this.#client = client;
    client.once('end', () => this.#lost(client));
    // A connection that only reads never learns that a firewall dropped it.
    this.#heartbeat = setInterval(() => this.#send('select 1'), HEARTBEAT_MS).unref();
    if (this.#pending.size > 0) await this.#flush();
  }

  // Topics may be added while one is being sent.
  async #listenToAll(client: Client): Promise<void> {
    const listening = new Set<string>();
    for (let missing = this.#listeners.topics(); missing.length > 0;) {
      for (const topic of missing) await client.query(listenTo(this.#prefix + topic));
      for (const topic of missing) listening.add(topic);
      missing = this.#listeners.topics().filter((topic) => !listening.has(topic));
    }
  }

  #hear({ channel, payload, processId }: Notification): void {
    if (processId === this.#ownPid) return; // our own; its listeners have heard it
    if (channel.startsWith(this.#prefix)) this.#listeners.tell(channel.slice(this.#prefix.length), payload ?? '');
  }

  async #flush(): Promise<void> {
    if (this.#flushTimer) clearTimeout(this.#flushTimer);
    this.#flushTimer = null;
    const client = this.#client;
    const batch = [...this.#pending.values()];
    if (!client || batch.length === 0) return;
    this.#pending.clear();
    await this.#try(
      client,
      'select pg_notify(channel, message) from unnest($1::text[], $2::text[]) as m (channel, message)',
      [batch.map(({ channel }) => channel), batch.map(({ message }) => message)],
    );
  }

  #send(sql: string): void {
    if (this.#client) void this.#try(this.#client, sql);
  }

  // Whatever fails here, a fresh connection is the cure: it listens to all topics again. What was sent may be lost, which
  // listeners have to expect.
  #try(client: Client, sql: string, values: unknown[] = []): Promise<void> {
    this.#last = this.#last.then(() => this.#tryNow(client, sql, values));
    return this.#last;
  }

  async #tryNow(client: Client, sql: string, values: unknown[]): Promise<void> {
    if (this.#client !== client) return;
    try {
      await client.query(sql, values);
    } catch (error) {
      if (this.#closing.signal.aborted || this.#client !== client) return;
      this.#logger?.warn({ err: error }, 'Notifications between processes failed; reconnecting.');
      await client.end().catch(() => {});
    }
  }

  #lost(client: Client): void {
    if (this.#client !== client) return;
    this.#client = null;
    this.#stopHeartbeat();
    void this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    for (let attempt = 0; !this.#closing.signal.aborted; attempt += 1) {
      const delay = BACK_OFF_MS[Math.min(attempt, BACK_OFF_MS.length - 1)] as number;
      try {
        await sleep(delay, null, { signal: this.#closing.signal });
        await this.connect();
        for (const topic of this.#listeners.topics()) this.#listeners.tell(topic, SOME_LOST);
        this.#logger?.info({ attempts: attempt + 1 }, 'Notifications between processes work again.');
        return;
      } catch (error) {
        if (!this.#closing.signal.aborted) {
          this.#logger?.warn({ err: error, attempt }, 'Notifications between processes: reconnecting failed.');
        }
      }
    }
  }

  #stopHeartbeat(): void {
    if (this.#heartbeat) clearInterval(this.#heartbeat);
    this.#heartbeat = null;
  }
}

const listenTo = (channel: string) => `listen ${quoteIdentifier(channel)}`;

import { gateway, type ApiKeys, type Handle } from '@itpay/gateway';
import {
  createKernel,
  EventSubscribers,
  definePlugin,
  secretsFrom,
  statement,
  type AnyPlugin,
  type Clock,
  type Database,
  type Kernel,
  type Logger,
  type RailAnswer,
  type RailRequest,
  type Token,
  type Tx,
} from '@itpay/kernel';
import { payment } from '@itpay/payment';
import { seededIds, seededRandom } from '@itpay/testkit';
import { FAKE_CAPABILITIES, fakeChannel } from '@itpay/testkit/fake-rail';
import { webhook, type SendRequest, type SendResult } from '@itpay/webhook';
import { brokenOff, RAIL_SECRET, unreachable } from './rail.js';
import { flows, Life, type Flow, type Turn } from './scheduler.js';
import type { World } from './world.js';
import type { Port } from './weather.js';

export const PUBLIC_URL = 'https://shop.example/itpay';
/** As in the sender that calls real receivers. */
const SEND_LIMIT_MS = 15_000;
/** How long a rail may take. */
const RAIL_LIMIT_MS = 15_000;

type Capabilities = (typeof FAKE_CAPABILITIES)[number][];

interface OpenTx {
  open: boolean;
  failed: Error | null;
  readonly owner: Life;
  readonly queue: object[];
  /** Payments may look different to everybody once it has committed. */
  wrote: boolean;
}

/** Who has the one session of the database: nobody, or a transaction. */
export class SessionLock {
  owner: OpenTx | null = null;
}

/** A process of ours, from its start to its end: a whole ItPay on ports of the simulation. */
export class Instance {
  readonly life: Life;
  readonly clock: Clock;
  readonly #world: World;
  readonly #listeners = new Map<string, Set<(message: string) => void>>();
  #kernel: Kernel | null = null;
  handle: Handle | null = null;
  /** Everything happens at once and goes well: while it starts. */
  #alone = false;

  constructor(world: World, name: string, skewMs: number) {
    this.#world = world;
    this.life = new Life(name);
    this.clock = { now: () => world.wallTime(skewMs) };
  }

  get keys(): ApiKeys {
    return (this.#kernel!.plugins as unknown as { gateway: { keys: ApiKeys } }).gateway.keys;
  }

  get<T>(service: Token<T>): T {
    return this.#kernel!.get(service);
  }

  get serves(): boolean {
    return this.life.alive && this.handle !== null;
  }

  /** Starts it, and with it its background work. */
  async start({ work = true } = {}): Promise<Kernel> {
    const { name } = this.life;
    const { clock } = this;
    const world = this.#world;
    this.#alone = true;
    const kernel = await createKernel({
      settings: { publicUrl: PUBLIC_URL },
      database: this.#database(),
      blobStore: {
        put: (key, bytes) => this.#port('blob', `blob put ${key}`, () => void world.blobs.set(key, bytes), lost),
        get: (key) => this.#port('blob', `blob get ${key}`, () => world.blobs.get(key) ?? null, lost),
        delete: (key) => this.#port('blob', `blob delete ${key}`, () => void world.blobs.delete(key), lost),
      },
      pubsub: {
        publish: (topic, message) => world.publish(topic, message),
        subscribe: (topic, listener) => {
          const listeners = this.#listeners.get(topic) ?? new Set();
          this.#listeners.set(topic, listeners.add(listener));
          return () => listeners.delete(listener);
        },
        close: async () => {},
      },
      secrets: secretsFrom(['a-secret-key-for-simulations-that-is-long-enough']),
      logger: this.#logger(),
      clock,
      ids: seededIds(clock, `${world.seed} ${name}`),
      random: seededRandom(`${world.seed} ${name}`),
      plugins: pluginsOf(world.capabilities, {
        ask: (request) => this.#ask(request),
        send: (request) => this.#send(request),
        now: () => clock.now(),
      }),
      migrate: 'check',
    });
    this.#alone = false;
    this.#kernel = kernel;
    this.handle = (kernel.plugins as { gateway: { handle: Handle } }).gateway.handle;
    if (work) flows.run({ life: this.life, doing: 'work', tx: null }, () => kernel.startWork());
    return kernel;
  }

  /** `kill -9`, or the end of a stop. What was not committed is gone; locks end with the connection. */
  crash(): void {
    this.handle = null;
    this.life.end();
    const { lock, session } = this.#world;
    if (lock.owner?.owner === this.life) {
      session.raw('rollback');
      lock.owner = null;
    }
  }

  /** The rolling restart: takes nothing new, ends what runs, and is gone. What took too long is left behind. */
  async stop(): Promise<void> {
    this.handle = null;
    await this.#kernel?.close();
    this.crash();
  }

  hear(topic: string, message: string): void {
    for (const listener of this.#listeners.get(topic) ?? []) {
      flows.run({ life: this.life, doing: 'work', tx: null }, () => listener(message));
    }
  }

  /** An answer on its way to a client. */
  answer<T>(what: string, give: () => T): Promise<T> {
    this.#outside('an answer');
    return this.#port('answer', what, give, lost);
  }

  /** One call that leaves the process: the weather decides what becomes of it. */
  #port<T>(
    port: Port,
    what: string,
    effect: () => T,
    failure: (done: boolean) => unknown,
    { ready, says }: { ready?: () => boolean; says?: (value: T) => string } = {},
  ): Promise<T> {
    const { weather, scheduler } = this.#world;
    return scheduler.call(
      what,
      (): Turn<T> => {
        const fate = weather.fate(port);
        switch (fate) {
          case 'later':
            return { kind: 'later', ms: scheduler.dice.between(5, 5_000) };
          case 'dies before':
          case 'dies after':
            if (fate === 'dies after') attempt(effect);
            this.#world.crash(this);
            return { kind: 'silence', says: `${this.life.name} ${fate === 'dies after' ? 'does it and ' : ''}dies` };
          case 'fails before':
            return { kind: 'fail', error: failure(false), says: 'fails, nothing was done' };
          case 'fails after':
            attempt(effect);
            return { kind: 'fail', error: failure(true), says: 'done, and the answer is lost' };
          case 'silent before':
            return { kind: 'silence', says: 'never arrives' };
          case 'silent after':
            attempt(effect);
            return { kind: 'silence', says: 'done, and no answer comes' };
          case 'well': {
            try {
              const value = effect();
              return { kind: 'answer', value, ...(says && { says: says(value) }) };
            } catch (error) {
              return { kind: 'fail', error, says: (error as { code?: string }).code ?? String(error) };
            }
          }
        }
      },
      ready,
    );
  }

  /** The protocol's G7: whatever waits for somebody else's computer holds no transaction of its own. */
  #outside(what: string): void {
    const flow = flows.getStore();
    if (flow?.tx?.open) this.#world.violated('G7', `${flow.life.name} ${flow.doing}: ${what} inside of a transaction`);
  }

  #ask(request: RailRequest): Promise<RailAnswer> {
    const { rail, scheduler } = this.#world;
    this.#outside('a call to the rail');
    const { pathname } = new URL(request.url);
    return this.#port(
      'rail',
      `rail ${request.method} ${pathname}`,
      () => {
        this.#world.railIsAsked(request);
        const answer = rail.answer(request, this.#world.mood(request));
        this.#world.railWasAsked(request, answer);
        return answer;
      },
      (done) => (done || scheduler.dice.chance(0.5) ? brokenOff() : unreachable()),
      { says: ({ status }) => String(status) },
    );
  }

  async #send(request: SendRequest): Promise<SendResult> {
    this.#outside('a webhook');
    const { receivers, scheduler } = this.#world;
    const startedMs = scheduler.nowMs;
    const latency = () => ({ latencyMs: scheduler.nowMs - startedMs });
    const failed = (error: 'timeout' | 'connection') =>
      ({ kind: 'failed', error, message: 'There was no answer.', ...latency() }) as const;
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<SendResult>((resolve) => {
      timer = setTimeout(() => resolve(failed('timeout')), SEND_LIMIT_MS);
    });
    const sent = this.#port(
      'webhook',
      `webhook ${new URL(request.url).hostname} ${request.headers['webhook-id']}`,
      () => receivers.take(request),
      lost,
      { says: ({ status }) => String(status) },
    ).then(
      (answer): SendResult => ({ kind: 'answered', excerpt: '', ...answer, ...latency() }),
      () => failed('connection'),
    );
    return Promise.race([sent, limit]).finally(() => clearTimeout(timer));
  }

  #database(): Database {
    const { session, lock, scheduler } = this.#world;
    const free = () => lock.owner === null;
    const rows = (found: readonly unknown[]) => (found.length === 0 ? 'ok' : `${found.length} rows`);
    // With one session it would wait for itself: that ends with an error here, as it does there.
    const requireNone = (sql: string) => {
      const flow = flows.getStore();
      if (flow?.tx?.open !== true) return;
      this.#world.violated('G7', `${flow.life.name} ${flow.doing}: ${sql} beside its own transaction`);
      throw lost();
    };

    const transaction = async <T>(work: (tx: Tx) => Promise<T>): Promise<T> => {
      requireNone('a transaction');
      const held: OpenTx = { open: true, failed: null, owner: this.life, queue: [], wrote: false };
      const effects: (() => void)[] = [];
      const endWith = (sql: 'commit' | 'rollback') => {
        held.open = false;
        if (lock.owner !== held) return;
        session.raw(sql);
        lock.owner = null;
      };
      const broken = () => {
        endWith('rollback');
        return (held.failed = lost());
      };
      const tx: Tx = {
        get trx(): never {
          throw new Error('A simulation has no knex.');
        },
        afterCommit: (effect) => void effects.push(effect),
        query: (sql, params) => {
          if (!held.open)
            return Promise.reject(held.failed ?? new Error(`${sql.name} came after its transaction had ended.`));
          const turn = {};
          held.queue.push(turn);
          const run = () => {
            if (held.failed !== null) throw held.failed;
            held.wrote ||= WRITES_PAYMENTS.test(sql.text);
            try {
              return session.run(sql, params);
            } catch (error) {
              held.failed = error as Error;
              throw error;
            }
          };
          return this.#port('database', `· ${sql.name}`, run, broken, {
            ready: () => held.queue[0] === turn,
            says: rows,
          }).finally(() => held.queue.shift());
        },
      };
      const begin = () => {
        session.raw('begin');
        lock.owner = held;
      };
      await this.#port('database', 'begin', begin, (done) => (done ? broken() : lost()), { ready: free });
      let result: T;
      try {
        result = await flows.run({ ...(flows.getStore() as Flow), tx: held }, () => work(tx));
        if (held.failed !== null) throw held.failed;
      } catch (error) {
        if (held.open)
          await scheduler.call('rollback', () => (endWith('rollback'), { kind: 'answer', value: undefined }));
        throw error;
      }
      const commit = () => {
        endWith('commit');
        if (held.wrote) this.#world.committed();
      };
      await this.#port('database', 'commit', commit, (done) => (done ? lost() : broken()));
      for (const effect of effects) effect();
      return result;
    };

    const database = {
      schema: 'itpay',
      get knex(): never {
        throw new Error('A simulation has no knex.');
      },
      query: (async (sql, params) => {
        if (this.#alone) return session.run(sql, params);
        requireNone(sql.name);
        const run = () => {
          const found = session.run(sql, params);
          if (WRITES_PAYMENTS.test(sql.text)) this.#world.committed();
          return found;
        };
        return this.#port('database', sql.name, run, lost, { ready: free, says: rows });
      }) as Database['query'],
      transaction,
      enlist: async (): Promise<never> => {
        throw new Error('A simulation has no host with a transaction.');
      },
      close: async () => {},
    };
    return database;
  }

  #logger(): Logger {
    const keep = (level: 'warn' | 'error') => (fields: object, message: string) =>
      this.#world.logged(level, this.life.name, fields, message);
    return { debug: () => {}, info: () => {}, warn: keep('warn'), error: keep('error') };
  }
}

/** What goes wrong on the way to a database or a store. 08006: the connection failed. */
const lost = () => Object.assign(new Error('Connection terminated unexpectedly'), { code: '08006' });

function attempt(effect: () => unknown): void {
  try {
    effect();
  } catch {
    // Whoever would hear of it is dead, or hears something else.
  }
}

/** After such a statement, payments or what is known of notices may look different. */
const WRITES_PAYMENTS = /(insert into|update) {schema}\.(payment_intents|notifications)/;

interface Wires {
  readonly ask: (request: RailRequest) => Promise<RailAnswer>;
  readonly send: (request: SendRequest) => Promise<SendResult>;
  readonly now: () => Date;
}

const SEEN = statement<{ event: string }, object>(
  'simulation_seen',
  'insert into {schema}.simulation_seen (event) values (:event)',
);

/** Code of the host that hears of everything, once. */
const listener = definePlugin({
  name: 'simulation',
  version: '1',
  migrations: [{ name: '0001', up: 'create table {schema}.simulation_seen (event text not null)' }],
  register(registry) {
    registry.contribute(EventSubscribers, [], () => ({
      name: 'simulation.seen',
      pattern: '*',
      handle: (event, tx) => tx.query(SEEN, { event: event.id }),
    }));
  },
});

export function pluginsOf(capabilities: readonly string[], { ask, send, now }: Wires): readonly AnyPlugin[] {
  return [
    gateway(),
    payment(),
    webhook({ sender: { send } }),
    fakeChannel({
      url: 'http://rail.example',
      secret: RAIL_SECRET,
      mode: 'test',
      timeoutMs: RAIL_LIMIT_MS,
      capabilities: capabilities as Capabilities,
      ask,
      now,
    }),
    listener,
  ];
}

import { statement, type RailAnswer, type RailRequest } from '@itpay/kernel';
import { FAKE_CAPABILITIES } from '@itpay/testkit/fake-rail';
import type { BookEntry } from '../../packages/testkit/src/fake-rail/books.js';
import type { WireEvent } from '../../packages/testkit/src/fake-rail/wire.js';
import { Dice } from './dice.js';
import { Instance, PUBLIC_URL, SessionLock } from './instance.js';
import { Rail, type Mood } from './rail.js';
import { Receivers } from './receivers.js';
import { flows, Life, Scheduler } from './scheduler.js';
import type { Session } from './session.js';
import { Weather } from './weather.js';

/** Everything that was there before is older than the clocks are apart. */
const BEFORE_MS = Date.parse('2025-01-01T00:00:00Z');
const EPOCH_MS = BEFORE_MS + 3_600_000;

/** How many processes share the database. */
const INSTANCES = 2;

export interface ApiAnswer {
  readonly status: number;
  readonly body: any;
  readonly replayed: boolean;
}

/** A promise of the protocol, by its number in chapter 19, that did not hold. */
export interface Violation {
  readonly guarantee: string;
  readonly what: string;
}

/** What a client was told, under which key. */
export interface Told extends ApiAnswer {
  readonly key: string;
  readonly path: string;
}

/** Everything that one history consists of. */
export class World {
  readonly seed: number;
  readonly session: Session;
  readonly token: string | null;
  readonly #epochMs: number;
  readonly dice: Dice;
  readonly scheduler: Scheduler;
  readonly weather: Weather;
  readonly lock = new SessionLock();
  readonly rail: Rail;
  readonly receivers: Receivers;
  readonly blobs = new Map<string, Uint8Array>();
  readonly capabilities: readonly string[];
  readonly instances: Instance[] = [];
  readonly violations: Violation[] = [];
  /** Answers to requests that carried an idempotency key. */
  readonly told: Told[] = [];
  /** Notices that a channel was told were accepted, and that are not known to be in the database yet. */
  readonly acknowledged = new Set<string>();
  readonly problems: string[] = [];
  crashes = 0;
  #clockOffsetMs = 0;
  #started = 0;
  #actsBegun = 0;
  readonly #acting = new Set<string>();
  readonly #bank = new Life('rail');
  readonly #ranks = new Map<string, number>();
  /** The numbers of which the rail has said that it does not know them. */
  readonly #deniedByRail = new Set<string>();
  /** How many events of each order the shop has not acknowledged. */
  readonly #unheard = new Map<string, number>();

  /** @param token null: the world before all histories */
  constructor(seed: number, session: Session, token: string | null) {
    this.seed = seed;
    this.session = session;
    this.token = token;
    this.#epochMs = token === null ? BEFORE_MS : EPOCH_MS;
    this.dice = new Dice(seed);
    this.scheduler = new Scheduler(this.dice);
    this.weather = new Weather(this.dice);
    this.receivers = new Receivers(this.weather, this.dice);
    const without = this.dice.weighted([
      [5, []],
      [2, ['authorize_idempotent']],
      [2, ['not_found_is_final']],
      [1, ['close_order']],
      [1, ['authorize_idempotent', 'not_found_is_final']],
    ]);
    this.capabilities = FAKE_CAPABILITIES.filter((one) => !(without as readonly string[]).includes(one));
    this.rail = new Rail(
      seed,
      () => this.trueTime(),
      (event, url) => this.#tells(event, url),
    );
    this.rail.bank.settings.payableAfterClose = this.dice.chance(0.4);
    this.scheduler.whenTimePasses = () => this.#setClockBack();
    this.scheduler.note(`seed ${seed}; the rail cannot: ${without.join(', ') || '–'}; trouble: ${this.weather}`);
  }

  /** What a good clock says: that of the rail. */
  trueTime(): Date {
    return new Date(this.#epochMs + this.scheduler.nowMs);
  }

  /** What the clock of a machine of ours says. It may be set back. */
  wallTime(skewMs: number): Date {
    return new Date(this.#epochMs + this.scheduler.nowMs + this.#clockOffsetMs + skewMs);
  }

  // Not when a clock is read: how often that happens is nobody's promise.
  #setClockBack(): void {
    if (!this.weather.chance(this.weather.clock)) return;
    const backMs = this.dice.between(100, 4_000);
    this.#clockOffsetMs = Math.max(this.#clockOffsetMs - backMs, -10_000);
    this.scheduler.note(`the clock is set back by ${backMs} ms`);
  }

  /** How many of those that act on their own have not come to their end. */
  get acting(): number {
    return this.#acting.size;
  }

  /** Who they are, for messages. */
  get actors(): string {
    return [...this.#acting].join('; ');
  }

  /** Lets somebody act, beside everybody else. */
  act(life: Life, doing: string, work: () => Promise<void>): void {
    const name = `${life.name} ${doing} (${++this.#actsBegun})`;
    this.#acting.add(name);
    this.scheduler.begin({ life, doing, tx: null }, () => {
      void work()
        .catch((error: unknown) => this.violated('simulation', `${life.name} ${doing}: ${(error as Error).stack}`))
        .finally(() => this.#acting.delete(name));
    });
  }

  // Processes.

  startInstance(): void {
    const name = `shop-${++this.#started}`;
    const skewMs = this.dice.one([0, 0, this.dice.between(-1_500, 1_500)]);
    const instance = new Instance(this, name, skewMs);
    this.instances.push(instance);
    this.scheduler.begin({ life: instance.life, doing: 'start', tx: null }, () =>
      this.scheduler.atomically(
        'start',
        async () => void (await instance.start()),
        () => this.lock.owner === null,
      ),
    );
  }

  startInstances(): void {
    for (let n = 0; n < INSTANCES; n += 1) this.startInstance();
  }

  crash(instance: Instance): void {
    this.crashes += 1;
    instance.crash();
    this.#replace();
  }

  /** A rolling restart: one goes when it has done what it had begun, and another one comes. */
  async restartOne(): Promise<void> {
    const [instance] = this.instances.filter(({ serves }) => serves);
    if (instance === undefined) return;
    this.startInstance();
    const dies = new Promise<void>((resolve) => instance.life.whenOver(resolve));
    await Promise.race([flows.run({ life: instance.life, doing: 'stop', tx: null }, () => instance.stop()), dies]);
  }

  #replace(): void {
    this.act(new Life('host'), 'starts another process', async () => {
      await this.scheduler.sleep(this.dice.between(500, 40_000));
      this.startInstance();
    });
  }

  // Between processes.

  publish(topic: string, message: string): void {
    for (const instance of this.instances.filter(({ serves }) => serves)) {
      const copies = this.weather.chance(this.weather.news) ? this.dice.one([0, 0, 2]) : 1;
      for (let n = 0; n < copies; n += 1) {
        flows.run({ life: instance.life, doing: 'hears', tx: null }, () => {
          void this.scheduler.call(topic, () => {
            instance.hear(topic, message);
            return { kind: 'answer', value: undefined };
          });
        });
      }
    }
  }

  /**
   * A request over HTTP to one of the processes, whichever.
   *
   * @returns null when the connection broke before an answer came
   */
  async request(
    method: string,
    path: string,
    { body, key, headers = {} }: { body?: unknown; key?: string; headers?: Record<string, string> } = {},
  ): Promise<ApiAnswer | null> {
    const client = flows.getStore()!.life;
    const bytes = Buffer.from(typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body));
    const serving = this.instances.filter(({ serves }) => serves);
    if (serving.length === 0) {
      await this.scheduler.sleep(1_000);
      return null;
    }
    const instance = this.dice.one(serving);
    const answer = await new Promise<ApiAnswer | null>((resolve) => {
      instance.life.whenOver(() => resolve(null));
      flows.run({ life: instance.life, doing: `${client.name}: ${method} ${path}`, tx: null }, async () => {
        await this.scheduler.call('arrives', () => ({ kind: 'answer', value: undefined }));
        if (instance.handle === null) return resolve(null); // it stops, and takes no new connection
        const response = await instance.handle({
          method,
          url: path,
          headers: {
            ...(bytes.length > 0 && { 'content-type': 'application/json' }),
            ...(key !== undefined && { 'idempotency-key': key }),
            ...(headers['fake-signature'] === undefined && { authorization: `Bearer ${this.token}` }),
            ...headers,
          },
          remoteAddress: '203.0.113.7',
          signal: new AbortController().signal,
          rawBody: async () => bytes,
        } as Parameters<NonNullable<Instance['handle']>>[0]);
        const text = Buffer.from((response.body ?? '') as string).toString('utf8');
        const replayed = response.headers['idempotent-replayed'] === 'true';
        const given = { status: response.status, body: text === '' ? null : JSON.parse(text), replayed };
        const says = `answers ${given.status}${given.body?.error ? ` ${given.body.error.code}` : ''}`;
        await instance.answer(says, () => resolve(given)).catch(() => resolve(null));
      });
    });
    if (answer !== null && key !== undefined) this.told.push({ ...answer, key, path });
    return answer;
  }

  // The rail.

  /** What the rail makes of one request. */
  mood({ method }: RailRequest): Mood {
    if (!this.weather.chance(this.weather.refusals)) return 'well';
    if (method === 'GET') return this.dice.one(['internal', 'forged answer', 'rate_limited', 'internal']);
    return this.dice.weighted<Mood>([
      [3, 'processing'],
      [2, 'internal'],
      [2, 'not_processed'],
      [1, 'declined'],
      [1, 'insufficient_funds'],
      [2, 'forged answer'],
      [1, 'rate_limited'],
    ]);
  }

  /**
   * G3 as the rail sees it: what it has done it is never told again, unless it said that it takes that well. When a process
   * slept on its way to the rail until others took over, and the rail told those that it knows nothing, both may tell it.
   */
  railIsAsked({ method, url, body }: RailRequest): void {
    if (method !== 'POST' || url.endsWith('/close')) return;
    const { reference, capture_reference: capture, refund_reference: refund } = JSON.parse(String(body));
    const knows = (entry: BookEntry) =>
      entry.captures.some((one) => one.captureReference === capture) ||
      entry.refunds.some((one) => one.refundReference === refund) ||
      (entry.reference === reference && entry.order !== null && !this.capabilities.includes('authorize_idempotent'));
    const number = reference ?? capture ?? refund;
    if (this.#deniedByRail.has(number) || !this.rail.entries.some(knows)) return;
    this.violated('G3', `the rail is told again to do ${number}, which it has done`);
  }

  /** G3 as the rail sees it: at no moment two orders that one purchase could be paid by. */
  railWasAsked({ method, url }: RailRequest, { status }: RailAnswer): void {
    if (method === 'GET' && status === 404) this.#deniedByRail.add(url.slice(url.lastIndexOf('/') + 1));
    const open = new Map<string, string[]>();
    for (const { order, reference, received } of this.rail.entries) {
      if (order === null || order.status === 'closed' || order.status === 'captured') continue;
      // Where closed orders can be paid, a payer may agree to a hold on one that we had closed.
      if (order.status === 'authorized' && received.cancel > 0) continue;
      if (Date.parse(order.expiresAt) <= this.trueTime().getTime()) continue;
      const name = order.description ?? '';
      open.set(name, [...(open.get(name) ?? []), reference]);
    }
    for (const [name, references] of open) {
      if (references.length > 1) this.violated('G3', `${name} has several open orders: ${references.join(', ')}`);
    }
  }

  /** Whether everything that the rail had to say about an order came through. */
  heardOfAll(reference: string): boolean {
    return !this.#unheard.has(reference);
  }

  #tells(event: WireEvent, url: string): void {
    this.#unheard.set(event.reference, (this.#unheard.get(event.reference) ?? 0) + 1);
    if (this.weather.chance(this.weather.news / 3))
      return this.scheduler.note(`${event.kind} ${event.reference} is lost`);
    const path = url.slice(PUBLIC_URL.length);
    this.act(this.#bank, `tells ${event.kind} ${event.reference}`, async () => {
      let heard = false;
      let copies = this.weather.chance(0.25) ? 2 : 1;
      for (let attempt = 0; attempt < 6 && copies > 0; attempt += 1) {
        await this.scheduler.sleep(this.dice.between(10, attempt === 0 ? 8_000 : 40_000));
        const { headers, body } = this.rail.callback(event);
        const answer = await this.request('POST', path, { headers, body });
        if (answer === null || answer.status !== 200) continue;
        if (!heard) {
          heard = true;
          const left = this.#unheard.get(event.reference)! - 1;
          if (left > 0) this.#unheard.set(event.reference, left);
          else this.#unheard.delete(event.reference);
        }
        copies -= 1;
        this.acknowledged.add([event.event_id, event.kind, event.reference].join('|'));
        this.committed();
      }
    });
  }

  get bank(): Life {
    return this.#bank;
  }

  // What is looked at all the time.

  violated(guarantee: string, what: string): void {
    if (this.violations.some((known) => known.guarantee === guarantee && known.what === what)) return;
    this.violations.push({ guarantee, what });
    this.scheduler.note(`VIOLATED ${guarantee}: ${what}`);
  }

  logged(level: 'warn' | 'error', who: string, fields: object, message: string): void {
    const { err, ...facts } = fields as { err?: Error };
    this.scheduler.note(`${who} logs ${level}: ${message} ${JSON.stringify(facts)} ${err?.message ?? ''}`.trimEnd());
    if (level === 'error' && err !== undefined) this.problems.push(`${message} ${err.stack}`);
  }

  /** After a statement or a commit, where no transaction is open: what everybody can see now. */
  committed(): void {
    if (this.lock.owner !== null) return;
    const intents = this.session.run(RANKS, {});
    for (const { id, order_reference: purchase } of intents.filter((one) => !this.#ranks.has(one.id))) {
      // Another intent for the same purchase exists only once the one before came to nothing.
      const open = intents.find((one) => one.order_reference === purchase && one.id !== id && one.status_rank < 3);
      if (open) this.violated('G3', `${purchase} has ${open.id} (${open.status}) and ${id} at once`);
    }
    for (const { id, status, status_rank: rank } of intents) {
      const before = this.#ranks.get(id) ?? 0;
      if (rank < before) this.violated('G5', `${id} went from rank ${before} to ${rank} (${status})`);
      this.#ranks.set(id, rank);
    }
    if (this.acknowledged.size === 0) return;
    const processed = new Set(this.session.run(PROCESSED, {}).map(({ event_key: key }) => key));
    for (const key of this.acknowledged) {
      if (!processed.has(key))
        this.violated('G1', `the rail was told that ${key} is accepted, and it is not in the database`);
    }
    this.acknowledged.clear();
  }
}

const RANKS = statement<object, { id: string; order_reference: string; status: string; status_rank: number }>(
  'simulation_ranks',
  'select id, order_reference, status, status_rank from {schema}.payment_intents',
);
const PROCESSED = statement<object, { event_key: string }>(
  'simulation_processed',
  `select event_key from {schema}.notifications where state = 'processed'`,
);

import { AsyncLocalStorage } from 'node:async_hooks';
import type { Dice } from './dice.js';

/** One that lives and may die: a client, the rail, or a process of ours from its start to its crash. */
export class Life {
  readonly name: string;
  #alive = true;
  readonly #atDeath = new Set<() => void>();

  constructor(name: string) {
    this.name = name;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** What it waits for never comes; what it set going never goes on. */
  end(): void {
    if (!this.#alive) return;
    this.#alive = false;
    for (const tell of this.#atDeath) tell();
    this.#atDeath.clear();
  }

  whenOver(tell: () => void): void {
    this.#atDeath.add(tell);
  }
}

/** What a piece of running code belongs to. It is handed on through every promise and timer. */
export interface Flow {
  readonly life: Life;
  /** For the story: `POST /v1/refunds`, `work`. */
  readonly doing: string;
  /** The transaction inside of which it runs. */
  readonly tx: { readonly open: boolean } | null;
}
export const flows = new AsyncLocalStorage<Flow>();

/** What becomes of a call when its turn has come. */
export type Turn<T> =
  | { readonly kind: 'answer'; readonly value: T; readonly says?: string }
  | { readonly kind: 'fail'; readonly error: unknown; readonly says: string }
  /** There never is an answer. */
  | { readonly kind: 'silence'; readonly says: string }
  /** Its turn comes again, not before so many milliseconds have passed. */
  | { readonly kind: 'later'; readonly ms: number };

interface Waiting {
  readonly flow: Flow;
  readonly what: string;
  readonly ready: () => boolean;
  readonly go: () => void | Promise<unknown>;
  notBeforeMs: number;
}

interface Timer {
  readonly id: number;
  readonly flow: Flow;
  readonly fire: () => void;
  readonly delayMs: number;
  readonly repeats: boolean;
  dueMs: number;
}

const realSetImmediate = globalThis.setImmediate;
/** What was set going runs to where it waits for its next call: promises and ticks come before an immediate. */
const quiet = () => new Promise<void>((resolve) => void realSetImmediate(resolve));

/** How far time may jump over the next thing that is due, in milliseconds. */
const JUMPS_MS = [
  [6, 0],
  [2, 40],
  [3, 1_000],
  [3, 6_000],
  [2, 31_000],
  [1, 90_000],
  [1, 400_000],
] as const;

/**
 * What looks every second, or gathers for a moment, does not stop time for that: it looks when something else happens. A
 * history of half an hour would be made of nothing but looks.
 */
const LOOKS_MS = 1_000;

/** Nothing is left that could go on, and somebody still waits. */
export class Stuck extends Error {}

/**
 * Lets exactly one of all the calls that wait go on, lets its consequences run until everybody waits again, and chooses
 * anew. Time stands still meanwhile. The dice decide, so the same dice tell the same story.
 */
export class Scheduler {
  readonly dice: Dice;
  /** One line for each turn. */
  readonly story: string[] = [];
  /** Called each time that time passes by itself. */
  whenTimePasses: () => void = () => {};
  #waiting: Waiting[] = [];
  readonly #timers = new Map<number, Timer>();
  #timersMade = 0;
  #nowMs = 0;
  #turns = 0;
  #running = false;

  constructor(dice: Dice) {
    this.dice = dice;
  }

  /** How much time has passed, in milliseconds. It never goes back. */
  get nowMs(): number {
    return this.#nowMs;
  }

  get turns(): number {
    return this.#turns;
  }

  /** Of those that live. */
  get waiting(): readonly { readonly flow: Flow; readonly what: string }[] {
    return this.#waiting.filter(({ flow }) => flow.life.alive);
  }

  /**
   * Waits for its turn and then acts, at once and without waiting for anything.
   *
   * @param ready whether its turn may come now
   */
  call<T>(what: string, act: () => Turn<T>, ready: () => boolean = () => true): Promise<T> {
    const flow = this.#flow(what);
    return new Promise<T>((resolve, reject) => {
      const entry: Waiting = {
        flow,
        what,
        ready,
        notBeforeMs: 0,
        go: () => {
          const turn = act();
          if (turn.kind === 'later') {
            entry.notBeforeMs = this.#nowMs + turn.ms;
            this.#waiting.push(entry);
            return this.#tell(flow, what, `put off for ${turn.ms} ms`);
          }
          this.#tell(flow, what, 'says' in turn && turn.says !== undefined ? turn.says : 'ok');
          if (turn.kind === 'answer') resolve(turn.value);
          else if (turn.kind === 'fail') reject(turn.error as Error);
        },
      };
      this.#waiting.push(entry);
    });
  }

  /** Like `call`, for what takes several steps of its own that nobody else can come between. */
  atomically(what: string, act: () => Promise<void>, ready: () => boolean = () => true): void {
    const flow = this.#flow(what);
    const go = () => {
      this.#tell(flow, what, 'ok');
      return act();
    };
    this.#waiting.push({ flow, what, ready, notBeforeMs: 0, go });
  }

  /** Resolves when so much time has passed and the turn has come. */
  sleep(ms: number): Promise<void> {
    const flow = this.#flow('sleep');
    return new Promise((resolve) => {
      this.#waiting.push({
        flow,
        what: 'goes on',
        ready: () => true,
        notBeforeMs: this.#nowMs + ms,
        go: () => {
          this.#tell(flow, 'goes on', '');
          resolve();
        },
      });
    });
  }

  setTimer(fire: () => void, ms: number, repeats: boolean): number {
    const flow = this.#flow('timer');
    const id = ++this.#timersMade;
    const delay = Math.max(1, ms || 0);
    this.#timers.set(id, { id, flow, fire, delayMs: delay, repeats, dueMs: this.#nowMs + delay });
    return id;
  }

  clearTimer(id: number): void {
    this.#timers.delete(id);
  }

  /** Adds a line to the story that is no turn. */
  note(text: string): void {
    this.story.push(`${' '.repeat(6)} ${this.#clock()} ${text}`);
  }

  /**
   * Goes on until `until` holds, or nothing is left that could go on.
   *
   * @param passTime lets time pass when nothing else can go on; otherwise that is the end
   * @throws Stuck when time does not help either, or there were more than `most` turns
   */
  async run({
    until,
    passTime,
    most = 40_000,
  }: {
    until: () => boolean;
    passTime: boolean;
    most?: number;
  }): Promise<void> {
    this.#running = true;
    await quiet();
    const last = this.#turns + most;
    while (!until()) {
      if (this.#turns > last) throw new Stuck(`${most} turns were not enough.`);
      const choice = this.#choose();
      if (choice === null) {
        if (!passTime) break;
        this.#letTimePass();
        continue;
      }
      this.#turns += 1;
      const going = flows.run(choice.flow, choice.go);
      if (going instanceof Promise) await going;
      await quiet();
    }
    this.#running = false;
  }

  /** Starts something new, also between two runs. What it waits for has its turn in the next one. */
  begin(flow: Flow, work: () => void): void {
    const running = this.#running;
    this.#running = true;
    flows.run(flow, work);
    this.#running = running;
  }

  /** Lets time pass; what becomes due has its turn later. */
  pass(ms: number): void {
    this.#nowMs += ms;
  }

  #choose(): { readonly flow: Flow; readonly go: () => void | Promise<unknown> } | null {
    this.#waiting = this.#waiting.filter(({ flow }) => flow.life.alive);
    const ready: (Waiting | Timer)[] = this.#waiting.filter(
      (entry) => entry.notBeforeMs <= this.#nowMs && entry.ready(),
    );
    for (const [id, timer] of this.#timers) {
      if (!timer.flow.life.alive) this.#timers.delete(id);
      else if (timer.dueMs <= this.#nowMs) ready.push(timer);
    }
    if (ready.length === 0) return null;
    const chosen = this.dice.one(ready);
    if ('what' in chosen) {
      this.#waiting.splice(this.#waiting.indexOf(chosen), 1);
      return chosen;
    }
    // As with real ones, what was due several times in a long pause happens once.
    if (chosen.repeats) chosen.dueMs = this.#nowMs + chosen.delayMs;
    else this.#timers.delete(chosen.id);
    return {
      flow: chosen.flow,
      go: () => {
        this.#tell(chosen.flow, 'timer', '');
        chosen.fire();
      },
    };
  }

  #letTimePass(): void {
    const timers = [...this.#timers.values()];
    const awaited = [
      ...this.#waiting.filter((entry) => entry.ready()).map(({ notBeforeMs }) => notBeforeMs),
      ...timers.filter(({ delayMs }) => delayMs > LOOKS_MS).map(({ dueMs }) => dueMs),
    ];
    const due = awaited.length > 0 ? awaited : timers.map(({ dueMs }) => dueMs);
    if (due.length === 0) {
      const names = this.waiting.map(({ flow, what }) => `${flow.life.name} ${flow.doing}: ${what}`);
      throw new Stuck(`Nothing can go on. These wait: ${names.join('; ') || 'nobody'}.`);
    }
    this.#nowMs = Math.max(this.#nowMs, Math.min(...due)) + this.dice.weighted(JUMPS_MS);
    this.whenTimePasses();
  }

  // A call that comes while nobody was let go on was set going by something that this does not steer: a real timer, a
  // thread, a socket. It would come at another moment in the next run.
  #flow(what: string): Flow {
    const flow = flows.getStore();
    if (flow === undefined) throw new Error(`"${what}" belongs to nobody: start it inside of flows.run().`);
    if (!this.#running && this.#turns > 0)
      throw new Error(`"${what}" came out of the blue: ${flow.life.name} ${flow.doing}.`);
    return flow;
  }

  #tell({ life, doing }: Flow, what: string, outcome: string): void {
    this.story.push(
      `${String(this.#turns).padStart(6)} ${this.#clock()} ${life.name.padEnd(10)} ${doing === what ? '' : `${doing}: `}${what}${outcome === '' || outcome === 'ok' ? '' : ` → ${outcome}`}`,
    );
  }

  #clock(): string {
    const s = Math.floor(this.#nowMs / 1_000);
    const two = (n: number) => String(n).padStart(2, '0');
    const days = Math.floor(s / 86_400);
    return `${days}d ${two(Math.floor(s / 3_600) % 24)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}.${String(this.#nowMs % 1_000).padStart(3, '0')}`;
  }
}

/** Time as running code asks for it without the clock: timers of a flow are the scheduler's while this holds. */
export function takeOverTime(schedulerOf: () => Scheduler | null): () => void {
  const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
  const realNow = performance.now;
  const scheduler = () => (flows.getStore() === undefined ? null : schedulerOf());
  const handle = (owner: Scheduler, id: number) => {
    const timer = { [SIMULATED]: id, owner, ref: () => timer, unref: () => timer, hasRef: () => true };
    return timer;
  };
  const set =
    (real: typeof setTimeout | typeof setInterval, repeats: boolean) =>
    (fire: (...given: unknown[]) => void, ms?: number, ...given: unknown[]) => {
      const owner = scheduler();
      if (owner === null) return (real as typeof setTimeout)(fire, ms, ...given);
      return handle(
        owner,
        owner.setTimer(() => fire(...given), ms ?? 0, repeats),
      );
    };
  const clear = (real: typeof clearTimeout) => (timer: unknown) => {
    if (typeof timer === 'object' && timer !== null && SIMULATED in timer) {
      const { owner, [SIMULATED]: id } = timer as { owner: Scheduler; [SIMULATED]: number };
      owner.clearTimer(id);
    } else real(timer as NodeJS.Timeout);
  };
  Object.assign(globalThis, {
    setTimeout: set(setTimeout, false),
    setInterval: set(setInterval, true),
    clearTimeout: clear(clearTimeout),
    clearInterval: clear(clearInterval),
  });
  performance.now = () => scheduler()?.nowMs ?? realNow.call(performance);
  return () => {
    Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval });
    performance.now = realNow;
  };
}

const SIMULATED = Symbol('simulated timer');

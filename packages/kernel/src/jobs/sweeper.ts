import type { Logger } from '../ports/logger.js';
import { SWEEP_TOPIC, type PubSub } from '../ports/pubsub.js';
import { Telemetry } from '../telemetry/telemetry.js';
import { point, token, type Token } from '../token.js';

/** How long a process that heard nothing waits before it looks by itself. */
const LOOK_EVERY_MS = 1_000;

/**
 * Looks for rows that are due and takes them up: orders that expire, questions to ask, what a dead process left behind.
 *
 * It may be called again while an earlier call still waits for a network; what that one works on, it leaves alone.
 */
export interface Sweep {
  readonly name: string;
  /**
   * @param again asks for another look of this sweep at once, beside the one that runs. Once the sweeper stops, it is not
   *   heard any more
   * @returns whether there was anything to do
   */
  run(again?: () => void): Promise<boolean>;
}

/** Extension point: what looks for due rows. */
export const Sweeps = point<Sweep>('sweeps');

/** Runs the sweeps of this process: every second, and at once when somebody says that there is something. */
export class Sweeper {
  static readonly token: Token<Sweeper> = token<Sweeper>('sweeper');

  readonly #sweeps: readonly Sweep[];
  readonly #pubsub: PubSub;
  readonly #logger: Logger;
  readonly #telemetry: Telemetry;
  readonly #running = new Map<Promise<unknown>, string>();
  #end: (() => void) | null = null;

  constructor(sweeps: readonly Sweep[], pubsub: PubSub, logger: Logger, telemetry = new Telemetry()) {
    this.#sweeps = sweeps;
    this.#pubsub = pubsub;
    this.#logger = logger;
    this.#telemetry = telemetry;
  }

  start(): void {
    if (this.#end !== null) return;
    const timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    const unsubscribe = this.#pubsub.subscribe(SWEEP_TOPIC, () => this.#look());
    this.#end = () => {
      clearInterval(timer);
      unsubscribe();
    };
    this.#look();
  }

  /** Looks no more, and waits for what was taken up. */
  async stop(): Promise<void> {
    this.#end?.();
    this.#end = null;
    await Promise.all(this.#running.keys());
  }

  /** The names of the sweeps that run now. */
  running(): readonly string[] {
    return [...new Set(this.#running.values())];
  }

  /** Runs everything that is due now and returns. For tests and for commands that run once. */
  async settle(): Promise<boolean> {
    let any = false;
    for (let busy = true; busy;) {
      const found = await Promise.all(this.#sweeps.map((sweep) => this.#observed(sweep, () => {})));
      busy = found.some(Boolean);
      any ||= busy;
    }
    return any;
  }

  // Nobody waits here: one sweep that waits for a slow channel keeps no other from looking.
  #look(): void {
    for (const sweep of this.#sweeps) this.#start(sweep);
  }

  #start(sweep: Sweep): void {
    const again = () => {
      if (this.#end !== null) this.#start(sweep);
    };
    const run = this.#observed(sweep, again).catch((error: unknown) => {
      this.#logger.error({ err: error, sweep: sweep.name }, 'A sweep failed; it runs again.');
    });
    this.#running.set(run, sweep.name);
    void run.finally(() => this.#running.delete(run));
  }

  #observed(sweep: Sweep, again: () => void): Promise<boolean> {
    return this.#telemetry.span(`sweep ${sweep.name}`, {}, async () => sweep.run(again));
  }
}

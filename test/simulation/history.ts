import { createHash } from 'node:crypto';
import { Accounts } from '@itpay/kernel';
import { migrationSets } from '../../packages/kernel/src/kernel.js';
import { FAKE_CAPABILITIES } from '@itpay/testkit/fake-rail';
import { check, checkAfterwards } from './invariants.js';
import { pluginsOf } from './instance.js';
import { forge, purchase, settleRefunds } from './purchases.js';
import { ENDPOINTS } from './receivers.js';
import { Life, Stuck, takeOverTime } from './scheduler.js';
import { Session } from './session.js';
import { World, type Violation } from './world.js';

/** What became of one seed. */
export interface Verdict {
  readonly seed: number;
  /** Line by line what happened, and in what order. The same for the same seed, wherever it runs. */
  readonly story: readonly string[];
  /** SHA-256 of the story, for comparisons. */
  readonly digest: string;
  readonly violations: readonly Violation[];
  readonly turns: number;
  readonly statements: number;
  readonly purchases: number;
  readonly crashes: number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** How long after the trouble things are looked at: what was put off comes to its turn, and webhooks get their retries. */
const AFTERWARDS_MS = [6 * SECOND, 62 * SECOND, 6 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR, 26 * HOUR];

/** A place where histories are told, one after the other, in one database. */
export class Stage {
  readonly #session: Session;
  readonly #token: string;

  private constructor(session: Session, token: string) {
    this.#session = session;
    this.#token = token;
  }

  static async open(): Promise<Stage> {
    const nowhere = async () => Promise.reject(new Error('Nobody is called here.'));
    const plugins = pluginsOf(FAKE_CAPABILITIES, { ask: nowhere, send: nowhere, now: () => new Date() });
    const session = await Session.open(migrationSets(plugins));
    const token = await furnish(session);
    session.keepAsBeginning();
    return new Stage(session, token);
  }

  /** Plays the history of a seed. It never throws for what the history does. */
  async play(seed: number): Promise<Verdict> {
    this.#session.reset();
    const before = this.#session.statements;
    const world = new World(seed, this.#session, this.#token);
    const giveBack = takeOverTime(() => world.scheduler);
    // A real process would end here.
    const unhandled = (error: unknown) =>
      world.violated('a process', `a rejection that nobody handles: ${String(error)}`);
    process.on('unhandledRejection', unhandled);
    let purchases = 0;
    try {
      purchases = await live(world);
      await comeToRest(world);
      await check(world);
      await checkAfterwards(world);
    } catch (error) {
      const what =
        error instanceof Stuck ? `${error.message} Not at an end: ${world.actors}.` : (error as Error).stack!;
      world.violated(error instanceof Stuck ? 'an end' : 'simulation', what);
    } finally {
      giveBack();
      process.off('unhandledRejection', unhandled);
      if (world.lock.owner !== null) this.#session.raw('rollback');
      for (const { life } of world.instances) life.end();
    }
    const { story, turns } = world.scheduler;
    const { violations, crashes } = world;
    world.scheduler.note(violations.length === 0 ? 'Everything holds.' : `${violations.length} violations.`);
    return {
      seed,
      story,
      digest: createHash('sha256').update(story.join('\n')).digest('hex'),
      violations,
      turns,
      statements: this.#session.statements - before,
      purchases,
      crashes,
    };
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}

/** An account with a key and two webhook endpoints: what every history begins with. */
async function furnish(session: Session): Promise<string> {
  const world = new World(0, session, null);
  const giveBack = takeOverTime(() => world.scheduler);
  world.weather.clear();
  world.startInstance();
  await world.scheduler.run({ until: () => false, passTime: false });
  const instance = world.instances[0]!;
  let token = '';
  world.act(new Life('host'), 'furnishes', async () => {
    const account = await instance.get(Accounts.token).ensure('Shop');
    const made = await instance.keys.create({
      account: account.id,
      livemode: false,
      label: 'shop',
      preset: 'operator',
    });
    token = made.token;
    for (const url of ENDPOINTS) {
      const headers = { authorization: `Bearer ${token}` };
      const body = { url, enabled_events: ['*'] };
      await world.request('POST', '/v1/webhook-endpoints', { body, key: url, headers });
    }
  });
  await untilQuiet(world, 3 * SECOND);
  instance.crash();
  giveBack();
  if (world.violations.length > 0) throw new Error(JSON.stringify(world.violations));
  return token;
}

/** The part with the trouble in it. @returns how many purchases there were */
async function live(world: World): Promise<number> {
  const { dice, scheduler } = world;
  world.startInstances();
  const purchases = dice.between(3, 5);
  for (let n = 1; n <= purchases; n += 1) purchase(world, n);
  const others = new Life('others');
  if (dice.chance(0.5)) world.act(others, 'forges', () => forge(world));
  if (dice.chance(0.3)) {
    world.act(others, 'restarts', async () => {
      await scheduler.sleep(dice.between(10_000, 200_000));
      await world.restartOne();
    });
  }
  world.act(world.bank, 'ends refunds', async () => {
    for (let n = 0; n < 3; n += 1) {
      await scheduler.sleep(dice.between(20_000, 120_000));
      settleRefunds(world, true);
    }
  });
  await scheduler.run({ until: () => world.acting === 0, passTime: true });
  return purchases;
}

/** The trouble ends. One process is left, and days go by. */
async function comeToRest(world: World): Promise<void> {
  const { weather, scheduler } = world;
  weather.clear();
  scheduler.note('From here on everything goes well.');
  for (const instance of world.instances.filter(({ life }) => life.alive).slice(1)) instance.crash();
  if (!world.instances.some(({ life }) => life.alive)) world.startInstance();
  for (const ms of AFTERWARDS_MS) {
    settleRefunds(world, false);
    await untilQuiet(world, ms);
  }
}

/** Lets time pass and everybody do what is due, until nobody has anything to do. */
export async function untilQuiet(world: World, ms: number): Promise<void> {
  const { scheduler } = world;
  scheduler.pass(ms);
  // The worker gathers for a moment before it looks again.
  for (let n = 0; n < 3; n += 1) {
    await scheduler.run({ until: () => false, passTime: false });
    scheduler.pass(60);
  }
  if (world.acting > 0) await scheduler.run({ until: () => world.acting === 0, passTime: true });
}

/** What an operator does when everything is quiet. */
export async function asOperator<T>(world: World, work: () => Promise<T>): Promise<T> {
  let result!: T;
  world.act(new Life('operator'), 'looks after things', async () => void (result = await work()));
  await world.scheduler.run({ until: () => world.acting === 0, passTime: true });
  return result;
}

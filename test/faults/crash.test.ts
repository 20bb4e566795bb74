import { startFakeRail, type FakeRail, type ScriptRule } from '@itpay/testkit/fake-rail';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { freshDatabase, postgresNeed } from '../support/database.js';
import { describeNeeding } from '../support/needs.js';
import { Child, type Answer, type Told } from './children.js';
import { differences, look, type Findings, type Picture } from './picture.js';

interface Kill {
  readonly when: 'before' | 'after';
  readonly k: number;
}

/** One kind of run: what is done, and who comes back after the crash. */
interface Series {
  readonly operation: string;
  /** False: nobody asks again, and the workers complete it within five minutes. */
  readonly clientRetries: boolean;
  /** What counts: up to the answer, or until every subscriber has heard. */
  readonly until: 'answer' | 'delivery';
  /** What the rail does with the step's call: the work, and then no answer comes. */
  readonly script?: readonly [ScriptRule];
}

const SERIES: Series[] = [
  { operation: 'create', until: 'delivery', clientRetries: true },
  { operation: 'fail-over', until: 'answer', clientRetries: true },
  { operation: 'capture', until: 'answer', clientRetries: true },
  { operation: 'cancel', until: 'answer', clientRetries: true },
  { operation: 'refund', until: 'answer', clientRetries: true },
  { operation: 'callback', until: 'answer', clientRetries: true },
  { operation: 'duplicate', until: 'answer', clientRetries: true },
  { operation: 'host', until: 'answer', clientRetries: true },
  { operation: 'create', until: 'answer', clientRetries: false },
  { operation: 'fail-over', until: 'answer', clientRetries: false },
  { operation: 'refund', until: 'answer', clientRetries: false },
  ...(['authorize', 'refund'] as const).flatMap((call) =>
    (['reset_after', 'timeout_after'] as const).map((behaviour): Series => {
      const operation = call === 'refund' ? 'refund' : 'create';
      return { operation, until: 'answer', clientRetries: true, script: [{ operation: call, behaviour }] };
    }),
  ),
];
const titleOf = ({ operation, clientRetries, script }: Series) =>
  `${operation} ${clientRetries ? '' : '(workers only)'}${script?.[0].behaviour ?? ''}`.trim();
const LANES = 2;
/** So many violations tell what is wrong; the rest of the series is left out then. */
const ENOUGH = 20;
/** The short run leaves out what another point covers. */
const EVERYTHING = process.env['ITPAY_FAULTS'] === 'all';

describeNeeding(postgresNeed(), 'A process that dies', () => {
  const table: string[] = [];
  let template: { url: string; token: string };
  let lanes: Lane[];

  beforeAll(async () => {
    const { url } = await freshDatabase();
    lanes = await Promise.all(Array.from({ length: LANES }, async () => new Lane(await startFakeRail())));
    for (const { rail } of lanes) whenFileEnds(() => rail.stop());
    const [{ rail }] = lanes as [Lane];
    const { done, failed } = await new Child().run('template', { database: url, rail, token: '', run: 'template' });
    if (!done) throw new Error(`The template could not be made: ${failed}`);
    template = { url, token: done.token };
  });

  afterAll(() => console.log(['operation              points   runs   seconds', ...table].join('\n')));

  const titled = SERIES.map((series) => ({ title: titleOf(series), series }));
  it.each(titled)('leaves it as if it had lived: $title', { timeout: 300_000 }, async ({ title, series }) => {
    const started = performance.now();
    const wanted = await lanes[0]!.run(template, series, null);
    expect(wanted.violations).toEqual([]);

    const points = killPoints(series, wanted.calls);
    const violations: string[] = [];
    let runs = 0;
    await Promise.all(
      lanes.map(async (lane) => {
        for (let kill = points.next(); kill !== null; kill = points.next()) {
          const run = await lane.run(template, series, kill, wanted);
          if (run.survived || violations.length > ENOUGH) points.end();
          runs += 1;
          const name = `${title}, killed ${kill.when} call ${kill.k} (${run.killed})`;
          violations.push(...run.violations.map((violation) => `${name}: ${violation}`));
        }
      }),
    );

    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    table.push(
      `${title.padEnd(22)} ${String(wanted.calls.length).padStart(6)} ${String(runs).padStart(6)} ${seconds.padStart(9)}`,
    );
    expect(violations).toEqual([]);
  });
});

/**
 * Before and after each call, until a run was over before it came that far. Where one statement follows another, before the
 * second is after the first, so a short run leaves those out. Where the rail gives no answer, what matters is around it.
 */
function killPoints({ script }: Series, calls: readonly string[]): { next(): Kill | null; end(): void } {
  let [k, when]: [number, Kill['when']] = [0, 'after'];
  let ended = false;
  const next = (): Kill | null => {
    if (ended) return null;
    if (when === 'before') when = 'after';
    else [k, when] = [k + 1, 'before'];
    const call = calls[k - 1] ?? '';
    if (when === 'before' && !EVERYTHING && k > 1 && call.startsWith('itpay_')) return next();
    if (script && !EVERYTHING && k <= calls.length && Math.abs(k - calls.findIndex(isChannelCall) - 2) > 2)
      return next();
    return { when, k };
  };
  return { next, end: () => void (ended = true) };
}

const isChannelCall = (call: string) => call.startsWith('POST ');

interface Run {
  /** The picture in the first minutes and days later. */
  readonly pictures: readonly Picture[];
  readonly violations: readonly string[];
  readonly calls: readonly string[];
  readonly survived: boolean;
  readonly killed: string | null;
}

let runs = 0;

/** One run at a time, with a rail of its own, so that what is scripted for one run meets no other. */
class Lane {
  readonly rail: FakeRail;
  readonly #recoverer = new Child();
  #next = new Child();

  constructor(rail: FakeRail) {
    this.rail = rail;
  }

  async run(template: { url: string; token: string }, series: Series, kill: Kill | null, like?: Run): Promise<Run> {
    const run = `run-${++runs}`;
    const database = await clone(template.url, run);
    const { url, secret } = this.rail;
    const details = {
      database,
      rail: { url, secret },
      token: template.token,
      run,
      timeoutMs: series.script ? 2_000 : 15_000,
      ...series,
    };
    await this.rail.clearScript();
    const child = this.#next;
    this.#next = new Child(); // starts while the other one works

    const attempt = await child.run('attempt', { ...details, kill });
    await child.end();
    const recovery = await this.#recoverer.run('recover', { ...details, intent: attempt.intent });
    const soon = await look(database, this.rail, run);
    const later = await this.#recoverer.run('later', { ...details, intent: attempt.intent });
    const late = await look(database, this.rail, run);
    await drop(database);

    const survived = attempt.done !== null;
    const violations = [
      ...broken(attempt, kill),
      ...[recovery, later].flatMap(({ failed, done }) => [
        ...(failed ? [failed] : []),
        ...(done?.problems ?? []).map((problem: object) => `logged ${JSON.stringify(problem)}`),
      ]),
      ...[soon, late].flatMap((findings) => findings.violations),
      ...disagreements(
        series,
        attempt.answer,
        [...(recovery.done?.answers ?? []), ...(later.done?.answers ?? [])],
        soon,
      ),
    ];
    const pictures = [soon.picture, late.picture];
    // Where nobody asks again, what was not committed never happened.
    const subject = series.operation === 'refund' ? soon.refunds : soon.intents;
    const nothing = !series.clientRetries && subject.length === 0 && attempt.answer === null;
    if (like && !nothing) {
      violations.push(
        ...differences(like.pictures[0]!, soon.picture).map((text) => `in the first minutes, ${text}`),
        ...differences(like.pictures[1]!, late.picture).map((text) => `days later, ${text}`),
      );
    }
    return { pictures, violations, survived, calls: attempt.done?.calls ?? [], killed: attempt.killed };
  }
}

function broken({ done, failed, signal, killed }: Told, kill: Kill | null): string[] {
  if (failed) return [`the shop failed by itself: ${failed}`];
  if (done) return (done.problems as object[]).map((problem) => `logged ${JSON.stringify(problem)}`);
  return kill !== null && killed !== null && signal === 'SIGKILL' ? [] : [`the shop ended with ${signal}`];
}

/** G1: what was answered is in the rows, and every repetition says the same. */
function disagreements(
  { operation, clientRetries }: Series,
  first: Answer | null,
  later: readonly Answer[],
  { intents, refunds, stored }: Findings,
): string[] {
  const found: string[] = [];
  const given = [...(first ? [first] : []), ...later];
  for (const { status, body } of given) {
    const running = status === 409 && body?.error?.code === 'IDEMPOTENCY_IN_PROGRESS';
    const again = operation === 'callback' && status === 500; // the rail's dialect for "come again"
    if (status >= 300 && !running && !again) found.push(`an answer is ${status} ${JSON.stringify(body).slice(0, 300)}`);
    const id = idOf(body);
    if (status < 300 && operation !== 'callback' && ![...intents, ...refunds].some((row) => row.id === id)) {
      found.push(`an answer names ${id}, and no row does`);
    }
  }
  const final = given.filter(({ status }) => status < 300 && status !== 202);
  if (clientRetries && later.at(-1)?.status !== final.at(-1)?.status) found.push('the last repetition got no answer');
  if (clientRetries && !['callback', 'host'].includes(operation) && later.at(-1)?.replayed !== true) {
    found.push('the last repetition is no replay');
  }
  const texts = new Set(final.map((answer) => JSON.stringify(comparable(answer))));
  if (texts.size > 1) found.push(`answers differ: ${[...texts].join(' and ')}`);
  const answer = final.at(-1);
  const kept = stored.some(({ status, body }) => status === answer?.status && idOf(body) === idOf(answer.body));
  if (answer && clientRetries && operation !== 'callback' && !kept)
    found.push('no key keeps the answer that was given');
  return found;
}

const idOf = (body: any): string | undefined => body?.id ?? body?.intent?.id;

/** A replay shows a code only as long as it can be paid, and links carry tokens. */
function comparable({ status, body }: Answer): object {
  const { qr: _, next_action: __, operation: ___, ...rest } = body ?? {};
  return { status, ...rest };
}

async function clone(template: string, run: string): Promise<string> {
  const url = new URL(template);
  const from = url.pathname.slice(1);
  url.pathname = `/${from}_${run.replace('-', '_')}`;
  await administer(`create database ${url.pathname.slice(1)} template ${from}`);
  return url.href;
}

async function drop(database: string): Promise<void> {
  await administer(`drop database ${new URL(database).pathname.slice(1)} with (force)`);
}

async function administer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject('postgres')!.url! });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

import { isItPayError } from '@itpay/core';
import type { Channel } from '@itpay/kernel';
import { keeperOf } from '../inflow/keeper.js';
import type { PaymentServices } from '../services.js';
import { fetchStatementDay } from '../statement/fetch.js';
import { compareInflow, compareLine, compareRefund, type Finding } from './compare.js';
import { dayAfter, dayOf, readyAt, startOf, UTC_DAYS, type RailCalendar } from './days.js';
import { accountsOf, Evidence, readDays } from './evidence.js';
import { examine, type Examined } from './examine.js';
import { actorOfRun } from './finish.js';
import type {
  Cursor,
  ExceptionFacts,
  FileState,
  Reconciliation,
  ReconciliationException,
  RunCounts,
  Step,
  Trigger,
} from './reconciliation.js';
import type { KeptFinding } from './store.js';

const PAGE = 200;
const MINUTE_MS = 60_000;

/** When a file that was not to be had is asked for again. Somebody who asked for a run waits for it, the calendar does not. */
const FETCH_AGAIN_MS: Readonly<Record<Trigger, readonly number[]>> = {
  request: [1, 5, 15].map((minutes) => minutes * MINUTE_MS),
  daily: [5, 15, 60, 120, 240, 480, 480].map((minutes) => minutes * MINUTE_MS),
  monthly: [5, 15, 60, 120, 240, 480, 480].map((minutes) => minutes * MINUTE_MS),
};

/** What a step came to. */
export interface Stepped {
  /** What is new about the run; at least where the next step begins. */
  readonly change: Pick<Reconciliation, 'step'> & Partial<Pick<Reconciliation, 'days' | 'counts'>>;
  readonly findings?: readonly KeptFinding[];
  /** The next step is not due before. Left out: now. */
  readonly runAt?: Date;
  /** Accounts for which the same comparison begins now that the files are there. */
  readonly others?: readonly string[];
}

/** Takes the step at which a run stands, short of its end. No transaction is open; it writes nothing about the run. */
export async function takeStep(services: PaymentServices, channel: Channel, run: Reconciliation): Promise<Stepped> {
  const { step } = run;
  switch (step.phase) {
    case 'fetch':
      return fetchDay(services, channel, run, step.tries);
    case 'rows':
    case 'inflows':
    case 'refunds':
      return comparePage(services, channel, run, step);
    case 'earlier':
      return lookAgain(services, channel, run, step.after);
    default:
      throw new Error(`The run ${run.id} has no step "${step.phase}" to take.`);
  }
}

/** Brings the file of the next day that is not looked at yet. */
async function fetchDay(
  services: PaymentServices,
  channel: Channel,
  run: Reconciliation,
  tries: number,
): Promise<Stepped> {
  const { clock, logger } = services;
  const day = run.days.find(({ file }) => file === 'pending')?.day;
  if (day === undefined) {
    const step: Step = { phase: 'rows', after: null };
    return { change: { step }, others: await othersOf(services, channel, run) };
  }
  const looked = (file: FileState): Stepped => ({
    change: {
      step: { phase: 'fetch', tries: 0 },
      days: run.days.map((one) => (one.day === day ? { day, file } : one)),
    },
  });
  const calendar = calendarOf(channel);
  const isThere = await isDayRead(services, run, calendar, [day]);
  // What the calendar starts compares what the day's own run has fetched before.
  if (isThere.has(day) && run.trigger !== 'request') return looked('read');
  const missing = (why: FileState) => looked(isThere.has(day) ? 'read' : why);
  if (channel.fetchStatement === undefined) return missing('none');
  if (clock.now() < readyAt(day, calendar)) return missing('not_ready');
  try {
    const keeper = await keeperOf(services);
    const statement = await fetchStatementDay(services, { ...actorOfRun(run), account: keeper.id }, channel, day);
    if (statement !== null) return looked('read');
  } catch (error) {
    if (!isItPayError(error) || error.code !== 'STATEMENT_INVALID') throw error;
    logger.error({ err: error, channel: channel.id, mode: channel.mode, day }, 'The file of a day cannot be read.');
    return missing('unreadable');
  }
  const waitMs = FETCH_AGAIN_MS[run.trigger][tries];
  if (waitMs !== undefined) {
    return {
      change: { step: { phase: 'fetch', tries: tries + 1 } },
      runAt: new Date(clock.now().getTime() + waitMs),
    };
  }
  logger.warn({ channel: channel.id, mode: channel.mode, day }, 'The channel did not give the file of a day.');
  return missing('unavailable');
}

/** The calendar runs for the installation; each account that the rail moved money for has a run of its own. */
async function othersOf(services: PaymentServices, channel: Channel, run: Reconciliation): Promise<string[]> {
  if (run.trigger === 'request' || run.account !== (await keeperOf(services)).id) return [];
  const accounts = await accountsOf(services.database, run, windowOf(run, calendarOf(channel)));
  return accounts.filter((account) => account !== run.account);
}

/** Compares a page: the lines of the files, then what is known here. */
async function comparePage(
  services: PaymentServices,
  channel: Channel,
  run: Reconciliation,
  { phase, after }: Extract<Step, { phase: 'rows' | 'inflows' | 'refunds' }>,
): Promise<Stepped> {
  const evidence = evidenceOf(services, channel, run, readInRun(run));
  const page = { ...windowOf(run, calendarOf(channel)), after, limit: PAGE };
  switch (phase) {
    case 'rows': {
      const lines = await evidence.lines(page);
      const examined = await examine(services, evidence, lines, {
        compare: compareLine,
        again: async ({ line }) => (await evidence.lines({ ids: [line.id] }))[0] ?? null,
      });
      const matched = examined.filter(({ item, findings }) => findings.length === 0 && isKnown(item)).length;
      const position = ({ line }: (typeof lines)[number]) => ({ at: line.bookedAt.toISOString(), id: line.id });
      return paged(run, phase, examined, position, matched);
    }
    case 'inflows': {
      const inflows = await evidence.inflows(page);
      const examined = await examine(services, evidence, inflows, {
        compare: compareInflow,
        again: async ({ inflow }) => (await evidence.inflows({ ids: [inflow.id] }))[0] ?? null,
      });
      return paged(run, phase, examined, ({ position }) => position, 0);
    }
    case 'refunds': {
      const refunds = await evidence.refunds(page);
      const examined = await examine(services, evidence, refunds, {
        compare: compareRefund,
        again: async ({ refund }) => (await evidence.refunds({ ids: [refund.id] }))[0] ?? null,
      });
      return paged(run, phase, examined, ({ position }) => position, 0);
    }
  }
}

const isKnown = ({ inflow, refund }: { readonly inflow: unknown; readonly refund: unknown }): boolean =>
  inflow !== null || refund !== null;

const PHASE_AFTER = {
  rows: { phase: 'inflows', after: null },
  inflows: { phase: 'refunds', after: null },
  refunds: { phase: 'earlier', after: null },
} as const satisfies Record<string, Step>;

function paged<T>(
  run: Reconciliation,
  phase: keyof typeof PHASE_AFTER,
  examined: readonly Examined<T>[],
  position: (item: T) => Cursor,
  matched: number,
): Stepped {
  const last = examined.at(-1);
  if (last === undefined) return { change: { step: PHASE_AFTER[phase] } };
  const healed = examined.filter((one) => one.healed).length;
  const counts: RunCounts = {
    ...run.counts,
    matched: run.counts.matched + matched,
    healed: run.counts.healed + healed,
  };
  return {
    change: { step: { phase, after: position(last.item) }, counts },
    findings: examined.flatMap(({ findings }) => findings.map((finding) => ({ ...finding, gone: false }))),
  };
}

/** Looks again at what earlier runs saw and this one has not met: it is still so, or gone. */
async function lookAgain(
  services: PaymentServices,
  channel: Channel,
  run: Reconciliation,
  after: string | null,
): Promise<Stepped> {
  const exceptions = await services.reconciliations.unseenBy(run, after, PAGE);
  const last = exceptions.at(-1);
  if (last === undefined) return { change: { step: { phase: 'finish' } } };
  const calendar = calendarOf(channel);
  const days = [...new Set(exceptions.map(({ facts }) => dayOf(new Date(facts.occurredAt), calendar)))];
  const read = await isDayRead(services, run, calendar, days);
  const evidence = evidenceOf(services, channel, run, read);
  const examined = await examine(
    services,
    evidence,
    await Promise.all(exceptions.map((one) => seenNow(evidence, one))),
    {
      compare: ({ findings }) => [...findings],
      again: ({ exception }) => seenNow(evidence, exception),
      // Before it alarms, and not again once it does.
      asks: ({ exception }) => exception.status === 'waiting',
    },
  );
  const findings = examined.flatMap(({ item: { exception }, findings: left }): KeptFinding[] => {
    const { class: of, subject, facts } = exception;
    const [still] = left;
    return still === undefined
      ? [{ class: of, subject, facts, waits: false, gone: true }]
      : [{ ...still, gone: false }];
  });
  return {
    change: {
      step: { phase: 'earlier', after: examined.at(-1)!.item.exception.id },
      counts: { ...run.counts, healed: run.counts.healed + examined.filter(({ healed }) => healed).length },
    },
    findings,
  };
}

interface SeenNow {
  readonly exception: ReconciliationException;
  /** What differs about its subject now, of the same class. */
  readonly findings: readonly Finding[];
}

async function seenNow(evidence: Evidence, exception: ReconciliationException): Promise<SeenNow> {
  const { class: of, subject, facts } = exception;
  const about = await findingsAbout(evidence, facts);
  return { exception, findings: about.filter((finding) => finding.class === of && finding.subject === subject) };
}

async function findingsAbout(
  evidence: Evidence,
  { statementRowId, inflowId, refundId }: ExceptionFacts,
): Promise<Finding[]> {
  if (statementRowId !== null) return (await evidence.lines({ ids: [statementRowId] })).flatMap(compareLine);
  if (inflowId !== null) return (await evidence.inflows({ ids: [inflowId] })).flatMap(compareInflow);
  return refundId === null ? [] : (await evidence.refunds({ ids: [refundId] })).flatMap(compareRefund);
}

function evidenceOf(
  { database }: PaymentServices,
  channel: Channel,
  run: Reconciliation,
  read: ReadonlySet<string>,
): Evidence {
  const calendar = calendarOf(channel);
  return new Evidence(database, run, {
    numbersAreUnique: channel.query !== undefined,
    isRead: (at) => read.has(dayOf(at, calendar)),
  });
}

const readInRun = ({ days }: Reconciliation): ReadonlySet<string> =>
  new Set(days.filter(({ file }) => file === 'read').map(({ day }) => day));

function isDayRead(
  { database }: PaymentServices,
  run: Reconciliation,
  calendar: RailCalendar,
  days: readonly string[],
): Promise<ReadonlySet<string>> {
  const times = days.map((day) => ({ day, from: startOf(day, calendar), to: startOf(dayAfter(day), calendar) }));
  return readDays(database, run, times);
}

const calendarOf = ({ statementDays }: Channel): RailCalendar => statementDays ?? UTC_DAYS;

function windowOf({ fromDay, toDay }: Reconciliation, calendar: RailCalendar) {
  return { from: startOf(fromDay, calendar), to: startOf(dayAfter(toDay), calendar) };
}

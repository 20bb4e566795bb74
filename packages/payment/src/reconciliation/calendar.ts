import { channelInstanceKey, one, statement, type Channel, type Sweep } from '@itpay/kernel';
import type { PaymentServices } from '../services.js';
import { dayAfter, dayOf, daysFrom, daysOfMonth, monthAfter, readyAt } from './days.js';
import { insertRun } from './new-run.js';
import type { Trigger } from './reconciliation.js';

/** After a longer absence the days before are left out; a run that somebody asks for may have them. */
export const CATCH_UP_DAYS = 7;

/**
 * Starts the runs of the calendar: each day's, once its file is there, and each month's with its last day. In however many
 * processes it looks, each run is started once.
 */
export function reconciliationCalendar(services: PaymentServices): Sweep {
  const { channels, clock } = services;
  const dueAtMs = new Map<string, number>();

  async function follow(channel: Channel): Promise<boolean> {
    const key = channelInstanceKey(channel);
    const nowMs = clock.now().getTime();
    if (nowMs < (dueAtMs.get(key) ?? -Infinity)) return false;
    dueAtMs.set(key, Infinity); // before the first wait: an overlapping run has nothing to do
    try {
      const { dueAt, started } = await startDue(services, channel);
      dueAtMs.set(key, dueAt.getTime());
      return started > 0;
    } catch (error) {
      dueAtMs.delete(key);
      throw error;
    }
  }

  return {
    name: 'payment.reconciliation-calendar',
    async run() {
      let any = false;
      for (const channel of [...channels.list('live'), ...channels.list('test')]) {
        if (channel.fetchStatement !== undefined) any = (await follow(channel)) || any;
      }
      return any;
    },
  };
}

async function startDue(
  services: PaymentServices,
  channel: Channel,
): Promise<{ readonly dueAt: Date; readonly started: number }> {
  const { accounts, clock, database, logger } = services;
  const calendar = channel.statementDays!;
  const now = clock.now();
  const today = dayOf(now, calendar);
  const [keeper] = await accounts.list();
  if (keeper === undefined) return { dueAt: readyAt(today, calendar), started: 0 };
  const actor = { account: keeper.id, livemode: channel.mode === 'live', id: 'calendar', requestId: null };

  return database.transaction(async (tx) => {
    const channelInstance = channelInstanceKey(channel);
    // What was before the channel was configured here is nobody's: it begins with today, and with a whole month.
    const thisMonth = today.slice(0, 7);
    const firstMonth = today.endsWith('-01') ? thisMonth : monthAfter(thisMonth);
    await tx.query(BEGIN, { channelInstance, day: today, month: firstMonth, now });
    const { next_day: nextDay, next_month: nextMonth } = await one(tx, LOCK, { channelInstance });
    const due = daysFrom(nextDay, today).filter((day) => readyAt(day, calendar) <= now);
    const after = due.length === 0 ? nextDay : dayAfter(due.at(-1)!);
    const left = due.slice(-CATCH_UP_DAYS);
    if (left.length < due.length) {
      logger.warn(
        { channel: channel.id, mode: channel.mode, days: due.length - left.length },
        'Days of an absence are not reconciled by themselves; ask for a run over them.',
      );
    }
    let started = 0;
    const start = async (trigger: Trigger, fromDay: string, toDay: string) => {
      if ((await insertRun(services, tx, actor, { channel, fromDay, toDay, trigger })) !== null) started += 1;
    };
    for (const day of left) await start('daily', day, day);
    let month = nextMonth;
    for (; daysOfMonth(month).last < after; month = monthAfter(month)) {
      const { first, last } = daysOfMonth(month);
      await start('monthly', first, last);
    }
    if (due.length > 0) await tx.query(ADVANCE, { channelInstance, day: after, month, now });
    return { dueAt: readyAt(after, calendar), started };
  });
}

const BEGIN = statement<{ channelInstance: string; day: string; month: string; now: Date }, object>(
  'reconciliation_calendar_begin',
  `insert into {schema}.reconciliation_calendars (channel_instance, next_day, next_month, updated_at)
   values (:channelInstance, :day, :month, :now) on conflict (channel_instance) do nothing`,
);
const LOCK = statement<{ channelInstance: string }, { readonly next_day: string; readonly next_month: string }>(
  'reconciliation_calendar_lock',
  `select next_day, next_month from {schema}.reconciliation_calendars
    where channel_instance = :channelInstance for update`,
);
const ADVANCE = statement<{ channelInstance: string; day: string; month: string; now: Date }, object>(
  'reconciliation_calendar_advance',
  `update {schema}.reconciliation_calendars set next_day = :day, next_month = :month, updated_at = :now
    where channel_instance = :channelInstance`,
);

import { ItPayError } from '@itpay/core';
import type { Actor, Channel, Tx } from '@itpay/kernel';
import type { PaymentServices } from '../services.js';
import { dayOf, daysFrom, isDay, UTC_DAYS } from './days.js';
import { insertRun } from './new-run.js';
import type { Reconciliation } from './reconciliation.js';

export const MAX_DAYS = 31;

export interface WantedRun {
  readonly channel: string;
  /** Days of the rail's calendar, both included. */
  readonly from: string;
  readonly to: string;
}

/**
 * Begins a comparison over days that somebody chose.
 *
 * @throws ItPayError `CHANNEL_NOT_SUPPORTED`, `CHANNEL_CAPABILITY_UNSUPPORTED` where no file tells of the channel,
 *   `PARAMETER_INVALID` for days that are none, too many, or not there yet
 */
export async function requestRun(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  { channel: id, from, to }: WantedRun,
): Promise<Reconciliation> {
  const channel = requireStatements(services, actor, id);
  requireDays(services, channel, from, to);
  return (await insertRun(services, tx, actor, { channel, fromDay: from, toDay: to, trigger: 'request' }))!;
}

function requireStatements({ channels }: PaymentServices, { livemode }: Actor, id: string): Channel {
  const mode = livemode ? 'live' : 'test';
  const channel = channels.get(id, mode);
  if (channel === undefined) {
    throw new ItPayError('CHANNEL_NOT_SUPPORTED', {
      param: 'channel',
      details: { channel: id, allowed: channels.list(mode).map((one) => one.id) },
    });
  }
  if (!channel.capabilities.includes('statement')) {
    throw new ItPayError('CHANNEL_CAPABILITY_UNSUPPORTED', {
      message: `No file tells what happened on the channel "${id}", so there is nothing to compare with.`,
      param: 'channel',
      details: { channel: id, capability: 'statement' },
    });
  }
  return channel;
}

function requireDays({ clock }: PaymentServices, channel: Channel, from: string, to: string): void {
  const refuse = (param: 'from' | 'to', message: string) => new ItPayError('PARAMETER_INVALID', { message, param });
  if (!isDay(from)) throw refuse('from', 'from is not a day such as 2026-03-02.');
  if (!isDay(to)) throw refuse('to', 'to is not a day such as 2026-03-02.');
  if (from > to) throw refuse('to', 'to is before from.');
  const today = dayOf(clock.now(), channel.statementDays ?? UTC_DAYS);
  if (to > today) throw refuse('to', `to is after today, which is ${today} for this channel.`);
  if (daysFrom(from, to).length > MAX_DAYS) throw refuse('to', `These are more than ${MAX_DAYS} days. Ask in parts.`);
}

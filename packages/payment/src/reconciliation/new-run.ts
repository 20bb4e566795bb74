import { channelInstanceKey, type Actor, type Channel, type Tx } from '@itpay/kernel';
import type { PaymentServices } from '../services.js';
import { daysFrom } from './days.js';
import { NO_COUNTS, type Reconciliation, type Trigger } from './reconciliation.js';

export const RECONCILE_JOB = 'payment.reconcile';

/** Names a run in the `jobs` table. */
export interface ReconcilePayload {
  readonly id: string;
  readonly account: string;
  readonly livemode: boolean;
}

export interface NewRun {
  readonly channel: Channel;
  readonly fromDay: string;
  readonly toDay: string;
  readonly trigger: Trigger;
}

/**
 * Writes a run and the job that begins it.
 *
 * @returns null when the calendar has started this one before
 */
export async function insertRun(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  { channel, fromDay, toDay, trigger }: NewRun,
): Promise<Reconciliation | null> {
  const { audit, clock, ids, reconciliations } = services;
  const now = clock.now();
  const run: Reconciliation = {
    id: ids.next('rec'),
    account: actor.account,
    livemode: actor.livemode,
    channel: channel.id,
    channelInstance: channelInstanceKey(channel),
    merchantAccount: channel.merchantAccount,
    fromDay,
    toDay,
    trigger,
    status: 'pending',
    step: { phase: 'fetch', tries: 0 },
    days: daysFrom(fromDay, toDay).map((day) => ({ day, file: 'pending' })),
    counts: NO_COUNTS,
    failure: null,
    version: 1,
    createdBy: actor.id,
    createdAt: now,
    updatedAt: now,
    finishedAt: null,
  };
  if (!(await reconciliations.insert(tx, run))) return null;
  await audit.append(tx, actor, [
    { action: 'reconciliation.start', objectId: run.id, fromState: null, toState: run.status },
  ]);
  await addStep(services, tx, run);
  return run;
}

/** The next step of a run, which exists only if `tx` commits. */
export async function addStep(
  { jobs }: PaymentServices,
  tx: Tx,
  { id, account, livemode, channelInstance }: Reconciliation,
  runAt?: Date,
): Promise<void> {
  const payload: ReconcilePayload = { id, account, livemode };
  await jobs.add(tx, RECONCILE_JOB, id, payload, { runAt, lane: `channel:${channelInstance}` });
}

import { next } from '@itpay/core';
import { exceptionMachine, type ExceptionStatus, type ReconciliationException } from './reconciliation.js';

/** What is known of an exception before a run ends that has looked for it. */
export type KnownException = Pick<ReconciliationException, 'status' | 'resolution' | 'reconciliationId'>;

export interface Sighting {
  /** Null: there is nothing to write down. */
  readonly status: ExceptionStatus | null;
  /** Somebody has to look now, who had not before. */
  readonly alarms: boolean;
}

/**
 * What a run makes of one exception. Pure. What may be a difference of time waits until a later run sees it too; what is
 * gone is resolved by itself; what an operator resolved stays resolved.
 *
 * @param known null: nobody has seen it before
 */
export function sight(
  known: KnownException | null,
  { waits, gone }: { readonly waits: boolean; readonly gone: boolean },
  runId: string,
): Sighting {
  if (known === null) return gone ? NOTHING : { status: waits ? 'waiting' : 'open', alarms: !waits };
  const { status, resolution, reconciliationId } = known;
  const step = (action: Parameters<typeof next<ExceptionStatus, (typeof exceptionMachine.actions)[number]>>[2]) =>
    next(exceptionMachine, status, action)!;
  if (gone) return status === 'resolved' ? NOTHING : { status: step('vanish'), alarms: false };
  if (status === 'resolved') {
    if (resolution === 'operator') return { status, alarms: false };
    return { status: step(waits ? 'return_waiting' : 'return'), alarms: !waits };
  }
  // Ids rise with time: a run that began before the one that saw it is no second look.
  const isSecondLook = runId > reconciliationId;
  if (status === 'waiting' && (!waits || isSecondLook)) return { status: step('alarm'), alarms: true };
  return { status, alarms: false };
}

const NOTHING: Sighting = { status: null, alarms: false };

import type { Actor, AuditEntry, NewEvent, Tx } from '@itpay/kernel';
import type { PaymentServices } from '../services.js';
import {
  type ExceptionClass,
  type Reconciliation,
  type ReconciliationException,
  type RunCounts,
} from './reconciliation.js';
import { sight } from './sighting.js';
import type { KeptFinding } from './store.js';
import { toPlainException, toPlainRun } from './wire.js';

const BATCH = 500;

/**
 * Makes exceptions of what a run has found, and ends it: exceptions, alarms and the end of the run commit together. Two runs
 * of the same rail end one after the other.
 */
export async function finish(services: PaymentServices, tx: Tx, run: Reconciliation): Promise<Reconciliation> {
  const { audit, clock, outbox, reconciliations } = services;
  const actor = actorOfRun(run);
  await reconciliations.lockRunning(tx, run);
  const counts = { ...run.counts, waiting: 0, open: 0, resolved: 0, classes: {} as Record<ExceptionClass, number> };

  for (let last: KeptFinding | null = null; ;) {
    const findings: KeptFinding[] = await reconciliations.findings(tx, run, last, BATCH);
    if (findings.length === 0) break;
    const known = await reconciliations.exceptionsOf(tx, run, findings);
    for (const [index, finding] of findings.entries()) {
      await settleFinding(services, tx, { run, actor, finding, known: known[index]!, counts });
    }
    last = findings.at(-1)!;
  }

  const now = clock.now();
  const ended: Reconciliation = {
    ...run,
    status: 'completed',
    counts: counts as RunCounts,
    version: run.version + 1,
    updatedAt: now,
    finishedAt: now,
  };
  await reconciliations.save(tx, ended);
  await outbox.append(tx, actor, [{ type: 'reconciliation.completed', objectId: run.id, object: toPlainRun(ended) }]);
  await audit.append(tx, actor, [
    { action: 'reconciliation.complete', objectId: run.id, fromState: run.status, toState: ended.status },
  ]);
  return ended;
}

interface Settling {
  readonly run: Reconciliation;
  readonly actor: Actor;
  readonly finding: KeptFinding;
  readonly known: ReconciliationException | null;
  readonly counts: Mutable<Omit<RunCounts, 'classes'>> & { classes: Partial<Record<ExceptionClass, number>> };
}
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

async function settleFinding(
  services: PaymentServices,
  tx: Tx,
  { run, actor, finding, known, counts }: Settling,
): Promise<void> {
  const { audit, clock, ids, outbox, reconciliations } = services;
  const { status, alarms } = sight(known, finding, run.id);
  if (status === null) return;
  if (status === 'resolved' && finding.gone) counts.resolved += 1;
  if (status !== 'resolved') {
    counts[status] += 1;
    counts.classes[finding.class] = (counts.classes[finding.class] ?? 0) + 1;
  }
  // What an operator resolved is left as it was resolved; the run only lists it.
  if (known !== null && status === 'resolved' && !finding.gone) return reconciliations.nameException(tx, run, known);

  const now = clock.now();
  const vanished = status === 'resolved';
  const exception: ReconciliationException = {
    id: known?.id ?? ids.next('exc'),
    account: run.account,
    livemode: run.livemode,
    channel: run.channel,
    channelInstance: run.channelInstance,
    merchantAccount: run.merchantAccount,
    class: finding.class,
    subject: finding.subject,
    status,
    facts: vanished ? known!.facts : finding.facts,
    firstReconciliationId: known?.firstReconciliationId ?? run.id,
    reconciliationId: latest(known?.reconciliationId, run.id),
    resolution: vanished ? 'automatic' : null,
    resolvedBy: vanished ? actor.id : null,
    reason: null,
    version: (known?.version ?? 0) + 1,
    createdAt: known?.createdAt ?? now,
    updatedAt: now,
    resolvedAt: vanished ? now : null,
  };
  await (known === null
    ? reconciliations.insertException(tx, exception)
    : reconciliations.saveException(tx, exception));
  await reconciliations.nameException(tx, run, exception);
  const events: NewEvent[] = alarms
    ? [{ type: 'reconciliation.discrepancy', objectId: exception.id, object: toPlainException(exception) }]
    : [];
  await outbox.append(tx, actor, events);
  const entries: AuditEntry[] =
    known?.status === status
      ? []
      : [{ action: 'exception', objectId: exception.id, fromState: known?.status ?? null, toState: status }];
  await audit.append(tx, actor, entries);
}

/** Runs act for themselves, in the name of nobody. */
export function actorOfRun({ account, livemode }: Reconciliation): Actor {
  return { account, livemode, id: 'reconciliation', requestId: null };
}

const latest = (a: string | undefined, b: string): string => (a !== undefined && a > b ? a : b);

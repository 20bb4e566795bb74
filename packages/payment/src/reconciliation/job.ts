import type { ErrorCode } from '@itpay/core';
import type { Job, JobContext } from '@itpay/kernel';
import type { PaymentServices } from '../services.js';
import { actorOfRun, finish } from './finish.js';
import { addStep, insertRun, RECONCILE_JOB, type ReconcilePayload } from './new-run.js';
import type { Reconciliation } from './reconciliation.js';
import { takeStep } from './steps.js';
import type { KeptFinding } from './store.js';

/**
 * Works a run through, one step a job: a day's file, a page of a comparison, the end. What a step writes commits together
 * with the job of the next one, so that a process may die between any two of them.
 */
export function reconcileJob(services: PaymentServices): Job<ReconcilePayload> {
  const { channels, clock, database, logger, reconciliations } = services;

  async function fail(run: Reconciliation, failure: ErrorCode, context: JobContext): Promise<void> {
    logger.error({ reconciliation: run.id, channel: run.channel, code: failure }, 'A reconciliation cannot go on.');
    const now = clock.now();
    const version = run.version + 1;
    await context.complete(async (tx) => {
      await reconciliations.save(tx, { ...run, status: 'failed', failure, version, updatedAt: now, finishedAt: now });
      await services.audit.append(tx, actorOfRun(run), [
        { action: 'reconciliation.fail', objectId: run.id, fromState: run.status, toState: 'failed' },
      ]);
    });
  }

  // Of all differences the one that no channel can cause.
  function reportLedger(findings: readonly KeptFinding[]): void {
    for (const { class: of, subject, gone } of findings) {
      if (of !== 'ledger_mismatch' || gone) continue;
      logger.error({ paymentIntent: subject }, 'The ledger does not add up to its payment; a bug of ItPay.');
    }
  }

  return {
    name: RECONCILE_JOB,
    async run(payload, context) {
      const run = await reconciliations.find(database, payload, payload.id);
      if (run === null || run.finishedAt !== null) return;
      const channel = channels.byKey(run.channelInstance);
      if (channel === undefined) return fail(run, 'CHANNEL_UNAVAILABLE', context);
      if (run.step.phase === 'finish') return context.complete(async (tx) => void (await finish(services, tx, run)));

      const { change, findings = [], runAt, others = [] } = await takeStep(services, channel, run);
      reportLedger(findings);
      const after: Reconciliation = {
        ...run,
        ...change,
        status: 'running',
        version: run.version + 1,
        updatedAt: clock.now(),
      };
      await context.complete(async (tx) => {
        await reconciliations.keepFindings(tx, run, findings);
        await reconciliations.save(tx, after);
        await addStep(services, tx, run, runAt);
        for (const account of others) {
          const { fromDay, toDay, trigger } = run;
          await insertRun(services, tx, { ...actorOfRun(run), account }, { channel, fromDay, toDay, trigger });
        }
      });
    },
  };
}

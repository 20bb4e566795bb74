import { ItPayError, next } from '@itpay/core';
import type { Actor, Tx } from '@itpay/kernel';
import type { PaymentServices } from '../services.js';
import { exceptionMachine, type ReconciliationException } from './reconciliation.js';

export interface Resolution {
  readonly reconciliationId: string;
  readonly exceptionId: string;
  readonly reason: string;
  readonly evidenceDigest: Uint8Array;
}

/**
 * Writes down that somebody has looked, and why the difference is settled. It moves no money and changes no payment.
 *
 * @throws ItPayError `RECONCILIATION_NOT_FOUND`, `RESOURCE_NOT_FOUND`, `INVALID_STATE_TRANSITION`
 */
export async function resolveException(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  { reconciliationId, exceptionId, reason, evidenceDigest }: Resolution,
): Promise<ReconciliationException> {
  const { audit, clock, reconciliations } = services;
  if ((await reconciliations.find(tx, actor, reconciliationId)) === null) throw runNotFound(reconciliationId);
  const exception = await reconciliations.lockException(tx, actor, { reconciliationId, exceptionId });
  if (exception === null) throw exceptionNotFound(exceptionId);
  const status = next(exceptionMachine, exception.status, 'resolve');
  if (status === null) {
    const { status: current } = exception;
    throw new ItPayError('INVALID_STATE_TRANSITION', {
      message: `${exceptionId} is ${current} already.`,
      details: {
        object: 'reconciliation_exception',
        id: exceptionId,
        current,
        requested: 'resolve',
        allowed: [],
      },
    });
  }
  const now = clock.now();
  const resolved: ReconciliationException = {
    ...exception,
    status,
    resolution: 'operator',
    resolvedBy: actor.id,
    reason,
    version: exception.version + 1,
    updatedAt: now,
    resolvedAt: now,
  };
  await reconciliations.saveException(tx, resolved);
  await audit.append(tx, actor, [
    { action: 'resolve', objectId: exceptionId, fromState: exception.status, toState: status, evidenceDigest },
  ]);
  return resolved;
}

export function runNotFound(id: string): ItPayError {
  return new ItPayError('RECONCILIATION_NOT_FOUND', { param: 'id', details: { object: 'reconciliation', id } });
}

function exceptionNotFound(id: string): ItPayError {
  return new ItPayError('RESOURCE_NOT_FOUND', {
    message: 'This run has seen no such exception.',
    param: 'exception',
    details: { object: 'reconciliation_exception', id },
  });
}

import { next } from '@itpay/core';
import { ACTION_OF, operationMachine, type Operation } from './operation.js';
import type { ChannelFailure, Outcome } from './outcome.js';
import { nextRefundQuery, nextUnknownQuery, nextWaitingQuery } from './schedule.js';

/** How long a process may take for a call before others take it that it died. Longer than any time limit of a call. */
export const OPERATION_LEASE_MS = 60_000;
/** Two "I do not know it" this far apart count as final on a rail whose single word does not. */
const NOT_FOUND_AGREES_AFTER_MS = 30_000;

/** Takes an operation up: the call follows once this is committed. Null when it is not to be started. */
export function start(operation: Operation, now: Date): Operation | null {
  const state = next(operationMachine, operation.state, 'start');
  return (
    state && {
      ...operation,
      state,
      failure: null,
      leaseExpiresAt: new Date(now.getTime() + OPERATION_LEASE_MS),
      nextQueryAt: null,
      updatedAt: now,
    }
  );
}

/**
 * What an outcome makes of an operation. Pure.
 *
 * @returns null when the outcome says nothing new: it is stale, or repeats what was known. The state never goes back.
 */
export function settle(operation: Operation, outcome: Outcome<unknown>, now: Date): Operation | null {
  const state = next(operationMachine, operation.state, ACTION_OF[outcome.outcome]);
  if (state === null) return null;
  const failure = 'failure' in outcome ? outcome.failure : null;
  const { kind, unattended } = operation;
  const settled = { ...operation, ...NOTHING_ASKED, state, failure, leaseExpiresAt: null, updatedAt: now };
  switch (state) {
    case 'unknown':
      // Its caller is dead, or was told to wait: what turns out not to be sent is sent by a sweep from here on.
      return { ...settled, unattended: true, unknownSince: now, nextQueryAt: nextUnknownQuery(now, 0) };
    case 'pending':
      return { ...settled, nextQueryAt: nextQuestion(operation, now, 0) };
    case 'not_sent':
      // Whoever waits for it decides whether to repeat it; what nobody waits for is repeated here. So are a refund and a void,
      // which stand in the books as asked for until they have ended: the key of their caller may be lost.
      return { ...settled, nextQueryAt: unattended || GOES_ON[kind] ? sendAgainAt(failure, now) : null };
    case 'declined':
      return { ...settled, orderOpen: false };
    default:
      return settled;
  }
}

/** The operation after a question that settled nothing: the next one is due later, or an operator has to look. */
export function stillOpen(operation: Operation, now: Date): Operation {
  const queries = operation.queries + 1;
  if (operation.state === 'unknown') {
    // Whoever asks before the time, such as a caller that comes again and again, uses up none of the schedule.
    const due = nextUnknownQuery(operation.unknownSince ?? now, operation.queries);
    if (due !== null && due > now) return { ...operation, nextQueryAt: due, updatedAt: now };
    const nextQueryAt = nextUnknownQuery(operation.unknownSince ?? now, queries);
    return { ...operation, queries, nextQueryAt, operatorRequired: nextQueryAt === null, updatedAt: now };
  }
  return { ...operation, queries, nextQueryAt: nextQuestion(operation, now, queries), updatedAt: now };
}

/**
 * The operation after the channel said that it does not know it.
 *
 * @param isFinal the channel declares that its single word is enough
 */
export function notFound(
  operation: Operation,
  isFinal: boolean,
  now: Date,
): { readonly agreed: boolean; readonly operation: Operation } {
  const since = operation.notFoundSince ?? now;
  const agreed = isFinal || now.getTime() - since.getTime() >= NOT_FOUND_AGREES_AFTER_MS;
  return { agreed, operation: { ...operation, notFoundSince: since } };
}

const SEND_AGAIN_MS = 60_000;
const GOES_ON: Partial<Record<Operation['kind'], true>> = { refund: true, cancel: true };

function sendAgainAt(failure: ChannelFailure | null, now: Date): Date {
  return new Date(now.getTime() + Math.max(failure?.retryAfterMs ?? 0, SEND_AGAIN_MS));
}

const NOTHING_ASKED = {
  queries: 0,
  unknownSince: null,
  notFoundSince: null,
  nextQueryAt: null,
  operatorRequired: false,
} as const;

function nextQuestion(operation: Operation, now: Date, queries: number): Date {
  return operation.kind === 'refund' ? nextRefundQuery(now, operation.createdAt) : nextWaitingQuery(now, queries);
}

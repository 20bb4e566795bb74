import { defineMachine } from '@itpay/core';

/** What differs. */
export const EXCEPTION_CLASSES = [
  'amount_mismatch',
  'currency_mismatch',
  'status_mismatch',
  /** It is booked here, and the rail's file of its day does not have it. */
  'missing_at_channel',
  /** The rail has it, and nothing here counts it. */
  'missing_here',
  'duplicate',
  'refund_mismatch',
  /** It came after the payment was closed, and lies aside. */
  'late',
  /** Two files tell different fees for one transaction. */
  'fee_mismatch',
  /** A line of a file that no program books: it is odd, or takes back what was booked. */
  'held',
  /** The ledger does not add up to what the payment says. Never the channel's doing. */
  'ledger_mismatch',
] as const;
export type ExceptionClass = (typeof EXCEPTION_CLASSES)[number];

/** The life of an exception. What an operator resolved stays resolved, whoever sees it again. */
export const exceptionMachine = defineMachine({
  name: 'reconciliation_exception',
  states: ['waiting', 'open', 'resolved'],
  actions: ['alarm', 'resolve', 'vanish', 'return', 'return_waiting'],
  initial: ['waiting', 'open'],
  final: [],
  table: {
    waiting: { alarm: 'open', resolve: 'resolved', vanish: 'resolved' },
    open: { resolve: 'resolved', vanish: 'resolved' },
    resolved: { return: 'open', return_waiting: 'waiting' },
  },
});
export type ExceptionStatus = (typeof exceptionMachine.states)[number];

export const RUN_STATUSES = ['pending', 'running', 'completed', 'failed'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export const TRIGGERS = ['request', 'daily', 'monthly'] as const;
export type Trigger = (typeof TRIGGERS)[number];

/** Whether a day can be compared in both directions: only then can something be missing at the channel. */
export const FILE_STATES = [
  'pending',
  /** Its file is there, fetched or uploaded. */
  'read',
  /** Nobody has brought a file that tells of it. */
  'none',
  /** By the rail's calendar its file is not there yet. */
  'not_ready',
  /** The rail did not give it, however often it was asked. */
  'unavailable',
  /** It came, and cannot be read. */
  'unreadable',
] as const;
export type FileState = (typeof FILE_STATES)[number];

export interface RunDay {
  readonly day: string;
  readonly file: FileState;
}

export interface RunCounts {
  /** Lines of files that agree with what is known here. */
  readonly matched: number;
  /** Payments and refunds that were missing here, and that the rail confirmed when it was asked. */
  readonly healed: number;
  /** Exceptions as this run left them. */
  readonly waiting: number;
  readonly open: number;
  /** Exceptions of earlier runs that are gone. */
  readonly resolved: number;
  /** Exceptions that this run saw and that nobody has resolved, by class. */
  readonly classes: Readonly<Partial<Record<ExceptionClass, number>>>;
}

export const NO_COUNTS: RunCounts = { matched: 0, healed: 0, waiting: 0, open: 0, resolved: 0, classes: {} };

/** Where a step begins: behind what the one before has committed. */
export interface Cursor {
  readonly at: string;
  readonly id: string;
}

export type Step =
  | { readonly phase: 'fetch'; readonly tries: number }
  | { readonly phase: 'rows' | 'inflows' | 'refunds'; readonly after: Cursor | null }
  | { readonly phase: 'earlier'; readonly after: string | null }
  | { readonly phase: 'finish' };

/** One comparison of a channel instance with what is known here, for one account. */
export interface Reconciliation {
  readonly id: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly channel: string;
  readonly channelInstance: string;
  readonly merchantAccount: string;
  /** Days of the rail's calendar, both included. */
  readonly fromDay: string;
  readonly toDay: string;
  readonly trigger: Trigger;
  readonly status: RunStatus;
  readonly step: Step;
  readonly days: readonly RunDay[];
  readonly counts: RunCounts;
  /** Why it failed: a code. */
  readonly failure: string | null;
  readonly version: number;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly finishedAt: Date | null;
}

/** What one side says of an amount. */
export interface Side {
  readonly amount: { readonly currency: string; readonly value: number };
  readonly status: string;
}

/** What is known of a difference. */
export interface ExceptionFacts {
  readonly statementRowId: string | null;
  readonly inflowId: string | null;
  readonly refundId: string | null;
  readonly paymentIntentId: string | null;
  /** Our number at the channel, and the channel's own. */
  readonly reference: string | null;
  readonly channelTransactionId: string | null;
  readonly occurredAt: string;
  readonly channel: Side | null;
  readonly here: Side | null;
  /** A sentence for the operator. */
  readonly note: string;
  /** What the rail said when it was asked about it. */
  readonly asked: string | null;
}

export interface ReconciliationException {
  readonly id: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly channel: string;
  readonly channelInstance: string;
  readonly merchantAccount: string;
  readonly class: ExceptionClass;
  /** What it is about: the id of a line, an inflow, a refund or a payment. */
  readonly subject: string;
  readonly status: ExceptionStatus;
  readonly facts: ExceptionFacts;
  readonly firstReconciliationId: string;
  readonly reconciliationId: string;
  readonly resolution: 'automatic' | 'operator' | null;
  readonly resolvedBy: string | null;
  readonly reason: string | null;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly resolvedAt: Date | null;
}

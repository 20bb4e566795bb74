import { ItPayError } from '@itpay/core';
import {
  asReplayed,
  type Actor,
  type ChannelFailure,
  type Operation,
  type Outcome,
  type Queryable,
  type RouteAnswer,
  type Tx,
} from '@itpay/kernel';

/** What a question to the channel brought. */
export type Asked<V> =
  | { readonly kind: 'outcome'; readonly outcome: Outcome<V> }
  /** Something about an operation that is settled already: its order was scanned, or paid. */
  | { readonly kind: 'news'; readonly apply: (tx: Tx, actor: Actor) => Promise<void> }
  | { readonly kind: 'not_found' }
  /** It would not say, or nothing has changed. */
  | { readonly kind: 'nothing_new'; readonly failure?: ChannelFailure };

/** The answer to whoever asked for the operation, as things are now. */
export interface OperationAnswer {
  readonly status: number;
  /** JSON: the object, or from 400 on an error as `failedAnswer` writes it. */
  readonly body: string;
  /** Whether it is the final answer, kept for the idempotency key. */
  readonly final: boolean;
}

/** One kind of operation: how to call, how to ask, and what an outcome does to the object. */
export interface OperationHandler<V = any> {
  /**
   * Whether it still makes sense to start it: what it is about may have ended while it was queued, or between an attempt
   * that was not sent and the next. The payment is locked.
   */
  wanted(tx: Tx, operation: Operation): Promise<boolean>;
  /** Calls the channel. No transaction is open. What goes wrong is an outcome; it throws only for a bug. */
  call(operation: Operation): Promise<Outcome<V>>;
  /** Asks the channel by our own reference. No transaction is open. */
  ask(operation: Operation): Promise<Asked<V>>;
  /** Writes what the outcome does to the object. Payment and operation are locked; `operation` is settled already. */
  apply(tx: Tx, actor: Actor, operation: Operation, outcome: Outcome<V>): Promise<void>;
  answer(on: Queryable, operation: Operation): Promise<OperationAnswer>;
}

/** The answer for an operation that failed, in the form in which a key keeps it. */
export function failedAnswer(error: ItPayError, final: boolean): OperationAnswer {
  const { code, message, details, status } = error;
  return { status, body: JSON.stringify({ code, message, details }), final };
}

/** @throws ItPayError the failure that an answer keeps */
export function throwIfFailed(
  answer: Pick<OperationAnswer, 'status' | 'body'> & { readonly replayed?: boolean },
): void {
  if (answer.status < 400) return;
  const { code, message, details } = JSON.parse(answer.body) as {
    code: string;
    message: string;
    details?: Record<string, unknown>;
  };
  const error = new ItPayError(code, { message, details });
  throw answer.replayed === true ? asReplayed(error) : error;
}

/** An answer over HTTP. A failed one is thrown, so that every error leaves by the same door. */
export function toRouteAnswer(
  answer: OperationAnswer & { readonly replayed: boolean },
  render: (plain: any) => object,
): RouteAnswer {
  throwIfFailed(answer);
  return { status: answer.status, body: render(JSON.parse(answer.body)), replayed: answer.replayed };
}

import { ItPayError } from '@itpay/core';
import type { Actor } from '../audit.js';
import type { Tx } from '../ports/database.js';
import { point } from '../token.js';

/** Where a hook can stand. Each names what is about to happen. */
export const HOOK_POINTS = [
  'payment_intent.create',
  'payment_intent.capture',
  'payment_intent.cancel',
  'refund.create',
  'inflow.resolve',
] as const;
export type HookPoint = (typeof HOOK_POINTS)[number];

/** What is about to happen, and who wants it. */
export interface HookSubject {
  readonly point: HookPoint;
  readonly actor: Actor;
  /** What was asked for, in the words of the API: the body of `POST /v1/payment-intents`, say. Nobody can change it. */
  readonly request: Readonly<Record<string, unknown>>;
  /** The object that it is about, by its id. Null where it does not exist yet. */
  readonly objectId: string | null;
}

/** What a `before` hook may add. Amount, payee and currency are nobody's to change. */
export interface HookAdvice {
  /** Names of channels, the preferred first. Those that were not allowed are ignored, the others follow in their order. */
  readonly channels?: readonly string[];
  /** Added to the metadata of the payment; what the request says stays. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Code of a host or a plugin that has a say in what happens. What shall happen afterwards is no hook: subscribe to the
 * events.
 */
export interface Hook {
  /** Unique in a kernel; in logs and in the details of a veto. */
  readonly name: string;
  readonly on: HookPoint;
  /**
   * Before anything is written; no transaction is open, and it may ask other services. It has 2 seconds. Advice counts at
   * `payment_intent.create` only. Not called for a repeated request.
   *
   * What it throws is a veto: `throw veto('over_budget', 'The budget of this month is used up.')`. Any other error, and
   * running out of time, is one too, unless `onError` is `allow`.
   */
  before?(
    subject: HookSubject,
    context: { readonly signal: AbortSignal },
  ): Promise<HookAdvice | void> | HookAdvice | void;
  readonly onError?: 'veto' | 'allow';
  /**
   * Inside the transaction that writes what happens; `object` is as it was just written, in the words of the API. Only work
   * on the database, through `tx` (a host's own tables through `tx.trx`): it commits or vanishes together with the payment. What it throws rolls everything back.
   */
  within?(subject: HookSubject & { readonly object: Readonly<Record<string, unknown>> }, tx: Tx): Promise<void>;
}

/** Extension point: the hooks that plugins bring. Those of one point run in plugin order. */
export const Hooks = point<Hook>('hooks');

/**
 * The error with which a hook says no. The caller gets 403 `OPERATION_VETOED`, with this message and code.
 *
 * @param code for programs: `over_budget`; lower case letters, digits and `_`
 * @param message for the caller, so without anything internal
 */
export function veto(code: string, message: string): ItPayError {
  return new ItPayError('OPERATION_VETOED', { message, details: { veto: code } });
}

import type { ErrorCode, ErrorType, WireError } from '@itpay/core';

/**
 * The API refused. Branch on `code`, never on the message.
 *
 * @see the table of codes, and `docUrl` for the page about this one
 */
export class ItPayApiError extends Error {
  override readonly name: string = 'ItPayApiError';
  readonly code: ErrorCode | (string & {});
  readonly type: ErrorType;
  /** The HTTP status. */
  readonly status: number;
  /** The parameter at fault, as the wire spells it: `amount.value`. */
  readonly param: string | undefined;
  /** Facts that a program can use. */
  readonly details: Readonly<Record<string, unknown>> | undefined;
  /** The same request, with the same idempotency key, may succeed later. */
  readonly retryable: boolean;
  /** `req_…`, to be named to those who run the server. */
  readonly requestId: string | undefined;
  readonly docUrl: string;
  /** How long the server asked to wait; undefined when it did not. */
  readonly retryAfterMs: number | undefined;
  /** Of the request that was refused; undefined for reads. */
  readonly idempotencyKey: string | undefined;

  constructor(error: WireError, answer: AnswerFacts) {
    super(error.message);
    this.code = error.code;
    this.type = error.type;
    this.status = answer.status;
    this.param = error.param;
    this.details = error.details;
    this.retryable = error.retryable;
    this.requestId = answer.requestId;
    this.docUrl = error.doc_url;
    this.retryAfterMs = answer.retryAfterMs;
    this.idempotencyKey = answer.idempotencyKey;
  }
}

export interface AnswerFacts {
  readonly status: number;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly idempotencyKey: string | undefined;
}

/**
 * There was no answer, or none of ItPay's: the network failed, or something else listens at `baseUrl`. The request may have
 * been carried out. Repeat it with `idempotencyKey`, and it is carried out once.
 */
export class ItPayConnectionError extends Error {
  override readonly name: string = 'ItPayConnectionError';
  /** Of the request whose fate is open; undefined for reads. */
  readonly idempotencyKey: string | undefined;
  /** The HTTP status of an answer that was not ItPay's; undefined without an answer. */
  readonly status: number | undefined;

  constructor(message: string, facts: ConnectionFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.idempotencyKey = facts.idempotencyKey;
    this.status = facts.status;
  }
}

export interface ConnectionFacts {
  readonly idempotencyKey?: string | undefined;
  readonly status?: number | undefined;
  readonly cause?: unknown;
}

/** No answer came in time, or a payment did not end in time. It may have been carried out, or may still be paid. */
export class ItPayTimeoutError extends ItPayConnectionError {
  override readonly name: string = 'ItPayTimeoutError';
}

export type WebhookProblem = 'header_missing' | 'signature_invalid' | 'too_old' | 'body_invalid' | 'cannot_decrypt';

/** What came is not a webhook of ItPay's, or not for this receiver. Answer 400 and do nothing. */
export class ItPayWebhookError extends Error {
  override readonly name: string = 'ItPayWebhookError';
  readonly problem: WebhookProblem;

  constructor(problem: WebhookProblem, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.problem = problem;
  }
}

import { ERROR_CODES, type ErrorCode } from './error-codes.js';
import type { ErrorDefinition, ErrorType } from './error-definition.js';

export interface ItPayErrorOptions {
  /** For people; without it the code and the details make the message. No secrets, signatures or payloads. */
  message?: string | undefined;
  /** The request parameter at fault, as the wire spells it: `amount.value`. */
  param?: string | undefined;
  /** Facts a program can use. They reach the caller, so JSON only and nothing internal. */
  details?: Record<string, unknown> | undefined;
  /** What led here. Logged, never sent. */
  cause?: unknown;
  /** What the code means, when it comes from a plugin's own table. */
  definition?: ErrorDefinition | undefined;
}

// Registered, so that an error made by a second installed copy of this package is recognised as well.
const BRAND = Symbol.for('itpay.error');

/** A broken promise, with a code to branch on. Outcomes that are to be expected are returned instead. */
export class ItPayError extends Error {
  readonly code: ErrorCode | (string & {});
  // Declared only: a field would be there, undefined, on every error that has none.
  declare readonly param?: string;
  declare readonly details?: Record<string, unknown>;
  /** The HTTP status it is answered with. */
  readonly status: number;
  readonly type: ErrorType;
  readonly retryable: boolean;

  /** @throws TypeError for a code that neither the table nor `options.definition` explains */
  constructor(code: ErrorCode | (string & {}), options: ItPayErrorOptions = {}) {
    const definition = definitionOf(code, options.definition);
    const message = options.message ?? describe(code, definition, options.details ?? {});
    super(message, options.cause === undefined ? undefined : { cause: options.cause });

    this.code = code;
    this.status = definition.status;
    this.type = definition.type;
    this.retryable = definition.retryable;
    if (options.param !== undefined) this.param = options.param;
    if (options.details !== undefined) this.details = options.details;
  }
}

// On the prototype, as the built-in errors do it, so that neither shows among an error's own facts in a log.
Object.defineProperties(ItPayError.prototype, { name: { value: 'ItPayError' }, [BRAND]: { value: true } });

/** Whether `value` is an ItPayError, from whichever copy of this package. */
export function isItPayError(value: unknown): value is ItPayError {
  return typeof value === 'object' && value !== null && (value as { [BRAND]?: unknown })[BRAND] === true;
}

/** An error in a response body, without the envelope. */
export interface WireError {
  type: ErrorType;
  code: string;
  message: string;
  param?: string;
  details?: Record<string, unknown>;
  retryable: boolean;
  doc_url: string;
}

/**
 * What the caller gets to see; stack and cause stay here.
 *
 * @param docBase the folder of the error pages, without a slash at the end
 */
export function toWireError(error: ItPayError, docBase: string): WireError {
  return {
    type: error.type,
    code: error.code,
    message: error.message,
    ...(error.param !== undefined && { param: error.param }),
    ...(error.details !== undefined && { details: error.details }),
    retryable: error.retryable,
    doc_url: `${docBase}/${error.code}`,
  };
}

// The table comes first: a plugin explains its own codes and cannot change what ours mean.
function definitionOf(code: string, own: ErrorDefinition | undefined): ErrorDefinition {
  if (Object.hasOwn(ERROR_CODES, code)) return ERROR_CODES[code as ErrorCode];
  if (own) return own;
  throw new TypeError(`The error code ${code} is in no table. Pass its definition as options.definition.`);
}

function describe(code: string, definition: ErrorDefinition, details: Record<string, unknown>): string {
  const { object, id, current, requested } = details;
  if (code === 'INVALID_STATE_TRANSITION' && object && current) {
    return `Cannot ${requested ?? 'change'} ${[object, id].filter(Boolean).join(' ')} because it is ${current}.`;
  }
  if (definition.type === 'not_found' && object && id) return `There is no ${object} ${id}.`;
  return definition.meaning;
}

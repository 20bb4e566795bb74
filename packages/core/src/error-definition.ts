/** Which part of a program reacts to an error. */
export type ErrorType =
  | 'validation'
  | 'authentication'
  | 'authorization'
  | 'not_found'
  | 'conflict'
  | 'payment'
  | 'channel'
  | 'rate_limit'
  | 'server';

/** What a code promises. A plugin that brings codes of its own describes each in the same way. */
export interface ErrorDefinition {
  /** The HTTP status it is answered with. */
  readonly status: number;
  readonly type: ErrorType;
  /** The same request may succeed later without a change. */
  readonly retryable: boolean;
  /** What happened; also the message, unless the thrower knows a better one. */
  readonly meaning: string;
  /** What the reader can do about it. */
  readonly fix: string;
}

/** Says once what a group of codes has in common: `const refused = definitions(400, 'validation')`. */
export function definitions(status: number, type: ErrorType, { retryable = false } = {}) {
  return (meaning: string, fix: string): ErrorDefinition => Object.freeze({ status, type, retryable, meaning, fix });
}

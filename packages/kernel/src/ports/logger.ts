import { token } from '../token.js';

export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Where log lines go. pino, winston (through a line of glue) and console-like objects fit.
 *
 * Callers pass ids, codes and durations; never keys, tokens, signatures, QR payloads or raw bodies.
 */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** False: lines of this level go nowhere, and need not be made. Left out: all are taken. */
  isLevelEnabled?(level: 'debug' | 'info' | 'warn' | 'error'): boolean;
}
export const Logger = token<Logger>('logger');

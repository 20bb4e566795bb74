import type { LogFields, Logger } from '@itpay/kernel';

export interface CapturedLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: LogFields;
  readonly message: string;
}

/** A logger that keeps what it is told, so that a test can ask for it. */
export interface CapturedLogger extends Logger {
  /** Every line so far, oldest first. */
  readonly lines: readonly CapturedLine[];
}

export function capturedLogger(): CapturedLogger {
  const lines: CapturedLine[] = [];
  const keep = (level: CapturedLine['level']) => (fields: LogFields, message: string) => {
    lines.push({ level, fields, message });
  };
  return { lines, debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') };
}

import type { Logger } from '@itpay/kernel';
import { pino } from 'pino';

/** The default logger: JSON lines on standard output. `LOG_LEVEL` sets how much is written; default `info`. */
export function defaultLogger(environment = process.env): Logger {
  return pino({ name: 'itpay', level: environment.LOG_LEVEL ?? 'info' });
}

import type { Logger } from '@itpay/kernel';
import { pino } from 'pino';

/** The default logger: JSON lines on standard output. `LOG_LEVEL` sets how much is written; default `info`. */
export function defaultLogger(environment = process.env): Logger {
  return pino({ name: 'itpay', level: environment.LOG_LEVEL ?? 'info' });
}

/** The password in a database URL, as it stands there and as it is sent: a driver's error may repeat either. */
export function passwordOf(database: string | undefined): readonly string[] {
  if (database === undefined || !URL.canParse(database)) return [];
  const { password } = new URL(database);
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}

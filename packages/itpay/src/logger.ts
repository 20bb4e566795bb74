import { readRedisSettings, type S3Options } from '@itpay/data';
import type { Logger } from '@itpay/kernel';
import { pino } from 'pino';
import type { ItPayOptions } from './options.js';

/** The default logger: JSON lines on standard output. `LOG_LEVEL` sets how much is written; default `info`. */
export function defaultLogger(environment = process.env): Logger {
  return pino({ name: 'itpay', level: environment.LOG_LEVEL ?? 'info' });
}

/** The passwords in the URLs of PostgreSQL and Redis. */
export function passwordsOf({ database, redis }: Pick<ItPayOptions, 'database' | 'redis'>): readonly string[] {
  const urls = redis === undefined ? [] : readRedisSettings(redis).urls;
  return [database, ...urls].flatMap(passwordOf);
}

/** The password in a URL, as it stands there and as it is sent: a driver's error may repeat either. */
export function passwordOf(url: string | undefined): readonly string[] {
  if (url === undefined || !URL.canParse(url)) return [];
  const { password } = new URL(url);
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}

/** The secret of the store of files, where it was given; a driver's error may repeat it. */
export function secretOf(s3: S3Options | undefined): readonly string[] {
  if (typeof s3?.credentials !== 'object') return [];
  const { secretAccessKey, sessionToken } = s3.credentials;
  return sessionToken === undefined ? [secretAccessKey] : [secretAccessKey, sessionToken];
}

import type { Logger } from '@itpay/kernel';

/** A logger of the winston kind, which takes the message first. */
export interface ShopLog {
  log(level: string, message: string, fields: object): void;
}

/** The line of glue to it. */
export const loggingTo = (log: ShopLog): Logger => ({
  debug: (fields, message) => log.log('debug', message, fields),
  info: (fields, message) => log.log('info', message, fields),
  warn: (fields, message) => log.log('warn', message, fields),
  error: (fields, message) => log.log('error', message, fields),
});

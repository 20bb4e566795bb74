import type { Logger } from '@itpay/kernel';
import type { Traffic } from './traffic.js';

/** How long a stop waits for requests that run. */
export const DRAIN_LIMIT_MS = 30_000;

/** Waits until the last request has left, or the limit has passed; then it says which ones are abandoned. */
export async function drainWithin(traffic: Traffic, limitMs: number, logger: Logger): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      logger.warn({ routes: traffic.routes, limitMs }, 'Requests that did not end in time are abandoned.');
      resolve();
    }, limitMs);
  });
  try {
    await Promise.race([traffic.drain(), late]);
  } finally {
    clearTimeout(timer);
  }
}

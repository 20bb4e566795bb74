import type { JobNotice, JobQueue } from '../ports/job-queue.js';

/**
 * What is due later than this is not offered: a million images to delete tomorrow would fill a queue's memory, and a worker
 * that finds such a row by itself is a few seconds late.
 */
const OFFER_WITHIN_MS = 600_000;

/** Offers what is due soon. */
export function offerSoon(queue: JobQueue, notices: readonly JobNotice[], now: Date): void {
  const soon = notices.filter(({ runAt }) => runAt.getTime() - now.getTime() <= OFFER_WITHIN_MS);
  if (soon.length > 0) queue.offer(soon);
}

import type { Sweep } from '@itpay/kernel';
import type { PaymentServices } from '../services.js';
import { fileKey, partKey } from './report.js';

/** Nobody waits for it, so a look per minute is often enough. */
const LOOK_EVERY_MS = 60_000;
const BATCH = 20;
/** How long another process leaves them alone, in milliseconds. */
const LEASE_MS = 5 * 60_000;

/** Deletes reports whose time is over: the file first, then the row that knows of it. */
export function reportRetention({ reports, blobs, clock }: PaymentServices): Sweep {
  let nextLookMs = -Infinity;
  return {
    name: 'payment.report-retention',
    async run() {
      const now = clock.now();
      if (now.getTime() < nextLookMs) return false;
      nextLookMs = now.getTime() + LOOK_EVERY_MS; // before the first wait: an overlapping run has nothing to do

      let deleted = 0;
      for (let full = true; full;) {
        const ended = await reports.leaseEnded(now, new Date(now.getTime() + LEASE_MS), BATCH);
        for (const { id, parts } of ended) {
          await blobs.delete(fileKey(id));
          // One more than was noted: a process may have died between storing a part and noting it.
          for (let part = 0; part <= parts; part++) await blobs.delete(partKey(id, part));
          await reports.remove(id);
        }
        deleted += ended.length;
        full = ended.length === BATCH;
      }
      return deleted > 0;
    },
  };
}

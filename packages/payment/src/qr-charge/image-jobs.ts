import { PRIORITIES, type BlobStore, type Job, type Jobs, type Tx } from '@itpay/kernel';

const FORGET = 'payment.forget_qr_image';
const KEPT_MS = 86_400_000;

/** Where the drawn PNG of a charge is kept while the charge can be paid. */
export const pngKey = (chargeId: string) => `qr/${chargeId}.png`;

/**
 * Has the image deleted a day after the transaction: a paid or closed charge shows no code from now on, and by then nobody
 * still draws one that was asked for before. (Protocol, G19)
 */
export function forgetImage(jobs: Jobs, tx: Tx, chargeId: string, closedAt: Date): Promise<void> {
  const runAt = new Date(closedAt.getTime() + KEPT_MS);
  return jobs.add(tx, FORGET, chargeId, { chargeId }, { runAt, priority: PRIORITIES.upkeep });
}

export const forgetImageJob = (blobs: BlobStore): Job<{ chargeId: string }> => ({
  name: FORGET,
  run: ({ chargeId }) => blobs.delete(pngKey(chargeId)),
});

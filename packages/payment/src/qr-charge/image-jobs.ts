import type { BlobStore, Job, Jobs, Tx } from '@itpay/kernel';

const FORGET = 'payment.forget_qr_image';

/** Where the drawn PNG of a charge is kept while the charge can be paid. */
export const pngKey = (chargeId: string) => `qr/${chargeId}.png`;

/** Has the image deleted once the transaction commits: a paid or closed charge shows no code any more. */
export function forgetImage(jobs: Jobs, tx: Tx, chargeId: string): Promise<void> {
  return jobs.add(tx, FORGET, chargeId, { chargeId });
}

export const forgetImageJob = (blobs: BlobStore): Job<{ chargeId: string }> => ({
  name: FORGET,
  run: ({ chargeId }) => blobs.delete(pngKey(chargeId)),
});

import { canonicalJson, ItPayError, next } from '@itpay/core';
import type { Actor, Tx } from '@itpay/kernel';
import type { PaymentServices } from '../services.js';
import { sha256 } from '../sha256.js';
import { refundFileMachine, type RefundFile } from './refund-file.js';

/**
 * Notes that a file was never sent: it cannot be fetched any more, and its refunds may go into another one. The audit log
 * keeps a digest of the reason.
 *
 * @throws ItPayError `REFUND_FILE_NOT_FOUND`; `INVALID_STATE_TRANSITION` when something became of one of its refunds, which
 *   shows that it was sent
 */
export async function cancelRefundFile(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  { id, reason }: { readonly id: string; readonly reason: string },
): Promise<RefundFile> {
  const { refundFiles, clock, audit } = services;
  const file = await refundFiles.lock(tx, actor, id);
  if (file === null) throw refundFileNotFound(id);
  const status = next(refundFileMachine, file.status, 'cancel');
  if (status === null) throw cannotCancel(file, 'It is cancelled already.');
  const settled = await refundFiles.settledIn(tx, id);
  if (settled.length > 0) {
    throw cannotCancel(file, `Its refund ${settled[0]} is not waiting any more, so the bank had the file.`);
  }
  await refundFiles.cancel(tx, id, clock.now());
  await audit.append(tx, actor, [
    {
      action: 'refund_file.cancel',
      objectId: id,
      fromState: file.status,
      toState: status,
      evidenceDigest: sha256(canonicalJson({ reason })),
    },
  ]);
  return (await refundFiles.find(tx, actor, id))!;
}

export function refundFileNotFound(id: string): ItPayError {
  return new ItPayError('REFUND_FILE_NOT_FOUND', { param: 'id', details: { object: 'refund_file', id } });
}

function cannotCancel({ id, status }: RefundFile, why: string): ItPayError {
  return new ItPayError('INVALID_STATE_TRANSITION', {
    message: `The refund file ${id} cannot be cancelled. ${why}`,
    details: { object: 'refund_file', id, current: status, requested: 'cancel', allowed: [] },
  });
}

import { hash } from 'node:crypto';
import { ItPayError } from '@itpay/core';
import type { Actor, Channel, RefundTransfer, Tx } from '@itpay/kernel';
import { refundNotFound } from '../refund/change.js';
import type { PaymentServices } from '../services.js';
import { decideTransfer, totalsOf } from './decide.js';
import type { LeftOut, RefundFile } from './refund-file.js';

export interface RefundFileRequest {
  readonly channel: string;
  /** Null: all that wait. */
  readonly refundIds: readonly string[] | null;
}

/**
 * Writes a file for the bank with the manual refunds of a channel that are to be sent and are in no other file. What cannot be
 * in it is told with the reason, and waits as before.
 *
 * @throws ItPayError `CHANNEL_NOT_SUPPORTED`, `CHANNEL_CAPABILITY_UNSUPPORTED`; `REFUND_NOT_FOUND` for one that was named;
 *   `REFUND_FILE_EMPTY` when no refund is left, with the reasons in its details
 */
export async function createRefundFile(
  services: PaymentServices,
  tx: Tx,
  actor: Actor,
  request: RefundFileRequest,
): Promise<RefundFile> {
  const { refundFiles, clock, ids } = services;
  const channel = channelOf(services, actor, request.channel);
  const refundIds = request.refundIds && [...new Set(request.refundIds)];
  const candidates = await refundFiles.lockCandidates(tx, actor, channel, refundIds);
  const missing = refundIds?.find((id) => candidates.every((candidate) => candidate.id !== id));
  if (missing !== undefined) throw refundNotFound(missing, 'refund_ids');

  const id = ids.next('rff');
  const about = { fileId: id.slice('rff_'.length), createdAt: clock.now() };
  const payers = await refundFiles.payersOf(
    tx,
    candidates.map((candidate) => candidate.id),
  );
  const transfers = new Map<string, RefundTransfer>();
  const leftOut: LeftOut[] = [];
  for (const candidate of candidates) {
    const known = payers.get(candidate.id) ?? { accounts: [], returned: false };
    const decision = decideTransfer(candidate, known, channel, about);
    if (decision.ok) transfers.set(candidate.id, decision.transfer);
    else leftOut.push(decision.leftOut);
  }

  const taken = await refundFiles.insertItems(tx, id, [...transfers.keys()]);
  for (const refundId of [...transfers.keys()].filter((one) => !taken.has(one))) {
    transfers.delete(refundId);
    leftOut.push({ refundId, reason: 'in_another_file', field: null });
  }
  if (transfers.size === 0) throw nothingToSend(channel, leftOut);

  const document = channel.refundFile!({ ...about, transfers: [...transfers.values()] });
  const file: RefundFile = {
    id,
    account: actor.account,
    livemode: actor.livemode,
    channel: channel.id,
    merchantAccount: channel.merchantAccount,
    status: 'ready',
    refundIds: [...transfers.keys()],
    totals: totalsOf([...transfers.values()].map(({ amount }) => amount)),
    leftOut,
    extension: document.extension,
    contentType: document.contentType,
    digest: hash('sha256', document.bytes, 'buffer'),
    sequence: 1,
    createdBy: actor.id,
    createdAt: about.createdAt,
    cancelledAt: null,
  };
  await refundFiles.insert(tx, file, document.bytes);
  await services.audit.append(tx, actor, [
    {
      action: 'refund_file.create',
      objectId: id,
      fromState: null,
      toState: 'ready',
      evidenceDigest: file.digest,
    },
  ]);
  return file;
}

function channelOf({ channels }: PaymentServices, { livemode }: Actor, id: string): Channel {
  const mode = livemode ? 'live' : 'test';
  const channel = channels.get(id, mode);
  if (channel === undefined) {
    throw new ItPayError('CHANNEL_NOT_SUPPORTED', {
      param: 'channel',
      details: { channel: id, allowed: channels.list(mode).map((one) => one.id) },
    });
  }
  if (channel.refundFile === undefined) {
    throw new ItPayError('CHANNEL_CAPABILITY_UNSUPPORTED', {
      message: `The channel "${id}" has no file for refunds. Send its refunds as they say, and complete each.`,
      param: 'channel',
      details: { channel: id, capability: 'refund_file' },
    });
  }
  return channel;
}

function nothingToSend({ id }: Channel, leftOut: readonly LeftOut[]): ItPayError {
  return new ItPayError('REFUND_FILE_EMPTY', {
    message:
      leftOut.length === 0
        ? `No refund of "${id}" waits to be sent.`
        : `No refund can go into the file; details.left_out says why for each of ${leftOut.length}.`,
    details: { left_out: leftOut.map(({ refundId, reason, field }) => ({ refund_id: refundId, reason, field })) },
  });
}

import {
  channelInstanceKey,
  findByReference,
  operationsOfPayment,
  type Actor,
  type Channel,
  type ChannelNotice,
  type Logger,
  type Operation,
  type Tx,
} from '@itpay/kernel';
import { bookPayment, concludeOrder } from '../inflow/book-payment.js';
import { keeperOf } from '../inflow/keeper.js';
import { receiveUnattributed } from '../inflow/unattributed.js';
import { authorizedByChannel } from '../intent/authorized.js';
import type { PaymentIntent } from '../intent/intent.js';
import { scannedByChannel } from '../intent/scanned.js';
import { channelActor } from '../operation/channel-actor.js';
import type { PaymentServices } from '../services.js';
import { refuseForSubject, refuseNotice, type NoticeRefusal } from './check-notice.js';
import { claimNotification, endNotification, releaseNotification, type HeldNotification } from './store.js';

/** A notice whose signature was verified, and the request in which it came. */
export interface ReceivedNotice {
  readonly channel: Channel;
  readonly notice: ChannelNotice;
  /** SHA-256 of the body. */
  readonly bodyDigest: Buffer;
  /** The body, encrypted. */
  readonly sealedBody: Uint8Array;
  readonly requestId: string;
}

/** `processed`: committed, now or earlier. `mismatch` and `failure`: the channel must not take it for accepted. */
export type NoticeResult = 'processed' | 'mismatch' | 'failure';

/**
 * Works a verified notification through: claim, checks, and one transaction for everything that it changes. Of several
 * deliveries of one event, in however many processes, one changes something.
 */
export async function processNotice(
  services: PaymentServices,
  logger: Logger,
  received: ReceivedNotice,
): Promise<NoticeResult> {
  const { channel, bodyDigest, sealedBody } = received;
  const claim = await claimNotification(services.database, {
    id: services.ids.next('ntf'),
    channelInstance: channelInstanceKey(channel),
    eventKey: eventKeyOf(received),
    bodyDigest,
    sealedBody,
    now: services.clock.now(),
  });
  if (claim.verdict === 'processed') return 'processed';
  if (claim.verdict === 'busy') return 'failure';
  try {
    const refusal = await applyNotice(services, received, claim.held);
    if (refusal === null) {
      measure(services, received);
      return 'processed';
    }
    logger.warn(
      { security: true, ...namesOf(received), reason: refusal },
      'A verified notification does not fit and was rejected.',
    );
    return 'mismatch';
  } catch (error) {
    logger.error(
      { err: error, ...namesOf(received) },
      'A notification could not be processed; the channel will try again.',
    );
    await release(services, logger, claim.held);
    return 'failure';
  }
}

/** How long news of a payment took to get here. */
function measure({ telemetry, clock }: PaymentServices, { channel, notice }: ReceivedNotice): void {
  if (notice.kind !== 'payment') return;
  const seconds = (clock.now().getTime() - notice.credit!.paidAt.getTime()) / 1000;
  telemetry.duration('itpay.channel.callback.lag', seconds, {
    'itpay.channel.id': channel.id,
    'itpay.channel.mode': channel.mode,
  });
}

// Kind and reference belong to it: a rail that reports several things under one number must not lose all but the first.
function eventKeyOf({ notice, bodyDigest }: ReceivedNotice): string {
  const { eventId, kind, reference } = notice;
  return eventId ? [eventId, kind, reference].join('|') : `sha256:${bodyDigest.toString('hex')}`;
}

/** @returns why it changed nothing, or null */
async function applyNotice(
  services: PaymentServices,
  received: ReceivedNotice,
  held: HeldNotification,
): Promise<NoticeRefusal | null> {
  const { database, clock } = services;
  const { channel, notice } = received;
  const end = async (work: (tx: Tx) => Promise<NoticeRefusal | null>): Promise<NoticeRefusal | null> =>
    database.transaction(async (tx) => {
      const refusal = await work(tx);
      await endNotification(tx, held, refusal, clock.now());
      return refusal;
    });

  const refusal = refuseNotice(notice, channel);
  if (refusal !== null) return end(async () => refusal);
  const known = await findByReference(database, channelInstanceKey(channel), notice.reference);
  if (known !== null) return end((tx) => applyToOperation(services, tx, received, known.id));
  if (notice.kind !== 'payment') return end(async () => 'reference');
  const actor = await keeperOfUnattributed(services, received);
  return end(async (tx) => {
    await receiveUnattributed(services, tx, actor, {
      channel,
      credit: notice.credit!,
      source: 'callback',
      channelReference: notice.reference,
    });
    return null;
  });
}

async function applyToOperation(
  services: PaymentServices,
  tx: Tx,
  { channel, notice, requestId }: ReceivedNotice,
  operationId: string,
): Promise<NoticeRefusal | null> {
  const operation = await services.engine.lock(tx, operationId);
  const intent = await services.store.lockAny(tx, operation.paymentIntentId);
  const subject = {
    operation: operation.kind,
    captureMethod: intent.captureMethod,
    expected: await expectedAmount(tx, notice, operation, intent),
  };
  const refusal = refuseForSubject(notice, subject, channel);
  if (refusal !== null) return refusal;

  const actor: Actor = { ...channelActor(operation), requestId };
  // A hold, or a look, under an order that another one has replaced: money alone still counts.
  const isReplaced = operation.kind === 'authorize' && operation.reference !== intent.channelReference;
  if (isReplaced && (notice.kind === 'authorized' || notice.kind === 'scanned')) return null;
  switch (notice.kind) {
    case 'payment':
      await bookPayment(services, tx, actor, {
        intentId: intent.id,
        credit: notice.credit!,
        source: 'callback',
        channelReference: notice.reference,
      });
      if (intent.status === 'scanning') tx.afterCommit(() => measureScan(services, channel, intent));
      return null;
    case 'authorized':
      await concludeOrder(services, tx, actor, { intentId: intent.id, channelReference: notice.reference }, () =>
        authorizedByChannel(services, tx, actor, intent.id, notice.credit!),
      );
      return null;
    case 'scanned':
      // Concludes nothing: of an order whose answer was lost, the code is still to be found out by a question.
      await scannedByChannel(services, tx, actor, intent.id);
      return null;
    case 'closed':
      // Never a payment, and no closure on its own either: before an intent expires or is cancelled, the rail is asked.
      await services.audit.append(tx, actor, [
        { action: 'closed_notice', objectId: intent.id, fromState: intent.status, toState: intent.status },
      ]);
      return null;
    case 'refund':
      return concludeRefund(services, tx, actor, operation, notice);
  }
}

/** The scan was the last thing that had happened to the intent. */
function measureScan({ telemetry, clock }: PaymentServices, { id, mode }: Channel, { updatedAt }: PaymentIntent): void {
  const seconds = (clock.now().getTime() - updatedAt.getTime()) / 1000;
  telemetry.duration('itpay.payment.scan_to_pay.duration', seconds, {
    'itpay.channel.id': id,
    'itpay.channel.mode': mode,
  });
}

async function concludeRefund(
  { engine }: PaymentServices,
  tx: Tx,
  actor: Actor,
  { id }: Operation,
  { refund, eventId }: ChannelNotice,
): Promise<NoticeRefusal | null> {
  const outcome =
    refund!.status === 'succeeded'
      ? ({ outcome: 'succeeded', value: { channelRefundId: refund!.channelRefundId ?? eventId } } as const)
      : ({ outcome: 'declined', failure: { category: 'declined' } } as const);
  const { state } = await engine.concludeIn(tx, id, outcome, actor);
  return state === outcome.outcome ? null : 'contradiction';
}

/** What was asked of the rail: of an order whose hold is being captured, the amount of the capture. */
async function expectedAmount(tx: Tx, { kind }: ChannelNotice, operation: Operation, intent: PaymentIntent) {
  if (kind === 'payment' && intent.captureMethod === 'manual') {
    const captures = (await operationsOfPayment(tx, intent.id)).filter((other) => other.kind === 'capture');
    const latest = captures.findLast(({ state }) => state !== 'declined');
    if (latest?.amount) return latest.amount;
  }
  return operation.amount ?? intent.amount;
}

async function keeperOfUnattributed(services: PaymentServices, { channel, requestId }: ReceivedNotice): Promise<Actor> {
  const keeper = await keeperOf(services);
  return { account: keeper.id, livemode: channel.mode === 'live', id: `channel:${channel.id}`, requestId };
}

/** For logs: nothing of the body but the kind of event. */
function namesOf({ channel, notice, requestId }: ReceivedNotice) {
  return { channel: channel.id, mode: channel.mode, kind: notice.kind, requestId };
}

async function release({ database }: PaymentServices, logger: Logger, held: HeldNotification): Promise<void> {
  try {
    await releaseNotification(database, held);
  } catch (error) {
    // The lease ends by itself.
    logger.warn({ err: error, notification: held.id }, 'The claim on a notification was not given back.');
  }
}

import { maybeOne, statement, type Queryable, type Tx } from '@itpay/kernel';

/**
 * How far a notification has come. `received`: it was worked on, that failed, and it waits for the channel to come again.
 * `rejected` is for this content only: the channel may send a better one under the same event.
 */
export type NotificationState = 'received' | 'claimed' | 'processed' | 'rejected';

/** How long others leave a notification to whoever claimed it, in milliseconds. */
export const CLAIM_LEASE_MS = 60_000;

export interface NewClaim {
  /** For the row, if it is a new one. */
  readonly id: string;
  readonly channelInstance: string;
  /** What identifies the event at this instance. */
  readonly eventKey: string;
  readonly bodyDigest: Uint8Array;
  /** The body as it came, encrypted: evidence, kept for a time. */
  readonly sealedBody: Uint8Array;
  readonly now: Date;
}

/** A notification that this process works on. The end of the lease tells it apart from whoever takes it over. */
export interface HeldNotification {
  readonly id: string;
  readonly leaseExpiresAt: Date;
}

export type Claim =
  | { readonly verdict: 'claimed'; readonly held: HeldNotification }
  /** It was worked through before. */
  | { readonly verdict: 'processed' }
  /** Somebody else is at it. */
  | { readonly verdict: 'busy' };

/** Takes a notification to work on it. One statement, so of two that come at once one gets it. */
export async function claimNotification(on: Queryable, { now, ...claim }: NewClaim): Promise<Claim> {
  const leaseExpiresAt = new Date(now.getTime() + CLAIM_LEASE_MS);
  const held = await maybeOne(on, CLAIM, { ...claim, now, leaseExpiresAt });
  if (held !== null) return { verdict: 'claimed', held: { id: held.id, leaseExpiresAt } };
  const known = await maybeOne(on, FIND_STATE, { channelInstance: claim.channelInstance, eventKey: claim.eventKey });
  return { verdict: known?.state === 'processed' ? 'processed' : 'busy' };
}

/**
 * Ends the work on a notification, in the transaction of what it changed.
 *
 * @param reason why it was rejected; null when it was processed
 * @throws Error when somebody took it over meanwhile; the transaction must roll back then
 */
export async function endNotification(
  tx: Tx,
  { id, leaseExpiresAt }: HeldNotification,
  reason: string | null,
  now: Date,
): Promise<void> {
  const state = reason === null ? 'processed' : 'rejected';
  const ended = await tx.query(END, { id, leaseExpiresAt, state, reason, now });
  if (ended.length !== 1) throw new Error(`The notification ${id} was taken over while it was worked on.`);
}

/** Gives a notification back after a failure, so that the channel's next attempt need not wait for the lease to end. */
export async function releaseNotification(on: Queryable, { id, leaseExpiresAt }: HeldNotification): Promise<void> {
  await on.query(RELEASE, { id, leaseExpiresAt });
}

const CLAIM = statement<NewClaim & { readonly leaseExpiresAt: Date }, { id: string }>(
  'notification_claim',
  `insert into {schema}.notifications as known
     (id, channel_instance, event_key, state, lease_expires_at, body_digest, sealed_body, body_at, received_at)
   values (:id, :channelInstance, :eventKey, 'claimed', :leaseExpiresAt, :bodyDigest, :sealedBody, :now, :now)
   on conflict (channel_instance, event_key) do update set
     state = 'claimed', lease_expires_at = excluded.lease_expires_at, body_digest = excluded.body_digest,
     sealed_body = excluded.sealed_body, body_at = excluded.body_at, reason = null
    where known.state in ('received', 'rejected')
       or (known.state = 'claimed' and known.lease_expires_at <= excluded.received_at)
   returning id`,
);
const FIND_STATE = statement<{ channelInstance: string; eventKey: string }, { state: NotificationState }>(
  'notification_state',
  `select state from {schema}.notifications where channel_instance = :channelInstance and event_key = :eventKey`,
);
const END = statement<
  HeldNotification & { state: NotificationState; reason: string | null; now: Date },
  { id: string }
>(
  'notification_end',
  `update {schema}.notifications set state = :state, reason = :reason, lease_expires_at = null, processed_at = :now
    where id = :id and state = 'claimed' and lease_expires_at = :leaseExpiresAt
   returning id`,
);
const RELEASE = statement<HeldNotification, object>(
  'notification_release',
  `update {schema}.notifications set state = 'received', lease_expires_at = null
    where id = :id and state = 'claimed' and lease_expires_at = :leaseExpiresAt`,
);

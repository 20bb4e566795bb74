import type { Actor, Sweep } from '@itpay/kernel';
import { disableEndpoint } from '../endpoint/change.js';
import { verdictOnFailure } from '../endpoint/endpoint.js';
import { nextAttempt, parseRetryAfter } from '../schedule.js';
import type { Sender, SendResult } from '../send.js';
import type { WebhookServices } from '../services.js';
import { signPayload } from '../signature.js';
import type { DeliveryAttempt, LeasedDelivery } from './delivery.js';
import { inBatches } from './in-batches.js';
import { renderEvent } from './render.js';
import type { Arrival } from './store.js';

/** Longer than a send may take, with room for a slow database. */
const LEASE_MS = 60_000;
const AT_ONCE = 50;
/** One endpoint that hangs leaves the rest to the others. */
const AT_ONCE_PER_ENDPOINT = 10;
/** A look for one free place costs as much as one for several. */
const FREE_PLACES = 5;

export interface SendDueOptions {
  readonly sender: Sender;
  readonly atOnce?: number;
  readonly atOncePerEndpoint?: number;
}

/**
 * Sends what is due. Any number of processes may do so at once: a delivery is leased before it is sent, and a lease that a
 * dead process left behind ends by itself. No transaction is open while a request is on its way.
 */
export function sendDue(services: WebhookServices, options: SendDueOptions): Sweep {
  const { sender, atOnce = AT_ONCE, atOncePerEndpoint = AT_ONCE_PER_ENDPOINT } = options;
  const { deliveries, clock, ids, logger } = services;
  const flying = new Map<string, number>();
  let flyingInAll = 0;
  let more = false;
  let ended = 0;
  let leasing: Promise<unknown> = Promise.resolve();
  const arrived = inBatches<Arrival>(atOnce, (arrivals) => deliveries.arrived(arrivals));

  // One look at a time, or two would both take the same room.
  function lease() {
    const look = leasing.then(async () => {
      const room = atOnce - flyingInAll;
      if (room <= 0) {
        more = true;
        return [];
      }
      const now = clock.now();
      const taken = await deliveries.lease({
        now,
        lease: ids.next('req'),
        leaseExpiresAt: new Date(now.getTime() + LEASE_MS),
        room,
        perEndpoint: atOncePerEndpoint,
        // As it is now: what ends while the question is on its way frees places that this look did not have.
        flying: new Map(flying),
      });
      more = taken.more;
      ended = 0;
      for (const { endpointId } of taken.leased) count(endpointId, +1);
      return taken.leased;
    });
    leasing = look.catch(() => {});
    return look;
  }

  function count(endpointId: string, change: 1 | -1): void {
    const flyingThere = (flying.get(endpointId) ?? 0) + change;
    if (flyingThere === 0) flying.delete(endpointId);
    else flying.set(endpointId, flyingThere);
    flyingInAll += change;
  }

  async function perform(delivery: LeasedDelivery, again?: () => void): Promise<void> {
    try {
      const result = await send(services, sender, delivery);
      // The receiver has answered, so its place is free while the answer is written down.
      leave(delivery.endpointId, again);
      await record(services, delivery, result, arrived);
    } catch (error) {
      // Its lease ends by itself, and then it is sent again.
      const { endpointId, event } = delivery;
      logger.error(
        { err: error, endpoint: endpointId, event: event.id },
        'What became of a webhook could not be stored; it is sent again.',
      );
    }
  }

  function leave(endpointId: string, again?: () => void): void {
    count(endpointId, -1);
    ended += 1;
    // Asked once per look: those that end make room for the next ones.
    if (!more || (ended < FREE_PLACES && flyingInAll > 0)) return;
    more = false;
    again?.();
  }

  return {
    name: 'webhook.send',
    async run(again) {
      const leased = await lease();
      await Promise.all(leased.map((delivery) => perform(delivery, again)));
      return leased.length > 0;
    },
  };
}

type Result = SendResult | { readonly kind: 'failed'; readonly error: 'internal'; readonly latencyMs: number };

/** What cannot even be written down counts as an attempt, so that it ends like one: visibly. */
async function send(services: WebhookServices, sender: Sender, delivery: LeasedDelivery): Promise<Result> {
  const { secrets, clock, urls, logger } = services;
  const { event, endpointId, url, livemode } = delivery;
  try {
    const now = clock.now();
    const body = renderEvent(event, delivery);
    const timestamp = Math.floor(now.getTime() / 1_000);
    const signature = signPayload({ id: event.id, timestamp, body }, secrets.signing(delivery.secrets, now));
    return await sender.send({
      url,
      headers: {
        'content-type': 'application/json',
        'webhook-id': event.id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': signature,
      },
      body,
      allowHttp: urls.allowHttp || !livemode,
    });
  } catch (error) {
    logger.error(
      { err: error, endpoint: endpointId, event: event.id },
      'A webhook could not be written; it counts as failed.',
    );
    return { kind: 'failed', error: 'internal', latencyMs: 0 };
  }
}

/** Writes down what became of an attempt. Who lost the lease writes nothing: the delivery is another process's. */
async function record(
  services: WebhookServices,
  delivery: LeasedDelivery,
  result: Result,
  arrived: (arrival: Arrival) => Promise<void>,
): Promise<void> {
  const { database, deliveries, endpoints, clock, ids, random, logger } = services;
  const { event, endpointId, account, livemode } = delivery;
  const status = result.kind === 'answered' ? result.status : null;
  const now = clock.now();
  const actor: Actor = { account, livemode, id: 'webhook', requestId: null };
  const attempt: DeliveryAttempt = {
    id: ids.next('att'),
    endpointId,
    eventId: event.id,
    at: now,
    status,
    latencyMs: Math.round(result.latencyMs),
    error: result.kind === 'failed' ? result.error : null,
    excerpt: result.kind === 'answered' ? result.excerpt : null,
  };
  if (status !== null && status >= 200 && status < 300) return arrived({ delivery, attempt });

  await database.transaction(async (tx) => {
    // First the endpoint, then the delivery: everybody locks in this order.
    const endpoint = await endpoints.lock(tx, actor, endpointId);
    const held = await deliveries.hold(tx, delivery);
    if (held === null) return;

    const attemptsMade = held.attemptsMade + 1;
    const next = nextAttempt({
      eventStartedAt: held.startedAt,
      attemptsMade,
      now,
      retryAfterSeconds: result.kind === 'answered' ? parseRetryAfter(result.retryAfter, now) : undefined,
      random01: fraction(random.bytes(4)),
    });
    const goesOn = held.state === 'pending' && next !== null;
    const outcome = { state: goesOn ? 'pending' : 'failed_delivery', nextAttemptAt: goesOn ? next : null } as const;
    await deliveries.finish(tx, delivery, { ...outcome, attemptsMade, now });
    await deliveries.insertAttempt(tx, attempt);
    if (endpoint === null || endpoint.status !== 'enabled') return;

    const verdict = verdictOnFailure(endpoint, status, now);
    if (verdict === null) return endpoints.noteFailure(tx, actor, endpointId, now);
    await disableEndpoint(services, tx, actor, endpoint, verdict);
    tx.afterCommit(() =>
      logger.error(
        { endpoint: endpointId, account, livemode, reason: verdict },
        'A webhook endpoint was disabled. Reactivate it when its receiver works again, and replay what it missed.',
      ),
    );
  });
}

/** Four random bytes as a number from 0 to 1. */
const fraction = (bytes: Uint8Array) => Buffer.from(bytes).readUInt32BE() / 0xffff_ffff;

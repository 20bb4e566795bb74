import { Webhook } from 'standardwebhooks';
import type { Arrival } from './webhooks-receivers.js';
import { SUBSCRIPTIONS, type Name, type Shop } from './webhooks-shop.js';

export type Books = Awaited<ReturnType<Shop['books']>>;

const FRESH_MS = 5 * 60_000;

/** Each object has its events, numbered without gap or double, the last one in its state, and each a place in the log. */
export function wrongInTheLog({ events, intents, charges }: Books): string[] {
  const wrong: string[] = [];
  const byObject = grouped(events, ({ object_id }) => object_id);
  for (const [id, own] of byObject) {
    const numbers = own.map(({ sequence }) => sequence).toSorted((a, b) => a - b);
    if (numbers.some((number, index) => number !== index + 1))
      wrong.push(`events of ${id} are numbered ${numbers.join()}`);
  }
  for (const { id, sequence, status } of [...intents, ...charges]) {
    const own = byObject.get(id) ?? [];
    const last = own.find((event) => event.sequence === sequence);
    if (own.length !== sequence) wrong.push(`${id} changed ${sequence} times and has ${own.length} events`);
    const types = new Set(own.map(({ type }) => type));
    if (types.size !== own.length) wrong.push(`${id} has an event twice: ${own.map(({ type }) => type).join()}`);
    const told = last && JSON.parse(last.data).object.status;
    if (told !== status) wrong.push(`${id} is ${status}, and its last event says ${told}`);
  }
  const places = new Set(events.map(({ position }) => position));
  if (places.size !== events.length || places.has(null)) wrong.push('an event has no place of its own in the log');
  return wrong;
}

/** Whether an endpoint is to hear of an event, as the protocol says it. */
export function wants(name: Name, { endpoints }: Shop, event: any): boolean {
  const { id, created_at } = endpoints[name];
  if (event.object_id === id || event.at < new Date(created_at)) return false;
  return SUBSCRIPTIONS[name].some((pattern) =>
    pattern.endsWith('*') ? event.type.startsWith(pattern.slice(0, -1)) : pattern === event.type,
  );
}

/** Compares what a receiver got with what the tables say about it. */
export function wrongAt(name: Name, shop: Shop, { events, deliveries, attempts }: Books): string[] {
  const wrong: string[] = [];
  const { id, secret } = shop.endpoints[name];
  const { arrivals } = shop.receivers[name];
  const arrived = grouped(arrivals, ({ headers }) => String(headers['webhook-id']));
  const own = new Map(deliveries.filter((one) => one.endpoint_id === id).map((one) => [one.event_id, one]));
  const logged = grouped(
    attempts.filter(({ endpoint_id }) => endpoint_id === id),
    ({ event_id }) => event_id,
  );
  const wanted = events.filter((event) => wants(name, shop, event));
  // An endpoint that said 410 hears no more: its deliveries end with one event, and nothing is missing before that.
  const enabled = name === 'leaving' ? wanted.slice(0, wanted.findLastIndex((event) => own.has(event.id)) + 1) : wanted;

  for (const event of enabled) {
    const delivery = own.get(event.id);
    const got = arrived.get(event.id) ?? [];
    const log = logged.get(event.id) ?? [];
    const what = `${name}: ${event.type} ${event.id}`;
    if (!['delivered', 'failed_delivery'].includes(delivery?.state)) {
      wrong.push(`${what} is ${delivery?.state ?? 'nowhere'}`);
      continue;
    }
    if (delivery.state === 'delivered' && !got.some(({ manner }) => manner === 204))
      wrong.push(`${what} did not arrive`);
    if (log.some(({ status }) => status === 204) !== (delivery.state === 'delivered')) {
      wrong.push(`${what} is ${delivery.state}, and its attempts ended with ${log.map(({ status }) => status).join()}`);
    }
    if (log.length < delivery.attempts_made)
      wrong.push(`${what}: ${delivery.attempts_made} attempts, ${log.length} in the log`);
    if (log.length > got.length) wrong.push(`${what}: ${log.length} attempts in the log, ${got.length} arrived`);
    if (new Set(got.map(({ body }) => body)).size > 1) wrong.push(`${what} changed between attempts`);
  }
  for (const arrival of arrivals) {
    const event = events.find((one) => one.id === arrival.headers['webhook-id']);
    if (event === undefined || !wants(name, shop, event))
      wrong.push(`${name} got ${arrival.body.slice(0, 200)} in error`);
    else wrong.push(...wrongWith(arrival, event, secret).map((text) => `${name}: ${event.id} ${text}`));
  }
  return wrong;
}

function wrongWith({ headers, body, atMs }: Arrival, event: any, secret: string): string[] {
  const sentMs = Number(headers['webhook-timestamp']) * 1_000;
  const envelope = JSON.parse(body);
  const wrong: string[] = [];
  if (!atMs.some((ms) => Math.abs(ms - sentMs) < FRESH_MS)) wrong.push(`was sent at ${new Date(sentMs).toISOString()}`);
  if (envelope.id !== event.id || envelope.sequence !== event.sequence || envelope.type !== event.type) {
    wrong.push(`arrived as ${body.slice(0, 200)}`);
  }
  try {
    verifyAt(sentMs, () => new Webhook(secret).verify(body, headers as Record<string, string>));
  } catch (error) {
    wrong.push(`has a signature that does not verify: ${String(error)}`);
  }
  return wrong;
}

// The verifier asks the clock of this process, which did not live through the days of the others.
function verifyAt(ms: number, verify: () => void): void {
  const { now } = Date;
  Date.now = () => ms;
  try {
    verify();
  } finally {
    Date.now = now;
  }
}

export function grouped<T>(rows: readonly T[], by: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(by(row));
    if (group) group.push(row);
    else groups.set(by(row), [row]);
  }
  return groups;
}

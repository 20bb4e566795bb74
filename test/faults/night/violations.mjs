import { isSigned } from './receivers.mjs';

// What must hold afterwards, however bad the night was. Values in, sentences out: each one is a promise that was broken.

/**
 * @typedef {import('./facts.mjs').Facts} Facts
 * @typedef {import('./facts.mjs').Row} Row
 * @typedef {import('./journal.mjs').Journal} Journal
 * @typedef {import('./journal.mjs').Entry} Entry
 * @typedef {{ name: string, id: string, secret: string, events: readonly string[], createdAt: Date, receiver: import('./receivers.mjs').Receiver }} Endpoint
 * @typedef {(holds: boolean, otherwise: () => string) => void} Demand
 */

/** @param {(demand: Demand) => void} checks @returns {string[]} */
function violations(checks) {
  /** @type {string[]} */
  const found = [];
  checks((holds, otherwise) => {
    if (!holds) found.push(otherwise());
  });
  return found;
}

/** G1: what a client was told is in the database. @param {Journal} journal @param {Facts} facts */
export function acknowledgedButMissing(journal, { intents, refunds }) {
  const intentOf = byId(intents);
  const refundOf = byId(refunds);
  return violations((demand) => {
    for (const { key, kind, body, final } of journal.entries) {
      if (final === null || final.status >= 300) continue;
      const told = final.body;
      if (kind === 'refund') {
        const row = refundOf.get(told.id);
        demand(row !== undefined, () => `${key}: the refund ${told.id} was acknowledged and is not there`);
        demand(
          !row || Number(row.amount) === body.amount.value,
          () => `${key}: the refund has the amount ${row?.amount}`,
        );
        continue;
      }
      const row = intentOf.get(told.id);
      demand(row !== undefined, () => `${key}: the payment ${told.id} was acknowledged and is not there`);
      if (row === undefined) continue;
      if (kind === 'create') {
        demand(Number(row.amount) === body.amount.value, () => `${key}: ${told.id} has the amount ${row.amount}`);
        demand(row.order_reference === body.order_reference, () => `${key}: ${told.id} is for ${row.order_reference}`);
      }
      if (kind === 'cancel')
        demand(row.status === 'cancelled', () => `${key}: ${told.id} is ${row.status}, told cancelled`);
      if (kind === 'capture') {
        demand(
          Number(row.amount_captured) === body.amount.value,
          () => `${key}: ${told.id} captured ${row.amount_captured}, told ${body.amount.value}`,
        );
      }
    }
  });
}

/** G5: no idempotency answer changed, and none was one that no client may see. @param {Journal} journal */
export function changedAnswers(journal) {
  return [
    ...journal.wrong,
    ...journal.entries.flatMap(({ key, kind, wrong }) => wrong.map((text) => `${kind} ${key} ${text}`)),
  ];
}

/** After all is over every request has an answer, or a refusal. @param {Journal} journal */
export function unanswered(journal) {
  return journal.entries
    .filter(({ final, refusals }) => final === null && refusals.length === 0)
    .map(({ kind, key, asked, lost }) => `${kind} ${key} has no final answer after ${asked} requests (${lost} lost)`);
}

/** G2: each change of a state has its event, numbered without gap or double, and audited. @param {Facts} facts */
export function wrongEvents({ events, intents, refunds, charges, voids, inflows, audit }) {
  const eventsOf = grouped(events, ({ object_id }) => object_id);
  const auditOf = grouped(audit, ({ object_id }) => object_id);
  return violations((demand) => {
    for (const [id, own] of eventsOf) {
      const numbers = own.map(({ sequence }) => sequence).toSorted((a, b) => a - b);
      demand(
        numbers.every((number, index) => number === index + 1),
        () => `events of ${id} are numbered ${numbers.join()}`,
      );
    }
    for (const { id, sequence, status } of [...intents, ...refunds, ...charges, ...voids, ...inflows]) {
      const own = eventsOf.get(id) ?? [];
      demand(own.length === sequence, () => `${id} changed ${sequence} times and has ${own.length} events`);
      const last = own.find((event) => event.sequence === sequence);
      const told = last && JSON.parse(last.data).object.status;
      demand(told === status, () => `${id} is ${status}, and its last event says ${told}`);
    }
    for (const { id } of intents) {
      const audited = (auditOf.get(id) ?? []).filter(({ from_state, to_state }) => from_state !== to_state);
      const own = eventsOf.get(id) ?? [];
      demand(
        audited.length === own.length,
        () => `${id} has ${own.length} events and ${audited.length} audited changes`,
      );
    }
    const places = new Set(events.map(({ position }) => position));
    demand(places.size === events.length && !places.has(null), () => 'an event has no place of its own in the log');
  });
}

/**
 * G3, G13: the rail has each order, capture and refund once, and the sums are ours.
 *
 * @param {Facts} facts @param {Journal} journal
 * @param {{ sendsTwice: boolean }} options whether one number may have been sent twice; nothing is done twice even then
 */
export function wrongInTheBooks({ books, intents, operations, refunds }, journal, { sendsTwice }) {
  const entryOf = new Map(books.map((entry) => [entry.reference, entry]));
  const operationsOf = grouped(operations, ({ payment_intent_id }) => payment_intent_id);
  const refundsOf = grouped(refunds, ({ payment_intent_id }) => payment_intent_id);
  const known = new Set(operations.map(({ reference }) => reference));
  return violations((demand) => {
    for (const { reference, order, captures, refunds: given, received } of books) {
      if (order === null) continue;
      demand(known.has(reference), () => `the rail has an order ${reference} that is not in our rows`);
      for (const { captureReference } of captures) {
        demand(
          known.has(captureReference),
          () => `the rail made a capture ${captureReference} that is not in our rows`,
        );
      }
      for (const { refundReference } of given) {
        demand(known.has(refundReference), () => `the rail made a refund ${refundReference} that is not in our rows`);
      }
      demand(captures.length <= 1, () => `${reference} was captured ${captures.length} times`);
      const [told, done] = [received.capture + received.refund, captures.length + given.length];
      demand(
        sendsTwice || told <= done,
        () => `the rail was told ${told} times to capture or refund ${reference}; ${done} would do`,
      );
      const paid = journal.paid.get(reference);
      const took = sum(entryOf.get(reference)?.payments ?? []);
      demand(paid === undefined || took <= BigInt(paid), () => `${reference} took ${took} where ${paid} was paid`);
    }
    for (const intent of intents) {
      const own = operationsOf.get(intent.id) ?? [];
      const orders = own.filter(({ kind }) => kind === 'authorize').map(({ reference }) => entryOf.get(reference));
      const opened = orders.filter((entry) => entry?.order);
      demand(opened.length <= 1, () => `${intent.id} has ${opened.length} orders at the rail`);
      const [entry] = opened;
      const captured = entry ? sum(entry.payments) : 0n;
      demand(
        captured === BigInt(intent.amount_captured),
        () => `${intent.id} (${intent.status}) counts ${intent.amount_captured}, the rail took ${captured}`,
      );
      const given = entry ? sum(entry.refunds.filter(({ status }) => status === 'succeeded')) : 0n;
      demand(
        given === BigInt(intent.amount_refunded),
        () => `${intent.id} counts ${intent.amount_refunded} as refunded, the rail gave ${given} back`,
      );
      const settled = (refundsOf.get(intent.id) ?? []).filter(({ status }) => status === 'succeeded').length;
      demand(
        settled === (entry?.refunds.length ?? 0),
        () => `${intent.id} has ${settled} refunds, the rail made ${entry?.refunds.length ?? 0}`,
      );
      if (entry === undefined) continue;
      const over = ['expired', 'cancelled'].includes(intent.status);
      demand(
        (entry.order?.status === 'closed') === over,
        () => `${intent.id} is ${intent.status}, its order ${entry.order?.status}`,
      );
    }
  });
}

/** G13. @param {Facts} facts */
export function unbalanced({ ledger }) {
  return violations((demand) => {
    for (const [id, own] of grouped(ledger, ({ transaction_id }) => transaction_id)) {
      const rest = own.reduce(
        (total, { direction, amount }) => total + (direction === 'debit' ? 1n : -1n) * BigInt(amount),
        0n,
      );
      demand(rest === 0n, () => `the ledger transaction ${id} is off by ${rest}`);
    }
    for (const [id, own] of grouped(ledger, ({ object_id }) => object_id)) {
      const times = new Set(own.map(({ transaction_id }) => transaction_id)).size;
      demand(times === 1, () => `${id} is in the ledger ${times} times`);
    }
  });
}

/** Whether an endpoint is to hear of an event. @param {Endpoint} endpoint @param {Row} event */
export function wants({ id, events, createdAt }, { type, at, object_id }) {
  if (object_id === id || at < createdAt) return false;
  return events.some((one) => (one.endsWith('*') ? type.startsWith(one.slice(0, -1)) : type === one));
}

/**
 * G2: each event came to each endpoint, or is visibly failed. What came is what happened, signed, and the same every time.
 *
 * @param {Endpoint} endpoint
 * @param {Facts} facts
 * @param {{ failedMay: boolean }} options whether anything may still be `failed_delivery`
 */
export function wrongDeliveries(endpoint, { events, deliveries, attempts }, { failedMay }) {
  const { arrivals } = endpoint.receiver;
  const arrived = grouped(arrivals, ({ event }) => event);
  const own = new Map(deliveries.filter((one) => one.endpoint_id === endpoint.id).map((one) => [one.event_id, one]));
  const logged = grouped(
    attempts.filter((one) => one.endpoint_id === endpoint.id),
    ({ event_id }) => event_id,
  );
  const eventOf = byId(events);
  return violations((demand) => {
    for (const event of events) {
      if (!wants(endpoint, event)) continue;
      const what = () => `${endpoint.name}: ${event.type} ${event.id}`;
      const state = own.get(event.id)?.state;
      const got = arrived.get(event.id) ?? [];
      const log = logged.get(event.id) ?? [];
      const taken = got.some((arrival) => arrival.taken);
      demand(
        state === 'delivered' || (failedMay && state === 'failed_delivery'),
        () => `${what()} is ${state ?? 'nowhere'} after ${got.length} requests`,
      );
      if (state === 'delivered') demand(taken, () => `${what()} is delivered, and no receiver took it`);
      if (state === 'delivered')
        demand(
          log.some(({ status }) => status >= 200 && status < 300),
          () => `${what()} has no success in its log`,
        );
      demand(new Set(got.map(({ body }) => body)).size <= 1, () => `${what()} changed between two requests`);
    }
    for (const arrival of arrivals) {
      const event = eventOf.get(arrival.event);
      const envelope = JSON.parse(arrival.body);
      const fits = event && wants(endpoint, event) && envelope.id === event.id && envelope.sequence === event.sequence;
      demand(Boolean(fits), () => `${endpoint.name} got in error ${arrival.body.slice(0, 200)}`);
      demand(
        isSigned(arrival, endpoint.secret),
        () => `${endpoint.name}: the signature of ${arrival.event} does not fit`,
      );
    }
  });
}

/** @template T @param {readonly T[]} rows @param {(row: T) => string} by @returns {Map<string, T[]>} */
function grouped(rows, by) {
  /** @type {Map<string, T[]>} */
  const groups = new Map();
  for (const row of rows) {
    const group = groups.get(by(row));
    if (group) group.push(row);
    else groups.set(by(row), [row]);
  }
  return groups;
}

/** @param {readonly Row[]} rows */
const byId = (rows) => new Map(rows.map((row) => [row['id'], row]));

/** @param {readonly { readonly amount: { readonly value: bigint } }[]} items */
const sum = (items) => items.reduce((total, { amount }) => total + amount.value, 0n);

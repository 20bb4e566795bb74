import type { FakeRail } from '@itpay/testkit/fake-rail';
import pg from 'pg';

/** What is in the database and in the rail's books, without ids and times: two runs that ended alike look alike. */
export type Picture = Record<string, unknown>;

/** What a run left behind. */
export interface Findings {
  readonly picture: Picture;
  /** What no run may leave behind, however it ended. */
  readonly violations: readonly string[];
  /** The rows that answers have to agree with. */
  readonly intents: readonly any[];
  readonly refunds: readonly any[];
  /** Stored answers of idempotency keys. */
  readonly stored: readonly { readonly status: number; readonly body: any }[];
}

/** Looks from outside: through a connection of its own, and at the rail. */
export async function look(database: string, rail: FakeRail, run: string): Promise<Findings> {
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  try {
    await client.query('set search_path to itpay');
    return await findings(client, rail, run);
  } finally {
    await client.end();
  }
}

async function findings(client: pg.Client, rail: FakeRail, run: string): Promise<Findings> {
  const all = async (sql: string) => (await client.query(sql)).rows as any[];
  const intents = await all('select * from payment_intents order by id');
  const refunds = await all('select * from refunds order by id');
  const charges = await all('select * from qr_charges order by id');
  const voids = await all('select * from voids order by id');
  const inflows = await all('select * from inflows order by id');
  const operations = await all('select * from channel_operations order by kind, ordinal, id');
  const events = await all('select * from events order by object_id, sequence');
  const audit = await all('select * from audit_entries order by id');
  const keys = await all('select * from idempotency_keys order by created_at');
  const notifications = await all('select * from notifications order by event_key');
  // What is due tomorrow, such as an image that is to be forgotten, waits as it should.
  const jobs = await all(`select * from jobs where run_at < now() + interval '1 hour' or last_error is not null`);
  const ledger = await all(
    `select transaction_id, object_id, currency, ledger_account, direction, sum(amount)::int as amount
       from ledger_entries group by 1, 2, 3, 4, 5 order by 4, 5, 6`,
  );
  const seen = await all('select event, count(*)::int as times from public.seen group by 1');
  const hostOrders = await all('select * from public.host_orders');
  const books = (await rail.books()).entries.filter(({ order }) => order?.description === run);

  // An order that came to nothing before another one took its place; of a dead process nobody knows how it was refused.
  const replaced = ({ kind, reference, payment_intent_id: id }: any) =>
    kind === 'authorize' && intents.some((intent) => intent.id === id && intent.channel_reference !== reference);

  const violations: string[] = [];
  const demand = (holds: boolean, otherwise: () => string) => {
    if (!holds) violations.push(otherwise());
  };

  // G2: each change of a state has its event, numbered without gap or double, and each event reached the subscriber once.
  for (const [id, own] of groups(events, ({ object_id }) => object_id)) {
    const numbers = own.map(({ sequence }) => sequence);
    demand(
      numbers.every((number, index) => number === index + 1),
      () => `events of ${id} are numbered ${numbers.join()}`,
    );
  }
  for (const object of [...intents, ...refunds, ...charges, ...voids, ...inflows]) {
    const own = events.filter(({ object_id }) => object_id === object.id);
    demand(own.length === object.sequence, () => `${object.id} has sequence ${object.sequence}, ${own.length} events`);
    const last = own.at(-1);
    const says = last && JSON.parse(last.data).object.status;
    demand(says === object.status, () => `${object.id} is ${object.status}; its last event says ${says}`);
  }
  for (const intent of intents) {
    const changes = audit.filter(
      ({ object_id, action, from_state, to_state }) =>
        object_id === intent.id && from_state !== to_state && action !== 'rerouted',
    );
    const own = events.filter(({ object_id }) => object_id === intent.id);
    const [states, told] = [
      changes.map(({ to_state }) => to_state),
      own.map(({ data }) => JSON.parse(data).object.status),
    ];
    demand(
      states.join() === told.join(),
      () => `audit of ${intent.id} says ${states.join()}, events say ${told.join()}`,
    );
  }
  const unheard = events.filter(({ id }) => seen.find(({ event }) => event === id)?.times !== 1);
  const names = () => unheard.map(({ id, type }) => `${type}×${seen.find(({ event }) => event === id)?.times ?? 0}`);
  demand(unheard.length === 0, () => `not heard exactly once: ${names().join()}`);
  demand(seen.length === events.length, () => `${seen.length} events heard, ${events.length} written`);
  demand(
    events.every(({ position }) => position !== null),
    () => 'an event has no place in the log',
  );
  demand(
    jobs.length === 0,
    () => `jobs are left: ${jobs.map(({ name, last_error }) => `${name} ${last_error}`).join()}`,
  );

  // G3: one number per logical operation, and each of them is what the rail knows.
  demand(books.length === intents.length, () => `${books.length} orders at the rail, ${intents.length} intents`);
  for (const { order_open, kind, state, reference, id } of operations.filter((one) => !replaced(one))) {
    const open = ['queued', 'started', 'unknown', 'not_sent'].includes(state);
    demand(!open, () => `${kind} ${id} (${reference}, ${order_open}) is still ${state}`);
  }
  for (const intent of intents) {
    const entry = books.find(({ reference }) => reference === intent.channel_reference);
    demand(entry !== undefined, () => `the rail has no order ${intent.channel_reference} of ${intent.id}`);
    if (entry === undefined) continue;
    const own = operations.filter(({ payment_intent_id }) => payment_intent_id === intent.id);
    const captured = sum(entry.payments);
    demand(
      captured === BigInt(intent.amount_captured),
      () => `${intent.id} counts ${intent.amount_captured}, the rail took ${captured}`,
    );
    const back = sum(entry.refunds.filter(({ status }) => status === 'succeeded'));
    demand(
      back === BigInt(intent.amount_refunded),
      () => `${intent.id} counts ${intent.amount_refunded} as refunded, the rail gave ${back} back`,
    );
    const closed = entry.order!.status === 'closed';
    const over = ['expired', 'cancelled'].includes(intent.status);
    demand(closed === over, () => `${intent.id} is ${intent.status}, its order ${entry.order!.status}`);
    const references = (kind: string) =>
      own.filter((one) => one.kind === kind && !replaced(one)).map(({ reference }) => reference);
    demand(
      references('authorize').join() === entry.reference,
      () => `orders of ${intent.id}: ${references('authorize')}`,
    );
    const [asked, done] = [
      entry.received.capture + entry.received.refund,
      entry.captures.length + entry.refunds.length,
    ];
    demand(asked <= done, () => `the rail was told ${asked} times to capture or refund, and ${done} would do`);
    for (const { refundReference } of entry.refunds) {
      demand(references('refund').includes(refundReference), () => `the refund ${refundReference} is not in our rows`);
    }
    for (const { captureReference } of entry.captures) {
      demand(
        references('capture').includes(captureReference),
        () => `the capture ${captureReference} is not in our rows`,
      );
    }
  }

  // G13: the ledger balances, and each movement of money is in it once.
  for (const [id, own] of groups(ledger, ({ transaction_id }) => transaction_id)) {
    const balance = own.reduce((total, { direction, amount }) => total + (direction === 'debit' ? amount : -amount), 0);
    demand(balance === 0, () => `the ledger transaction ${id} is off by ${balance}`);
  }
  for (const [id, own] of groups(ledger, ({ object_id }) => object_id)) {
    const transactions = new Set(own.map(({ transaction_id }) => transaction_id));
    demand(transactions.size === 1, () => `${id} is in the ledger ${transactions.size} times`);
  }

  const kindOf = (id: string) => id.slice(0, id.indexOf('_'));
  const aboutOperations = (name: string) => name.startsWith('operation.');
  return {
    violations,
    intents,
    refunds,
    stored: keys.flatMap(({ status, body }) => (status === null ? [] : [{ status, body: JSON.parse(body) }])),
    picture: {
      intents: intents.map(({ status, amount_captured, amount_refunded, late_payment }) =>
        [status, amount_captured, amount_refunded, late_payment].join(),
      ),
      charges: charges.map(({ status, closed_reason }) => `${status} ${closed_reason}`),
      refunds: refunds.map(({ status, amount, decision, manual }) => [status, amount, decision, manual].join()),
      voids: voids.map(({ status }) => status),
      inflows: inflows.map(({ kind, status, amount, counted }) => [kind, status, amount, counted].join()),
      operations: operations.map((one) => {
        const { kind, ordinal, state, order_open, operator_required } = one;
        return [kind, ordinal, replaced(one) ? 'replaced' : state, order_open, operator_required].join();
      }),
      events: groups(
        events.filter(({ type }) => !aboutOperations(type)),
        ({ object_id }) => object_id,
      )
        .map(([id, own]) => `${kindOf(id)}: ${own.map(({ type }) => type).join()}`)
        .toSorted(),
      audit: audit
        .filter(({ action }) => !aboutOperations(action))
        .map(({ object_id, action, from_state, to_state }) => [kindOf(object_id), action, from_state, to_state].join())
        .toSorted(),
      ledger: ledger.map(({ ledger_account, direction, amount }) => [ledger_account, direction, amount].join()),
      keys: keys.map(({ recovery_point, status }) => [recovery_point, status].join()).toSorted(),
      notifications: notifications.map(({ state }) => state),
      hostOrders: hostOrders.length,
      rail: books.map(({ order, payments, captures, refunds: given }) =>
        [order?.status, payments.length, captures.length, given.map(({ status }) => status)].join(),
      ),
    },
  };
}

function groups<T>(rows: readonly T[], by: (row: T) => string): [string, T[]][] {
  const found = new Map<string, T[]>();
  for (const row of rows) {
    const key = by(row);
    const group = found.get(key);
    if (group) group.push(row);
    else found.set(key, [row]);
  }
  return [...found];
}

function sum(items: readonly { readonly amount: { readonly value: bigint } }[]): bigint {
  return items.reduce((total, { amount }) => total + amount.value, 0n);
}

/** The parts in which a run ended otherwise than one that nobody killed. */
export function differences(wanted: Picture, found: Picture): string[] {
  return Object.keys(wanted).flatMap((part) => {
    const [a, b] = [JSON.stringify(wanted[part]), JSON.stringify(found[part])];
    return a === b ? [] : [`${part}: ${b} instead of ${a}`];
  });
}

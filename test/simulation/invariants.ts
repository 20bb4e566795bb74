import { next, type Machine } from '@itpay/core';
import { operationMachine } from '@itpay/kernel';
import { inflowMachine } from '../../packages/payment/src/inflow/inflow.js';
import { intentMachine, STATUS_RANK, type IntentStatus } from '../../packages/payment/src/intent/machine.js';
import { refundMachine } from '../../packages/payment/src/refund/refund.js';
import type { BookEntry } from '../../packages/testkit/src/fake-rail/books.js';
import { asOperator, untilQuiet } from './history.js';
import { isPassing } from './purchases.js';
import { ENDPOINTS } from './receivers.js';
import type { World } from './world.js';

// The promises of chapter 19, looked at from outside: in the rows, at the rail's own books, and in what clients and
// receivers were told. Nothing here asks the framework what it thinks.

type Rows = Readonly<Record<Table, readonly any[]>>;
const TABLES = [
  'payment_intents',
  'refunds',
  'qr_charges',
  'voids',
  'inflows',
  'channel_operations',
  'audit_entries',
  'ledger_entries',
  'events',
  'webhook_endpoints',
  'webhook_deliveries',
  'webhook_attempts',
  'jobs',
] as const;
type Table = (typeof TABLES)[number];

type Demand = (guarantee: string, holds: boolean, otherwise: () => string) => void;

/** Everything that has to hold once the trouble is over and what was put off is done. */
export async function check(world: World): Promise<void> {
  const rows = rowsOf(world);
  const demand = demandsOf(world);
  checkAnswers(world, rows, demand);
  checkHistories(rows, demand);
  checkRest(rows, demand);
  checkRail(world, rows, demand);
  checkLedger(rows, demand);
  checkEvents(world, rows, demand);
}

/** What an operator can still do about events that did not arrive, and what a month makes of the rest. */
export async function checkAfterwards(world: World): Promise<void> {
  const demand = demandsOf(world);
  await replay(world);
  const before = rowsOf(world);
  const heard = new Set(
    world.receivers.received.filter(({ status }) => status < 300).map(({ url, event }) => `${url} ${event}`),
  );
  for (const { id, type } of fresh(world, before.events)) {
    // What becomes of an endpoint is for the others to hear.
    for (const url of type.startsWith('webhook_endpoint.') ? [ENDPOINTS[0]] : ENDPOINTS)
      demand('G2', heard.has(`${url} ${id}`), () => `${type} ${id} never reached ${url}, replay or not`);
  }

  await untilQuiet(world, 32 * 86_400_000);
  const after = rowsOf(world);
  for (const table of [
    'payment_intents',
    'refunds',
    'inflows',
    'ledger_entries',
    'audit_entries',
    'channel_operations',
    'voids',
  ] as const) {
    const left = new Set(after[table].map(({ id }) => id));
    const gone = before[table].filter(({ id }) => !left.has(id));
    demand('G19', gone.length === 0, () => `a month took ${gone.length} rows of ${table}`);
  }
  for (const [object, own] of groups(before.events, ({ object_id: id }) => id)) {
    const kept = after.events.some(
      ({ object_id: id, sequence }) => id === object && sequence === Math.max(...own.map((one) => one.sequence)),
    );
    demand('G19', kept, () => `a month took the newest event of ${object}, from which the next one takes its number`);
  }
  const [{ n: keys }] = world.session.raw(
    `select count(*)::int as n from itpay.idempotency_keys where recovery_point = 'finished'`,
  ) as [any];
  demand('G19', keys === 0, () => `${keys} idempotency keys are older than a month`);
}

// G1, and that a key has one answer.
function checkAnswers(world: World, rows: Rows, demand: Demand): void {
  const byId = new Map([...rows.payment_intents, ...rows.refunds].map((row) => [row.id, row]));
  for (const { path, key, status, body } of world.told) {
    if (status >= 300 || typeof body?.id !== 'string') continue;
    const row = byId.get(body.id);
    if (!/^(pi|re)_/.test(body.id)) continue;
    demand(
      'G1',
      row !== undefined,
      () => `${path} (${key}) answered ${status} with ${body.id}, which is not in the database`,
    );
    if (row === undefined) continue;
    if (path === '/v1/payment-intents') {
      const [told, kept] = [body.amount.value, Number(row.amount)];
      demand('G1', told === kept, () => `${body.id} was answered with ${told} and is in the database with ${kept}`);
    }
    const rank = STATUS_RANK[body.status as IntentStatus];
    if (rank !== undefined && body.id.startsWith('pi_')) {
      demand('G5', rank <= row.status_rank, () => `${body.id} was ${body.status} to a client and is ${row.status}`);
    } else if (body.status === 'succeeded' || body.status === 'failed') {
      demand('G5', row.status === body.status, () => `${body.id} was ${body.status} to a client and is ${row.status}`);
    }
  }
  for (const [key, answers] of groups(world.told, (one) => one.key)) {
    const final = answers.filter((one) => !isPassing(one) && (one.status < 300 || one.status === 402));
    const texts = new Set(
      final.map(
        ({ status, body }) => `${status} ${body?.id ?? body?.error?.code} ${body?.error?.details?.object?.id ?? ''}`,
      ),
    );
    demand('idempotency', texts.size <= 1, () => `${key} had the answers ${[...texts].join(' and ')}`);
  }
}

// G5 and G6: every step that was taken stands in its machine's table, and audit log and events tell the same steps.
function checkHistories(rows: Rows, demand: Demand): void {
  const audited = groups(rows.audit_entries, ({ object_id: id }) => id);
  const told = groups(rows.events, ({ object_id: id }) => id);
  const machines: readonly [Table, Machine<string, string>][] = [
    ['payment_intents', intentMachine],
    ['refunds', refundMachine],
    ['inflows', inflowMachine],
    ['channel_operations', operationMachine],
  ];
  for (const [table, machine] of machines) {
    for (const { id } of rows[table]) {
      for (const { from_state: from, to_state: to, action } of audited.get(id) ?? []) {
        if (from === to || from === null || action === 'rerouted') continue;
        const legal = machine.actions.some((one) => next(machine, from, one) === to);
        demand('G5', legal, () => `${id} went from ${from} to ${to}, which no table allows`);
      }
    }
  }
  for (const { id, status } of rows.payment_intents) {
    const states = (told.get(id) ?? []).map(({ data }) => JSON.parse(data).object.status as IntentStatus);
    const steps = states.filter((state, n) => state !== states[n - 1]);
    const audit = (audited.get(id) ?? []).filter(
      ({ from_state: from, to_state: to, action }) => from !== to && action !== 'rerouted',
    );
    const [a, b] = [audit.map(({ to_state: to }) => to), steps].map((list) => list.toSorted().join());
    demand('G2', a === b, () => `the audit log of ${id} says ${a}, its events say ${b}`);
    demand('G2', states.at(-1) === status, () => `${id} is ${status}, and its last event says ${states.at(-1)}`);
    steps.forEach((to, n) => {
      const from = steps[n - 1];
      const legal = from === undefined || intentMachine.actions.some((one) => next(intentMachine, from, one) === to);
      demand('G5', legal, () => `the events of ${id} go from ${from} to ${to}`);
    });
  }
}

/** Nothing is left half done. */
function checkRest(rows: Rows, demand: Demand): void {
  for (const { kind, state, reference, id } of rows.channel_operations) {
    const open = ['queued', 'started', 'unknown', 'pending'].includes(state);
    demand('G15', !open, () => `days later, ${kind} ${reference} (${id}) is still ${state}`);
  }
  const operations = groups(rows.channel_operations, ({ payment_intent_id: id }) => id);
  for (const { id, status, status_rank: rank } of rows.payment_intents) {
    const own = () =>
      (operations.get(id) ?? []).map(({ kind, reference, state }) => `${kind} ${reference} ${state}`).join(', ');
    demand('G15', rank >= 2 && rank !== 4, () => `days later, ${id} is still ${status}; ${own()}`);
  }
  for (const { id, status, channel_refund_reference: reference, manual } of rows.refunds) {
    const own = () => rows.channel_operations.find((one) => one.object_id === id);
    const over = manual || ['succeeded', 'failed', 'cancelled'].includes(status);
    demand(
      'G15',
      over,
      () => `days later, ${id} (${reference}, ${manual ? 'by hand' : own()?.state}) is still ${status}`,
    );
  }
  for (const { id, status } of rows.voids) {
    demand('G15', status !== 'requested', () => `days later, ${id} is still requested`);
  }
  for (const { name, key, last_error: error } of rows.jobs) {
    demand('G15', error === null, () => `days later, the job ${name} ${key} still fails: ${error}`);
  }
}

// G3, G6, G11, G12: the rail's own books against our rows.
function checkRail(world: World, rows: Rows, demand: Demand): void {
  const { rail } = world;
  const now = world.trueTime();
  const entries = new Map(rail.entries.map((entry) => [entry.reference, entry]));
  const refundsOfRail = new Map(
    rail.entries.flatMap(({ refunds }) => refunds.map((one) => [one.refundReference, one] as const)),
  );
  const capturesOfRail = new Map(
    rail.entries.flatMap(({ captures }) => captures.map((one) => [one.captureReference, one] as const)),
  );
  const operations = groups(rows.channel_operations, ({ payment_intent_id: id }) => id);
  const inflows = groups(rows.inflows, ({ payment_intent_id: id }) => id ?? '');
  const refunds = groups(rows.refunds, ({ payment_intent_id: id }) => id);

  const references = new Set(rows.channel_operations.map(({ reference }) => reference));
  for (const { reference, order } of rail.entries) {
    if (order !== null)
      demand('G3', references.has(reference), () => `the rail has an order ${reference} that we do not know`);
  }
  for (const reference of [...refundsOfRail.keys(), ...capturesOfRail.keys()]) {
    demand('G3', references.has(reference), () => `the rail has a refund or capture ${reference} that we do not know`);
  }

  // What an operation ended as is what the rail did.
  for (const { kind, reference, state, payment_intent_id: intent } of rows.channel_operations) {
    const done = {
      authorize: () => (entries.get(reference)?.order ?? null) !== null,
      capture: () => capturesOfRail.has(reference),
      refund: () => ['succeeded', 'processing'].includes(refundsOfRail.get(reference)?.status ?? ''),
      cancel: () => false,
    }[kind as 'authorize']();
    if (kind === 'cancel') continue;
    const payable = kind === 'authorize' && done && isOpen(entries.get(reference)!, now);
    const wrong =
      state === 'succeeded'
        ? !done
        : state === 'declined' || state === 'not_sent'
          ? kind === 'authorize'
            ? payable
            : done
          : false;
    demand(
      'G6',
      !wrong,
      () => `${kind} ${reference} of ${intent} ended as ${state}, and the rail has ${done ? '' : 'not '}done it`,
    );
  }

  for (const intent of rows.payment_intents) {
    const { id } = intent;
    const orders = (operations.get(id) ?? [])
      .filter(({ kind }) => kind === 'authorize')
      .map(({ reference }) => entries.get(reference))
      .filter((entry): entry is BookEntry => entry?.order != null);
    const payments = new Map(
      orders.flatMap((entry) => entry.payments.map((payment) => [payment.transactionId, { ...payment, entry }])),
    );
    const own = inflows.get(id) ?? [];

    for (const inflow of own) {
      const payment = payments.get(inflow.channel_transaction_id);
      const same = payment?.amount.currency === inflow.currency && payment?.amount.value === BigInt(inflow.amount);
      demand(
        'G12',
        same,
        () => `${inflow.id} says that ${inflow.amount} ${inflow.currency} came for ${id}, and the rail does not`,
      );
    }
    demand(
      'G3',
      new Set(own.map((one) => one.channel_transaction_id)).size === own.length,
      () => `a payment of ${id} is booked twice`,
    );
    // Where a void could not close the order, what is paid all the same is told by a notice, or by the day's reconciliation.
    const leftOpen = intent.status === 'cancelled' && !world.capabilities.includes('close_order');
    for (const [transaction, { entry }] of payments) {
      const findable = entry.payments[0]!.transactionId === transaction && paidInTime(entry) && !leftOpen;
      if (!world.heardOfAll(entry.reference) && !findable) continue;
      // Of several payments a question tells the first; once one is booked, nobody has a reason to ask.
      const booked = own.some(
        (one) =>
          one.channel_transaction_id === transaction ||
          (!world.heardOfAll(entry.reference) && payments.has(one.channel_transaction_id)),
      );
      demand(
        'G2',
        booked,
        () => `the payment ${transaction} of ${entry.reference} (${id}, ${intent.status}) was never booked`,
      );
    }

    const captured = BigInt(intent.amount_captured);
    const counted = sumOf(own.map((one) => one.counted));
    demand('G13', counted === captured, () => `${id} captured ${captured}, and ${counted} of what came was counted`);
    demand('G13', intent.status !== 'succeeded' || captured > 0n, () => `${id} succeeded with nothing`);
    const given = (refunds.get(id) ?? []).filter(({ inflow_id: of }) => of === null);
    const planned = sumOf(
      given.filter(({ status }) => !['failed', 'cancelled'].includes(status)).map(({ amount }) => amount),
    );
    demand('G11', planned <= captured, () => `${planned} of ${captured} is given back for ${id}`);
    const done = sumOf(given.filter(({ status }) => status === 'succeeded').map(({ amount }) => amount));
    demand(
      'G13',
      BigInt(intent.amount_refunded) === done,
      () => `${id} says that ${intent.amount_refunded} went back, its refunds say ${done}`,
    );
    for (const { channel_refund_reference: reference, amount, status, id: refund } of refunds.get(id) ?? []) {
      const there = refundsOfRail.get(reference);
      const went = there?.status === 'succeeded' ? there.amount.value : 0n;
      const said = status === 'succeeded' ? BigInt(amount) : 0n;
      demand('G13', went === said, () => `${refund} says that ${said} went back, the rail gave ${went}`);
    }
    if (intent.status_rank === 3) {
      for (const entry of orders)
        demand('G3', !isOpen(entry, now), () => `${id} is ${intent.status}, and ${entry.reference} can still be paid`);
    }
    for (const entry of orders) {
      demand('G3', entry.captures.length <= 1, () => `${entry.reference} was captured ${entry.captures.length} times`);
    }
  }
}

const isOpen = ({ order }: BookEntry, now: Date) =>
  order !== null && ['open', 'scanned'].includes(order.status) && Date.parse(order.expiresAt) > now.getTime();

/** Before anybody had closed the order: whoever asks about it hears of the payment. */
const paidInTime = ({ order, payments, received }: BookEntry) =>
  received.cancel === 0 && Date.parse(payments[0]!.paidAt) < Date.parse(order!.expiresAt);

function checkLedger(rows: Rows, demand: Demand): void {
  const signed = ({ direction, amount }: any) => (direction === 'debit' ? BigInt(amount) : -BigInt(amount));
  for (const [transaction, own] of groups(rows.ledger_entries, (row) => `${row.transaction_id} ${row.currency}`)) {
    const balance = sumOf(own.map(signed));
    demand('G13', balance === 0n, () => `the ledger transaction ${transaction} is off by ${balance}`);
  }
  for (const intent of rows.payment_intents) {
    const own = rows.ledger_entries.filter(({ payment_intent_id: id }) => id === intent.id);
    const account = (name: string, currency: string) =>
      sumOf(own.filter((row) => row.ledger_account === name && row.currency === currency).map(signed));
    const kept = BigInt(intent.amount_captured) - BigInt(intent.amount_refunded);
    const receivable = account('payee_receivable', 'THB');
    demand(
      'G13',
      receivable === kept,
      () => `the ledger says that the payee gets ${receivable} for ${intent.id}, the intent says ${kept}`,
    );
    for (const currency of ['THB', 'CNY']) {
      const stuck = account('channel_clearing', currency);
      demand('G13', stuck === 0n, () => `${stuck} ${currency} of ${intent.id} stay in clearing`);
      const ofCurrency = (row: any) => row.payment_intent_id === intent.id && row.currency === currency;
      const came = sumOf(rows.inflows.filter(ofCurrency).map(({ amount }) => amount));
      const went = sumOf(
        rows.refunds.filter((row) => ofCurrency(row) && row.status === 'succeeded').map(({ amount }) => amount),
      );
      const payer = account('payer', currency);
      demand(
        'G13',
        payer === went - came,
        () => `the ledger says ${payer} ${currency} of the payer of ${intent.id}, and ${came} came, ${went} went back`,
      );
    }
  }
}

// G2: one row for each change, numbered without a gap, in one log without a gap, heard once here and by each endpoint.
function checkEvents(world: World, rows: Rows, demand: Demand): void {
  for (const [object, own] of groups(rows.events, ({ object_id: id }) => id)) {
    const numbers = own.map(({ sequence }) => sequence);
    demand(
      'G2',
      numbers.every((number, n) => number === n + 1),
      () => `the events of ${object} are numbered ${numbers.join()}`,
    );
  }
  for (const { id, sequence } of [...rows.payment_intents, ...rows.qr_charges, ...rows.refunds, ...rows.voids]) {
    const own = rows.events.filter(({ object_id: object }) => object === id).length;
    demand('G2', own === sequence, () => `${id} has come to ${sequence}, and ${own} events tell of it`);
  }
  for (const { id, status } of rows.inflows) {
    const last = rows.events.findLast(({ object_id: object }) => object === id);
    const says = last && JSON.parse(last.data).object.status;
    // While money is on its way back, its refund has the events.
    demand(
      'G2',
      status === 'refunding' || says === status,
      () => `${id} is ${status}, and its last event says ${says}`,
    );
  }
  const positions = rows.events.map(({ position }) => Number(position)).toSorted((a, b) => a - b);
  demand(
    'G2',
    positions.every((position, n) => position === n + 1),
    () => `the log has the positions ${positions.join()}`,
  );

  const own = fresh(world, rows.events);
  const seen = groups(world.session.raw('select event from itpay.simulation_seen'), ({ event }) => event);
  const deliveries = new Map(rows.webhook_deliveries.map((row) => [`${row.endpoint_id} ${row.event_id}`, row]));
  const heard = new Set(
    world.receivers.received.filter(({ status }) => status < 300).map(({ url, event }) => `${url} ${event}`),
  );
  for (const { id, type } of own) {
    const times = seen.get(id)?.length ?? 0;
    demand('G2', times === 1, () => `the subscriber in our process has handled ${type} ${id} ${times} times`);
    for (const endpoint of rows.webhook_endpoints) {
      const delivery = deliveries.get(`${endpoint.id} ${id}`);
      const disabledOnce = endpoint.status !== 'enabled' || endpoint.version > 1;
      demand('G2', delivery !== undefined || disabledOnce, () => `${type} ${id} has no delivery to ${endpoint.url}`);
      if (delivery === undefined) continue;
      demand('G2', delivery.state !== 'pending', () => `days later, ${type} ${id} still waits for ${endpoint.url}`);
      const arrived = heard.has(`${endpoint.url} ${id}`);
      demand(
        'G2',
        delivery.state !== 'delivered' || arrived,
        () => `${type} ${id} counts as delivered to ${endpoint.url}, which never took it`,
      );
    }
  }
}

/** Endpoints work again, and what failed is sent again. */
async function replay(world: World): Promise<void> {
  await asOperator(world, async () => {
    const ask = async (path: string, body: object, key: string) => {
      const answer = await world.request('POST', path, { body, key });
      if (answer === null || answer.status >= 300)
        world.violated('G2', `${path} answered ${answer?.status} ${JSON.stringify(answer?.body)}`);
    };
    for (const { id, status } of world.session.raw('select id, status from itpay.webhook_endpoints order by id')) {
      if (status === 'disabled') await ask(`/v1/webhook-endpoints/${id}/reactivate`, {}, `reactivate-${id}`);
      const to = new Date(world.trueTime().getTime() + 60_000).toISOString();
      const range = { from: '2024-12-01T00:00:00Z', to };
      await ask(
        `/v1/webhook-endpoints/${id}/replay`,
        status === 'disabled' ? range : { ...range, only_failed: true },
        `replay-${id}`,
      );
    }
  });
  await untilQuiet(world, 2_000);
}

/** Without those of the time before the history began. */
const fresh = (world: World, events: readonly any[]) => {
  const old = new Set(world.session.raw('select id from beginning.events').map(({ id }) => id));
  return events.filter(({ id }) => !old.has(id));
};

// `needed_at` may be infinite, which no Date is.
const COLUMNS: Partial<Record<Table, string>> = { events: 'id, type, object_id, sequence, position, data' };
const ORDER: Partial<Record<Table, string>> = {
  events: 'object_id, sequence',
  webhook_deliveries: 'event_id, endpoint_id',
};
function rowsOf({ session }: World): Rows {
  const read = (table: Table) =>
    session.raw(`select ${COLUMNS[table] ?? '*'} from itpay.${table} order by ${ORDER[table] ?? 'id'}`);
  return Object.fromEntries(TABLES.map((table) => [table, read(table)])) as unknown as Rows;
}

function demandsOf(world: World): Demand {
  return (guarantee, holds, otherwise) => {
    if (!holds) world.violated(guarantee, otherwise());
  };
}

function groups<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = found.get(key);
    if (group) group.push(item);
    else found.set(key, [item]);
  }
  return found;
}

const sumOf = (values: readonly (bigint | number | string)[]) =>
  values.reduce<bigint>((sum, value) => sum + BigInt(value), 0n);

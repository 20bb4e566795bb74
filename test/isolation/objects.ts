import { uuidV7Ids } from '@itpay/kernel';
import { insertStatementRow } from '../support/statement-row.js';
import type { House, Tenant } from './house.js';

/** Makes one object for a tenant. @returns its id */
type Make = (house: House, who: Tenant) => Promise<string>;

/**
 * How an object of each collection comes to be. The name is the part of the path before the id: `refunds` for
 * `/v1/refunds/{id}`. Each call makes another one, because the owner's own requests use it up.
 */
export const OBJECTS: Readonly<Record<string, Make>> = {
  'payment-intents': async (house, who) => (await openIntent(house, who)).id,
  'qr-charges': async (house, who) => (await openIntent(house, who)).qr.charge_id,
  refunds: async (house, who) => {
    const payment_intent_id = await paidIntent(house, who);
    return (await house.must(who, 'POST', '/v1/refunds', { body: { payment_intent_id, require_approval: true } })).id;
  },
  voids: async (house, who) => {
    const { id } = await openIntent(house, who);
    const body = { target_type: 'payment_intent', target_id: id };
    return (await house.must(who, 'POST', '/v1/voids', { body })).id;
  },
  inflows: async (house, who) => (await house.must(who, 'POST', '/v1/inflows', { body: seenMoney() })).id,
  operations: async (house, who) => {
    const { id } = await openIntent(house, who);
    return (await house.must(who, 'GET', '/v1/operations', { query: { payment_intent_id: id } })).data[0].id;
  },
  events: async (house, who) => {
    await OBJECTS['webhook-endpoints']!(house, who);
    const object_id = await OBJECTS['voids']!(house, who);
    return (await house.must(who, 'GET', '/v1/events', { query: { object_id } })).data[0].id;
  },
  'webhook-endpoints': async (house, who) => {
    await makeRoom(house, who);
    const { id } = await house.must(who, 'POST', '/v1/webhook-endpoints', { body: newEndpoint(house) });
    await house.must(who, 'POST', `/v1/webhook-endpoints/${id}/test`);
    await house.settle(); // now it has a delivery and an attempt
    return id;
  },
  reports: async (house, who) => {
    const body = { type: 'transactions', from: '2025-01-01', to: '2025-01-01' };
    const { id } = await house.must(who, 'POST', '/v1/reports', { body });
    await house.settle(); // now it has a file
    return id;
  },
  'refund-files': async (house, who) => {
    const body = { channel: 'bank_transfer', refund_ids: [await refundForBank(house, who)] };
    return (await house.must(who, 'POST', '/v1/refund-files', { body })).id;
  },
  statements: oneStatement,
  reconciliations: oneReconciliation,
  // Of the run that was made just before, because the two are named together.
  exceptions: oneException,
  'api-keys': async (house, who) => {
    const body = { label: 'to be reached', permissions: ['payments:read'] };
    return (await house.must(who, 'POST', '/v1/api-keys', { body })).id;
  },
};

/** Path parameters that name nothing of an account, with the reason. */
export const SHARED_PARAMETERS: Readonly<Record<string, { readonly value: string; readonly because: string }>> = {
  channel: { value: 'fake', because: 'rails are configured for the installation, and shared by its accounts' },
};

/** Fields of bodies and queries that name an object: its collection. */
export const NAMING_FIELDS: Readonly<Record<string, string>> = {
  payment_intent: 'payment-intents',
  payment_intent_id: 'payment-intents',
  target_id: 'payment-intents',
  object_id: 'payment-intents',
  refund_ids: 'refunds',
  webhook_endpoint_id: 'webhook-endpoints',
  actor: 'api-keys',
};

/** Fields that end in `_id` and name nothing of ours, with the reason. */
export const FOREIGN_NUMBERS: Readonly<Record<string, string>> = {
  channel_transaction_id: 'a number of the rail; test/isolation/by-hand.db.test.ts',
  channel_refund_id: 'a number of the rail, written down and never looked up',
};

/** Places in a list. The owner's own ones must show a stranger nothing. */
export const CURSORS = ['starting_after', 'ending_before', 'after'];

/** Bodies beyond what the schema alone says. */
export const BODIES: Readonly<Record<string, (house: House) => object>> = {
  'POST /v1/payment-intents': () => ({ ...amountOf(10_000), channel: 'fake', order_reference: 'the same everywhere' }),
  'POST /v1/inflows': () => seenMoney(),
  'POST /v1/reconciliations': () => someDays(),
  'POST /v1/inflows/{id}/apply': () => ({ reason: 'Asked the payer', accept_under: true }),
  'POST /v1/webhook-endpoints': (house) => newEndpoint(house),
  'POST /v1/webhook-endpoints/{id}/replay': () => ({ from: '2000-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z' }),
  'POST /v1/api-keys': () => ({ label: 'made', permissions: ['payments:read'] }),
  'PATCH /v1/api-keys/{id}': () => ({ label: 'changed' }),
  'PATCH /v1/webhook-endpoints/{id}': () => ({ description: 'changed' }),
};

/** Queries that a request needs to answer soon. */
export const QUERIES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'GET /v1/payment-intents/{id}/wait': { timeout: '0' },
  'POST /v1/statements': { channel: 'bank_transfer' },
};

/** Files that a request brings. */
export const FILES: Readonly<Record<string, () => Uint8Array>> = {
  'POST /v1/statements': () => Buffer.from(':20:A\n:25:1\n:28C:1/1\n:61:250102C5,NTRFNONREF//1\n:86:for nobody\n-\n'),
};

/** Objects that a request needs in a state of their own: by the place that names them. */
export const IN_STATE: Readonly<Record<string, Readonly<Record<string, Make>>>> = {
  'POST /v1/refunds': { payment_intent_id: paidIntent, payment_intent: paidIntent },
  'POST /v1/refund-files': { refund_ids: refundForBank },
  'GET /v1/reconciliations/{id}/exceptions': {
    id: async (house, who) => {
      const id = await oneReconciliation(house, who);
      await oneException(house, who);
      return id;
    },
  },
  'POST /v1/test-helpers/payment-intents/{id}/simulate': {
    id: async (house, who) => (await openIntent(house, who, 'promptpay')).id,
  },
};

/** Routes that refuse their owner too, in one of the modes, once they know that the object is there. */
export const REFUSED_TO_OWNER: Readonly<Record<string, { readonly code: string; readonly because: string }>> = {
  'POST /v1/test-helpers/payment-intents/{id}/simulate': {
    code: 'LIVEMODE_MISMATCH',
    because: 'nobody simulates a live payment',
  },
  'POST /v1/statements': {
    code: 'PERMISSION_DENIED',
    because: 'a statement tells about all accounts, so the first one alone brings it',
  },
};

let made = 0;

export async function openIntent(house: House, who: Tenant, channel = 'fake'): Promise<any> {
  return house.must(who, 'POST', '/v1/payment-intents', {
    body: { ...amountOf(10_000), channel, order_reference: `isolation-${made++}` },
  });
}

export async function paidIntent(house: House, who: Tenant): Promise<string> {
  const { id } = await openIntent(house, who);
  await house.must(who, 'POST', '/v1/inflows', { body: { ...seenMoney(), payment_intent_id: id } });
  return id;
}

/** A refund that the bank shall send, to whom a statement named. */
async function refundForBank(house: House, who: Tenant): Promise<string> {
  const euros = { amount: { currency: 'EUR', value: 10_000 }, channel: 'bank_transfer' };
  const body = { ...euros, order_reference: `isolation-${made++}` };
  const { id: payment_intent_id } = await house.must(who, 'POST', '/v1/payment-intents', { body });
  const seen = { ...seenMoney(), ...euros, payment_intent_id };
  const { id: inflow } = await house.must(who, 'POST', '/v1/inflows', { body: seen });
  await insertStatementRow(house.pay.knex, {
    account: who.account,
    livemode: who.livemode,
    ...euros,
    at: seen.paid_at,
    inflow,
    counterparty: { name: 'Ana Silva', account: 'FR1420041010050500013M02606' },
  });
  return (await house.must(who, 'POST', '/v1/refunds', { body: { payment_intent_id } })).id;
}

/** A statement with a row, as if the tenant had brought it: the first account alone can. */
async function oneStatement({ pay }: House, { account, livemode }: Tenant): Promise<string> {
  const ids = uuidV7Ids();
  const id = ids.next('stm');
  const at = new Date('2025-01-01T00:00:00Z');
  await pay.knex('itpay.statements').insert({
    id,
    account,
    livemode,
    channel: 'bank_transfer',
    channel_instance: `bank_transfer:${livemode}:${account}`,
    merchant_account: '1',
    file_digest: Buffer.from(id),
    source: 'upload',
    status: 'finished',
    facts: '[]',
    counts: JSON.stringify({ rows: 1, booked: 0, matched: 0, needs_match: 0, held: 0, noted: 1, known: 0 }),
    warnings: '[]',
    created_by: 'somebody',
    created_at: at,
    finished_at: at,
  });
  const amount = { currency: 'EUR', value: 500 };
  const row = await insertStatementRow(pay.knex, { account, livemode, amount, at, channel: 'bank_transfer' });
  await pay.knex('itpay.statement_rows').where({ id: row }).update({ statement_id: id });
  return id;
}

const someDays = () => ({ channel: 'bank_transfer', from: '2025-01-01', to: '2025-01-01' });

const latestRuns = new Map<Tenant, string>();

async function oneReconciliation(house: House, who: Tenant): Promise<string> {
  const { id } = await house.must(who, 'POST', '/v1/reconciliations', { body: someDays() });
  await house.settle(); // now it has ended
  latestRuns.set(who, id);
  return id;
}

async function oneException(house: House, who: Tenant): Promise<string> {
  const run = latestRuns.get(who) ?? (await oneReconciliation(house, who));
  const { account, livemode } = who;
  const id = uuidV7Ids().next('exc');
  const of = { class: 'held', subject: `isolation-${made++}` };
  const at = new Date();
  const ids = { statementRowId: null, inflowId: null, refundId: null, paymentIntentId: null };
  const numbers = { reference: null, channelTransactionId: null };
  const facts = { ...ids, ...numbers, channel: null, here: null, asked: null, note: 'odd', occurredAt: at };
  const { knex } = house.pay;
  const [{ channel_instance }] = await knex('itpay.reconciliations').where({ id: run }).select('channel_instance');
  await knex('itpay.reconciliation_exceptions').insert({
    ...of,
    id,
    account,
    livemode,
    channel: 'bank_transfer',
    channel_instance,
    merchant_account: 'DE89',
    status: 'open',
    facts,
    first_reconciliation_id: run,
    reconciliation_id: run,
    version: 1,
    created_at: at,
    updated_at: at,
  });
  await knex('itpay.reconciliation_findings').insert({
    ...of,
    reconciliation_id: run,
    account,
    livemode,
    gone: false,
    waits: false,
    facts,
    exception_id: id,
  });
  return id;
}

export function seenMoney() {
  return {
    ...amountOf(10_000),
    channel: 'fake',
    channel_transaction_id: `bank-${made++}`,
    paid_at: '2025-01-01T00:00:00Z',
    reason: 'Seen on the statement',
    evidence: 'Line 7',
  };
}

/** It hears of little, or each of them would be told of all that this suite does. */
export function newEndpoint({ shop }: House, enabled_events: readonly string[] = ['void.*']) {
  return { url: `${shop.origin}/${made++}`, enabled_events };
}

const amountOf = (value: number) => ({ amount: { currency: 'THB', value } });

/** An account has at most ten endpoints in a mode. */
async function makeRoom(house: House, who: Tenant): Promise<void> {
  const { data } = await house.must(who, 'GET', '/v1/webhook-endpoints', { query: { limit: '100' } });
  if (data.length < 6) return;
  for (const { id } of data) await house.must(who, 'DELETE', `/v1/webhook-endpoints/${id}`);
}

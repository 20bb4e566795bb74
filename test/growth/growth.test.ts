import { createHash } from 'node:crypto';
import type { Statement } from '@itpay/kernel';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { postgresNeed } from '../support/database.js';
import { describeNeeding } from '../support/needs.js';
import { explain, explainForAll, sent } from './explain.js';
import { eventOf, filledInstallation, GROWN, idOf, paramsOfCreate } from './filled.js';
import { KEEPS, SERVES } from './indexes.js';

// Every statement of the code, by its name: what is looked at below is what is sent.
const made = vi.hoisted(() => new Map<string, Statement<never, unknown>>());
vi.mock('../../packages/kernel/src/statement.js', async (original) => {
  const actual = await original<typeof import('../../packages/kernel/src/statement.js')>();
  const statement: typeof actual.statement = (name, text, options) => {
    const one = actual.statement<any, any>(name, text, options);
    made.set(name, one);
    return one;
  };
  return { ...actual, statement };
});

function named(name: string): Statement<never, unknown> {
  const found = made.get(name);
  if (found === undefined) throw new Error(`The code has no statement ${name}.`);
  return found;
}

const HOUR = 3_600_000;
let t: Awaited<ReturnType<typeof filledInstallation>>;
const at = (hours: number) => new Date(t.now.getTime() + hours * HOUR);
const sha256 = (text: string) => createHash('sha256').update(text).digest();

/** A list of the big merchant, which has 600 000 payments, unless it says otherwise. */
const list = (filter: object) => ({
  account: t.account,
  livemode: false,
  createdGte: null,
  createdLte: null,
  cursor: null,
  limit: 26,
  status: null,
  orderReference: null,
  payerHumanId: null,
  payerAgentId: null,
  paymentIntentId: null,
  type: null,
  objectId: null,
  actor: null,
  action: null,
  state: null,
  operatorRequired: null,
  ...filter,
});
const batch = () => ({
  ids: Array.from({ length: 200 }, (_, n) => eventOf(670_000 + n, 1)),
  cutoff: at(0),
  now: t.now,
});
const payer = (kind: 'agent' | 'human', n: number) => `${kind}_${String(n).padStart(26, '0')}`;
const deep = () => ({ cursor: idOf('pi', 100_000) });

/**
 * The statement, what is special about this call, its parameters, the indexes that it reads along, and the most pages it may
 * look at: about twice what it takes. A number of pages that grew with the tables would be in the thousands.
 */
type Case = readonly [name: string, what: string, params: () => object, indexes: readonly string[], pages: number];
const HOT: readonly Case[] = [
  [
    'intent_create',
    'a new purchase',
    () => paramsOfCreate(t, 'new'),
    ['idempotency_keys_pkey', 'duplicate_guards_pkey'],
    200,
  ],
  [
    'intent_create',
    'a purchase that is guarded',
    () => ({ ...paramsOfCreate(t, 'guarded'), guardHash: sha256('guard999999') }),
    ['idempotency_keys_pkey', 'duplicate_guards_pkey'],
    60,
  ],
  [
    'intent_create',
    'a key that was used',
    () => ({ ...paramsOfCreate(t, 'used'), scopeHash: sha256('scope999999') }),
    ['idempotency_keys_pkey'],
    60,
  ],
  [
    'intent_find',
    'by id',
    () => ({ id: idOf('pi', 1_000), account: t.account, livemode: false }),
    ['payment_intents_pkey', 'qr_charges_one_active', 'operations_by_payment'],
    30,
  ],
  ['intent_list_older', 'the first page', () => list({}), ['intents_by_account'], 400],
  ['intent_list_older', 'page twenty thousand', () => list(deep()), ['intents_by_account'], 400],
  ['intent_list_newer', 'the page before that', () => list(deep()), ['intents_by_account'], 400],
  ['intent_list_older', 'of a small account', () => list({ account: t.smallAccount }), ['intents_by_account'], 400],
  [
    'intent_list_older',
    'of one that was busy once',
    () => list({ account: t.formerAccount }),
    ['intents_by_account'],
    400,
  ],
  ['intent_list_older', 'a usual state', () => list({ status: 'succeeded' }), ['intents_by_status'], 400],
  [
    'intent_list_older',
    'a rare state, deep',
    () => list({ status: 'authorized', ...deep() }),
    ['intents_by_status'],
    400,
  ],
  ['intent_list_older', 'a state that none has', () => list({ status: 'scanning' }), ['intents_by_status'], 30],
  [
    'intent_list_older',
    'of a small account',
    () => list({ account: t.smallAccount, status: 'failed' }),
    ['intents_by_status'],
    30,
  ],
  ['intent_list_older', 'one order', () => list({ orderReference: 'order-1001' }), ['intents_by_order'], 30],
  ['intent_list_older', 'one agent', () => list({ payerAgentId: payer('agent', 7) }), ['intents_by_agent'], 400],
  ['intent_list_older', 'one human', () => list({ payerHumanId: payer('human', 2_002) }), ['intents_by_human'], 400],
  [
    'intent_timeline',
    'of a paid one',
    () => ({ intentId: idOf('pi', 900_001), account: t.account, limit: 501 }),
    [
      'audit_by_object',
      'qr_charges_by_intent',
      'operations_by_payment',
      'inflows_by_intent',
      'refunds_by_intent',
      'voids_by_target',
    ],
    60,
  ],
  [
    'intents_take_due',
    'the expiry sweep',
    () => ({ now: at(1), again: at(1), limit: 50 }),
    ['intents_to_close', 'payment_intents_pkey'],
    4_000,
  ],
  ['qr_charge_latest_of', 'of a closed one', () => ({ intentId: idOf('pi', 900_000) }), ['qr_charges_by_intent'], 10],
  [
    'guard_remember',
    'a purchase was paid',
    () => ({ intentId: idOf('pi', 900_000), until: t.now }),
    ['guards_by_object'],
    30,
  ],
  [
    'api_key_find_by_key_id',
    'a request comes in',
    () => ({ keyId: createHash('md5').update('idm_small71').digest('hex') }),
    ['api_keys_key_id_key'],
    10,
  ],
  [
    'idempotency_claim',
    'a fresh key',
    () => ({ scopeHash: sha256('fresh'), requestHash: sha256('it'), now: t.now, expiresAt: at(72) }),
    ['idempotency_keys_pkey'],
    40,
  ],
  ['idempotency_find', 'a used key', () => ({ scopeHash: sha256('scope900000') }), ['idempotency_keys_pkey'], 10],
  [
    'job_lease',
    'of many that wait',
    () => ({
      names: ['payment.forget_qr_image'],
      now: t.now,
      overdue: t.now,
      closed: [],
      reopened: [],
      lease: 'req_1',
      expiresAt: at(1),
      limit: 50,
    }),
    ['jobs_due'],
    2_000,
  ],
  [
    'operations_due',
    'the operation sweep',
    () => ({ now: at(0), limit: 50 }),
    ['operations_queued', 'operations_leased', 'operations_due', 'channel_operations_pkey'],
    1_000,
  ],
  [
    'operation_find_by_reference',
    'a callback comes in',
    () => ({ instance: 'promptpay:0066812345678', reference: 'A000000000000017' }),
    ['operations_by_reference'],
    10,
  ],
  ['operations_list_older', 'the first page', () => list({}), ['operations_by_account'], 100],
  [
    'operations_list_older',
    'of a payment',
    () => list({ paymentIntentId: idOf('pi', 5) }),
    ['operations_by_payment'],
    10,
  ],
  [
    'operations_list_unsettled_older',
    'of a rare state',
    () => list({ state: 'declined' }),
    ['operations_unsettled'],
    100,
  ],
  [
    'operations_list_for_operator_older',
    'what waits for somebody',
    () => list({ operatorRequired: true }),
    ['operations_unresolved'],
    100,
  ],
  [
    'event_append',
    'the next event of a payment',
    () => ({
      ids: ['evt_x'],
      account: t.account,
      livemode: false,
      types: ['x'],
      objectIds: [idOf('pi', 900_000)],
      sequences: [null],
      at: t.now,
      data: ['{}'],
    }),
    ['events_object_id_sequence_key'],
    60,
  ],
  ['event_log_look', 'is there anything new?', () => ({}), ['events_without_position'], 60],
  [
    'event_log_assign',
    'the relay gives positions',
    () => ({ limit: 500 }),
    ['events_without_position', 'events_pkey'],
    20_000,
  ],
  ['event_log_read', 'a subscriber reads on', () => ({ position: 2_400_000n, limit: 100 }), ['events_by_position'], 60],
  [
    'webhook_fan_out',
    'a hundred events',
    () => ({ eventIds: Array.from({ length: 100 }, (_, n) => eventOf(900_000 + n, 1)), now: at(0) }),
    ['events_pkey', 'webhook_deliveries_pkey'],
    4_000,
  ],
  [
    'webhook_lease',
    'with a backlog of some endpoints',
    () => ({
      now: t.now,
      lease: 'req_1',
      leaseExpiresAt: at(1),
      room: 50,
      perEndpoint: 10,
      flyingIds: [],
      flyingCounts: [],
    }),
    ['webhook_deliveries_pending', 'webhook_deliveries_pkey', 'events_pkey'],
    4_000,
  ],
  [
    'webhook_attempt_list_older',
    'of the big endpoint',
    () => list({ endpointId: `we_${t.account}` }),
    ['webhook_attempts_by_endpoint'],
    100,
  ],
  ['event_list_older', 'the first page', () => list({}), ['events_by_account'], 200],
  ['event_list_older', 'a deep page', () => list({ cursor: eventOf(700_000, 1) }), ['events_by_account'], 100],
  [
    'event_list_older',
    'of a payment',
    () => list({ objectId: idOf('pi', 900_001) }),
    ['events_object_id_sequence_key'],
    20,
  ],
  [
    'event_list_after',
    'a reader that catches up',
    () => list({ account: 'm_mid7', position: 2_500_000n }),
    ['events_by_account_position'],
    100,
  ],
  ['audit_list_older', 'the first page', () => list({}), ['audit_by_account'], 100],
  ['audit_list_older', 'a deep page', () => list({ cursor: idOf('aud', 100_000) }), ['audit_by_account'], 100],
  ['audit_list_older', 'of a payment', () => list({ objectId: idOf('pi', 100_001) }), ['audit_by_object'], 20],
  ['inflow_list_older', 'a state that none has', () => list({ status: 'kept' }), ['inflows_by_status'], 10],
  ['refund_list_older', 'what is under way', () => list({ status: 'processing' }), ['refunds_by_status'], 100],
  [
    'statement_suggestions',
    'for money without a payment',
    () => ({ account: t.account, livemode: false, inflowIds: t.strangeInflows }),
    ['intents_open_by_amount'],
    2_000,
  ],
  [
    'idempotency_delete_expired',
    'retention',
    () => ({ now: at(71), limit: 500 }),
    ['idempotency_expiring', 'idempotency_keys_pkey'],
    9_000,
  ],
  [
    'guard_delete_ended',
    'retention',
    () => ({ before: at(1), limit: 500 }),
    ['guards_expiring', 'duplicate_guards_pkey'],
    9_000,
  ],
  [
    'notification_drop_bodies',
    'retention',
    () => ({ before: at(-24), limit: 200 }),
    ['notifications_with_body', 'notifications_pkey'],
    9_000,
  ],
  [
    'signature_nonce_delete_expired',
    'retention',
    () => ({ before: at(1), limit: 500 }),
    ['signature_nonces_by_expiry'],
    4_000,
  ],
  [
    'rate_purge_buckets',
    'retention',
    () => ({ told: at(1).getTime() }),
    ['rate_buckets_by_full_at', 'rate_buckets_pkey'],
    9_000,
  ],
  ['event_retention_due', 'retention', () => ({ cutoff: at(-29 * 24), limit: 200 }), ['events_to_forget'], 2_000],
  [
    'event_retention_keep_needed',
    'retention',
    batch,
    ['events_pkey', 'webhook_deliveries_pkey', 'webhook_attempts_by_event', 'jobs_name_key_key'],
    9_000,
  ],
  ['event_retention_free', 'retention', batch, ['events_pkey'], 2_000],
  ['event_retention_delete_jobs', 'retention', batch, ['jobs_name_key_key'], 2_000],
  ['event_retention_delete_attempts', 'retention', batch, ['webhook_attempts_by_event'], 4_000],
  ['event_retention_delete_deliveries', 'retention', batch, ['webhook_deliveries_pkey'], 4_000],
  ['event_retention_release_older', 'retention', batch, ['events_object_id_sequence_key'], 4_000],
  ['event_retention_keep_newest', 'retention', batch, ['events_object_id_sequence_key'], 9_000],
  ['event_retention_delete', 'retention', batch, ['events_pkey'], 4_000],
];
/** A page or a batch, and far less than what an account has. */
const ROWS_AT_MOST = 1_001;

describeNeeding(postgresNeed(), 'on a million payments', () => {
  beforeAll(async () => {
    t = await filledInstallation();
  }, 300_000);

  describe.each(['custom', 'generic'] as const)('with a %s plan', (planning) => {
    it.each(HOT)('%s: %s', async (name, _what, params, indexes, pages) => {
      const statement = named(name);
      // One that is never prepared has no plan for all values alike.
      const used = statement.planEachTime ? 'custom' : planning;
      const plan = await explain(t.client, sent(statement, params() as Record<string, unknown>), used);

      const read = {
        indexes: [...indexes].filter((index) => plan.indexes.has(index)),
        tables: GROWN.filter((table) => plan.scanned.has(table)),
      };
      expect(read, plan.text).toEqual({ indexes: [...indexes], tables: [] });
      expect(plan.pages, `pages of\n${plan.text}`).toBeLessThan(pages);
      expect(plan.thrownAway, `rows thrown away in\n${plan.text}`).toBeLessThan(ROWS_AT_MOST);
      expect(plan.sorted, `rows sorted in\n${plan.text}`).toBeLessThan(ROWS_AT_MOST);
    });
  });

  describe('every index', () => {
    it('is named, and each that is named is there', async () => {
      const { rows } = await t.client.query<{ name: string }>(
        `select indexname as name from pg_indexes where schemaname = 'itpay' and indexname not like '%\\_pkey'`,
      );

      expect(rows.map(({ name }) => name).toSorted()).toEqual(
        [...Object.keys(KEEPS), ...Object.keys(SERVES)].toSorted(),
      );
    });

    it('that is said to refuse something is unique', async () => {
      const { rows } = await t.client.query<{ name: string }>(
        `select c.relname as name from pg_index i join pg_class c on c.oid = i.indexrelid
          where i.indisunique and c.relnamespace = 'itpay'::regnamespace and c.relname not like '%\\_pkey'`,
      );

      expect(rows.map(({ name }) => name).toSorted()).toEqual(Object.keys(KEEPS).toSorted());
    });

    // What a million rows above did not show: a plan without values, where no index may be avoided for few rows.
    const shown = new Set(HOT.flatMap(([name, , , indexes]) => indexes.map((index) => `${index} ${name}`)));
    it.each(Object.entries(SERVES).filter(([index, name]) => !shown.has(`${index} ${name}`)))(
      '%s serves %s',
      async (index, name) => {
        const plan = await explainForAll(t.client, sent(named(name), null).text);

        expect([...plan.indexes], plan.text).toContain(index);
      },
    );
  });
});

import { FAKE_CAPABILITIES, type WireStatementRow } from '@itpay/testkit/fake-rail';
import { testPayWithRail } from '../support/fake-rail.js';
import type { testPay } from '../support/pay.js';

/** The day that the test's clock begins with, and the one after. */
export const DAY = '2025-01-01';
export const NEXT_DAY = '2025-01-02';

export type Rig = Awaited<ReturnType<typeof reconciliationRig>>;

/** A shop with a rail that has a file for each day, in test mode. Its clock and the rail's are the same one. */
export async function reconciliationRig(options: Parameters<typeof testPay>[0] = {}) {
  const t = await testPayWithRail({ capabilities: [...FAKE_CAPABILITIES, 'statement'] }, options);
  await t.rail.setTime(t.clock.now());

  const { knex, account, accounts, keys } = t.pay;
  /** Both clocks; the rail's has no sweep, so that it follows. */
  const advance = async (by: Parameters<typeof t.clock.advance>[0]) => {
    t.clock.advance(by);
    await t.rail.setTime(t.clock.now());
  };
  /** A payment that the rail has, and we have too unless its callback gets lost. */
  const pay = async (body: object = {}, { told = true, ...how }: PayHow = {}) => {
    const { body: intent } = await t.create(body);
    const [payment] = await t.rail.pay(intent.channel_reference, how);
    if (told) await t.deliver(({ reference }) => reference === intent.channel_reference);
    return { intent, reference: intent.channel_reference as string, payment: payment! };
  };
  const runOver = async (from = DAY, to = from) => {
    const { status, body } = await t.request('POST', '/v1/reconciliations', { body: { channel: 'fake', from, to } });
    if (status !== 202) throw new Error(JSON.stringify(body));
    await t.settle();
    return read(body.id);
  };
  const read = async (id: string) => (await t.request('GET', `/v1/reconciliations/${id}`)).body;
  const exceptions = async (id: string, query = '') =>
    (await t.request('GET', `/v1/reconciliations/${id}/exceptions?limit=100${query}`)).body.data as Exception[];
  /** What the rail's file of a day says from now on. */
  const rewrite = async (change: (rows: WireStatementRow[]) => WireStatementRow[], day = DAY) =>
    t.rail.setStatement(day, change(await t.rail.statement(day)));
  const runs = async () => (await t.request('GET', '/v1/reconciliations?limit=100')).body.data as any[];
  const inflowsOf = async (id: string) =>
    (await t.request('GET', `/v1/inflows?payment_intent_id=${id}`)).body.data as any[];
  const events = async (type: string) =>
    ((await knex('itpay.events').where({ type }).orderBy('id')) as { data: string; object_id: string }[]).map(
      ({ data }) => JSON.parse(data).object,
    );
  return {
    ...t,
    knex,
    accounts,
    keys,
    account: account.id,
    advance,
    pay,
    runOver,
    read,
    exceptions,
    rewrite,
    runs,
    inflowsOf,
    events,
  };
}

interface PayHow {
  readonly told?: boolean;
  readonly amount?: bigint;
  readonly currency?: string;
  readonly times?: number;
}

export interface Exception {
  readonly id: string;
  readonly class: string;
  readonly status: string;
  readonly note: string;
  readonly [field: string]: any;
}

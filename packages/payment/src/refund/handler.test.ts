import { money } from '@itpay/core';
import {
  ChannelRegistry,
  queuedOperation,
  type Channel,
  type Operation,
  type Outcome,
  type RefundStatus,
} from '@itpay/kernel';
import { describe, expect, it } from 'vitest';
import { aPaidIntent, aRefund, anInflow, INFLOW_ID } from '../../test/refund-samples.js';
import { aChannel, NOW } from '../../test/samples.js';
import type { Inflow } from '../inflow/inflow.js';
import type { PaymentIntent } from '../intent/intent.js';
import type { PaymentServices } from '../services.js';
import { APPROVED, refundHandler } from './handler.js';
import { newRefundOperation } from './rail.js';
import type { Refund } from './refund.js';

const succeeded: Outcome<{ channelRefundId: string }> = { outcome: 'succeeded', value: { channelRefundId: 'r-77' } };
const declined = { outcome: 'declined', failure: { category: 'insufficient_funds', rawCode: 'canary' } } as const;

describe('calling the rail', () => {
  it('sends our own number and the payment that goes back', async () => {
    const world = aWorld();

    const outcome = await world.handler.call(world.operation());

    expect(outcome).toEqual(succeeded);
    expect(world.sent).toEqual([
      {
        reference: 'REF0123456789ABC',
        channelTransactionId: 'tx-1',
        refundReference: 'REFUND0123456789',
        amount: money('THB', 5_000n),
        total: money('THB', 19_900n),
        reason: 'customer_request',
        notifyUrl: 'https://shop.example/callback',
      },
    ]);
  });

  it('sends the number of the arrival when that is what goes back', async () => {
    const second = anInflow({
      channelTransactionId: 'tx-2',
      channelReference: 'ORDER-BEFORE',
      counted: 0n,
      kind: 'duplicate',
      status: 'refunding',
    });
    const world = aWorld({ refund: aRefund({ inflowId: INFLOW_ID }), inflow: second });

    await world.handler.call(world.operation());

    expect(world.sent).toMatchObject([{ channelTransactionId: 'tx-2', reference: 'ORDER-BEFORE' }]);
  });

  it('sends nothing when the channel is no longer configured', async () => {
    const world = aWorld({ channels: [] });

    expect(await world.handler.call(world.operation())).toMatchObject({ outcome: 'not_sent' });
  });
});

it.each<[said: RefundStatus, heard: object]>([
  [{ status: 'not_found' }, { kind: 'not_found' }],
  [{ status: 'processing' }, { kind: 'outcome', outcome: { outcome: 'pending' } }],
  [{ status: 'succeeded' }, { kind: 'outcome', outcome: { outcome: 'succeeded' } }],
  [
    { status: 'failed', failure: { category: 'unmapped' } },
    { kind: 'outcome', outcome: { outcome: 'declined' } },
  ],
  [{ status: 'unknown', failure: { category: 'network' } }, { kind: 'nothing_new' }],
])('asked, the rail says %o', async (said, heard) => {
  const world = aWorld({ said });

  expect(await world.handler.ask(world.operation())).toMatchObject(heard);
});

describe('what an outcome does', () => {
  it('gives the money of the payment back', async () => {
    const world = aWorld();

    await world.conclude(succeeded);

    expect(world.refund).toMatchObject({ status: 'succeeded', channelRefundId: 'r-77', succeededAt: NOW, version: 2 });
    expect(world.intent).toMatchObject({ amountRefunded: 5_000n, status: 'succeeded', version: 2 });
    expect(world.events).toEqual(['refund.succeeded']);
    expect(world.movements).toEqual([
      ['payee_receivable', 'channel_clearing', 5_000n],
      ['channel_clearing', 'payer', 5_000n],
    ]);
  });

  it('gives the money of an inflow back, and leaves the intent as it is', async () => {
    const world = aWorld({
      refund: aRefund({ inflowId: INFLOW_ID }),
      inflow: anInflow({ status: 'refunding', counted: 0n }),
    });

    await world.conclude(succeeded);

    expect(world.refund.status).toBe('succeeded');
    expect(world.inflow).toMatchObject({ status: 'refunded', sequence: 2 });
    expect(world.intent).toMatchObject({ amountRefunded: 0n, version: 1 });
    expect(world.events).toEqual(['refund.succeeded', 'inflow.refunded']);
    expect(world.movements[0]).toEqual(['payee_parked', 'channel_clearing', 5_000n]);
  });

  it('leaves the money where it is when the rail declines', async () => {
    const world = aWorld();

    await world.conclude(declined);

    expect(world.refund).toMatchObject({
      status: 'failed',
      failure: { code: 'INSUFFICIENT_FUNDS', class: 'retryable' },
    });
    expect(world.intent).toMatchObject({ amountRefunded: 0n, version: 1 });
    expect(world.events).toEqual(['refund.failed']);
    expect(world.movements).toEqual([]);
  });

  it('parks an inflow that the rail does not take back', async () => {
    const world = aWorld({
      refund: aRefund({ inflowId: INFLOW_ID }),
      inflow: anInflow({ status: 'refunding', counted: 0n }),
    });

    await world.conclude(declined);

    expect(world.inflow.status).toBe('parked');
    expect(world.events).toEqual(['refund.failed', 'inflow.parked']);
  });

  it.each<Outcome<never>>([
    { outcome: 'pending' },
    { outcome: 'unknown', failure: { category: 'timeout' } },
    { outcome: 'not_sent', failure: { category: 'rate_limited' } },
  ])('changes nothing while it is open: %o', async (outcome) => {
    const world = aWorld();

    await world.conclude(outcome);

    expect(world.refund).toEqual(aRefund());
    expect(world.events).toEqual([]);
  });

  it('books a notice that carries no number of the rail', async () => {
    const world = aWorld();

    await world.conclude({ outcome: 'succeeded', value: null });

    expect(world.refund).toMatchObject({ status: 'succeeded', channelRefundId: null });
  });
});

describe('the answer', () => {
  it.each<[what: string, change: Partial<Operation>, status: number, final: boolean, code: string | null]>([
    ['done', { state: 'succeeded' }, 201, true, null],
    ['done after an approval', { state: 'succeeded', purpose: APPROVED }, 200, true, null],
    ['accepted', { state: 'pending' }, 201, true, null],
    ['unknown', { state: 'unknown' }, 202, false, null],
    ['declined', { state: 'declined', failure: { category: 'declined' } }, 402, true, 'PAYMENT_DECLINED'],
    ['our mistake', { state: 'not_sent', failure: { category: 'auth_config' } }, 502, false, 'CHANNEL_ERROR'],
    ['not reached', { state: 'not_sent', failure: { category: 'not_connected' } }, 503, false, 'CHANNEL_UNAVAILABLE'],
  ])('%s', async (_what, change, status, final, code) => {
    const world = aWorld();

    const answer = await world.handler.answer(null as never, world.operation(change));

    const plain = JSON.parse(answer.body);
    expect(answer).toMatchObject({ status, final });
    expect(plain).toMatchObject(
      code === null ? { id: aRefund().id } : { code, details: { object: { object: 'refund' } } },
    );
  });

  it('names the unknown operation', async () => {
    const world = aWorld();

    const { body } = await world.handler.answer(null as never, world.operation({ state: 'unknown' }));

    expect(JSON.parse(body)).toMatchObject({ operation: { outcome: 'unknown' }, next_action: { type: 'wait' } });
  });
});

interface Given {
  readonly refund?: Refund;
  readonly inflow?: Inflow;
  readonly said?: RefundStatus;
  readonly channels?: readonly Channel[];
}

/** The services that a refund works with, in memory. */
function aWorld({ refund = aRefund(), inflow = anInflow(), said, channels }: Given = {}) {
  const sent: unknown[] = [];
  const rail = aChannel({
    capabilities: ['qr_dynamic', 'refund'],
    refund: async (request) => {
      sent.push(request);
      return succeeded;
    },
    queryRefund: async () => said!,
  });
  const world = {
    sent,
    refund,
    inflow,
    intent: aPaidIntent() as PaymentIntent,
    events: [] as string[],
    movements: [] as unknown[][],
  };
  const tx = {
    query: async (_statement: object, row: { from?: string; to?: string; value?: bigint }) => {
      // Movements of money; a question about the refund's void finds none.
      if (row.value !== undefined) world.movements.push([row.from, row.to, row.value]);
      return [];
    },
    afterCommit: (effect: () => void) => effect(),
  };
  const services = {
    clock: { now: () => NOW },
    ids: { next: (prefix: string) => `${prefix}_1` },
    channels: new ChannelRegistry(channels ?? [rail]),
    callbackUrl: () => 'https://shop.example/callback',
    guard: {
      attempt: async (_channel: Channel, _call: string, work: (context: object) => Promise<unknown>) => ({
        ok: true,
        value: await work({}),
      }),
    },
    store: {
      find: async () => ({ intent: world.intent }),
      lockAny: async () => world.intent,
      save: async (_tx: object, saved: PaymentIntent) => void (world.intent = saved),
    },
    refunds: {
      find: async () => world.refund,
      lock: async () => world.refund,
      save: async (_tx: object, saved: Refund) => void (world.refund = saved),
    },
    inflows: {
      find: async () => world.inflow,
      ofIntent: async () => [world.inflow],
      save: async (_tx: object, saved: Inflow) => void (world.inflow = saved),
    },
    outbox: {
      announce: () => {},
      append: async (_tx: object, _actor: object, events: { type: string }[]) =>
        void world.events.push(...events.map(({ type }) => type)),
    },
    audit: { append: async () => {} },
  } as unknown as PaymentServices;
  const handler = refundHandler(services);
  const operation = (change: Partial<Operation> = {}): Operation => ({
    ...queuedOperation(newRefundOperation(services, world.intent, world.refund), NOW),
    ...change,
  });
  const actor = { account: refund.account, livemode: refund.livemode, id: 'channel:rail', requestId: null };
  return Object.assign(world, {
    handler,
    operation,
    conclude(outcome: Outcome<{ channelRefundId: string } | null>) {
      const failure = 'failure' in outcome ? outcome.failure : null;
      return handler.apply(tx as never, actor, operation({ state: outcome.outcome, failure }), outcome);
    },
  });
}

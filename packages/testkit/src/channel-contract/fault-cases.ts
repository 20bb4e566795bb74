import type {
  Capability,
  Channel,
  ChannelFailure,
  OrderRequest,
  Outcome,
  OrderStatus,
  RefundStatus,
} from '@itpay/kernel';
import { expect } from '../vitest.js';
import type { ContractFault, ContractOperation } from './contract-rail.js';
import { captureOf, type NetworkCase } from './order-cases.js';
import { closableOrder, freshOrder, heldOrder, paidOrder, refundOf, rigOf, type Rig } from './rig.js';

/** For the one call that hangs; enough for the request to arrive. */
const TIME_LIMIT_MS = 300;
const SETTLES_WITHIN_MS = 1_000;

/** One prepared call, how to repeat it, and how to look what became of it. */
interface Prepared {
  readonly order: OrderRequest;
  readonly call: () => Promise<Outcome<unknown> | OrderStatus | RefundStatus>;
  /** The question that settles it, and the answers that mean "it was done". */
  readonly ask?: () => Promise<{ readonly status: string }>;
}

interface Subject {
  readonly needs: readonly Capability[];
  prepare(rig: Rig): Promise<Prepared>;
  /** What a query says once it was done. */
  readonly done?: readonly string[];
  readonly amounts?: true;
}

const SUBJECTS: Readonly<Record<ContractOperation, Subject>> = {
  authorize: {
    needs: [],
    done: ['pending'],
    amounts: true,
    prepare: async (rig) => {
      const order = freshOrder(rig.channel);
      return { order, call: () => rig.authorize(order), ask: () => rig.query(order.reference) };
    },
  },
  query: {
    needs: [],
    // A paid order: what must not be believed is that money came.
    prepare: async (rig) => {
      const { order } = await paidOrder(rig);
      return { order, call: () => rig.query(order.reference) };
    },
  },
  cancel: {
    needs: ['close_order'],
    done: ['closed'],
    prepare: async (rig) => {
      const order = await closableOrder(rig);
      return { order, call: () => rig.cancel(order.reference), ask: () => rig.query(order.reference) };
    },
  },
  capture: {
    needs: ['manual_capture'],
    done: ['captured'],
    amounts: true,
    prepare: async (rig) => {
      const order = await heldOrder(rig);
      const request = captureOf(rig.channel, order.reference, order.amount);
      return { order, call: () => rig.capture(request), ask: () => rig.query(order.reference) };
    },
  },
  refund: {
    needs: ['refund'],
    done: ['succeeded', 'processing'],
    amounts: true,
    prepare: async (rig) => {
      const { order, credit } = await paidOrder(rig);
      const request = refundOf(rig, order, credit);
      return { order, call: () => rig.refund(request), ask: () => rig.queryRefund(request) };
    },
  },
  queryRefund: {
    needs: ['refund'],
    prepare: async (rig) => {
      const { order, credit } = await paidOrder(rig);
      const request = refundOf(rig, order, credit);
      expect(['succeeded', 'pending']).toContain((await rig.refund(request)).outcome);
      return { order, call: () => rig.queryRefund(request) };
    },
  },
};

const OPERATIONS = Object.keys(SUBJECTS) as ContractOperation[];
const CHANGING = OPERATIONS.filter((operation) => SUBJECTS[operation].done !== undefined);

const FORGERIES = {
  garbage: 'an answer that is not in the format of the rail',
  bad_signature: 'an answer with a wrong signature',
  wrong_reference: 'an answer about another order',
  wrong_amount: 'an answer with another amount',
  wrong_currency: 'an answer in another currency',
} satisfies Partial<Record<ContractFault, string>>;
/** A question names no amount, so that these two are for the framework to see. */
const ABOUT_MONEY: readonly string[] = ['wrong_amount', 'wrong_currency'];

/** What happens when the network or the rail fails, for each kind of call. Exported for the test of this suite. */
export const faultCases: Readonly<Record<FaultCase, NetworkCase>> = Object.fromEntries([
  ...OPERATIONS.flatMap((operation) => [
    [`${operation}: gives up in time, and does not know`, whenItHangs(operation)],
    [`${operation}: sends again after a rate limit`, whenRateLimited(operation)],
    [`${operation}: does not know after an error of the server`, whenServerBreaks(operation)],
    ...Object.entries(FORGERIES)
      .filter(([fault]) => SUBJECTS[operation].amounts || !ABOUT_MONEY.includes(fault))
      .map(([fault, what]) => [`${operation}: never believes ${what}`, whenForged(operation, fault as ContractFault)]),
  ]),
  ...CHANGING.flatMap((operation) => [
    [`${operation}: finds out what was done before a time out`, whenDoneUnheard(operation, 'hang_after')],
    [`${operation}: finds out what was done before the connection broke`, whenDoneUnheard(operation, 'reset_after')],
  ]),
  ...(['authorize', 'capture', 'refund'] as const).map((operation) => [
    `${operation}: takes a refusal as final`,
    whenDeclined(operation),
  ]),
  ['refund: says so while the rail works on it', whenRefundIsPending()],
]);

type Forgery = (typeof FORGERIES)[keyof typeof FORGERIES];
export type FaultCase =
  | `${ContractOperation}: ${
      | 'gives up in time, and does not know'
      | 'sends again after a rate limit'
      | 'does not know after an error of the server'
      | `never believes ${Forgery}`}`
  | `${'authorize' | 'cancel' | 'capture' | 'refund'}: finds out what was done before ${'a time out' | 'the connection broke'}`
  | `${'authorize' | 'capture' | 'refund'}: takes a refusal as final`
  | 'refund: says so while the rail works on it';

function whenItHangs(operation: ContractOperation): NetworkCase {
  return about(operation, async (rig) => {
    const calls: Promise<unknown>[] = [];
    const channel = observed(rig.channel, operation, calls);
    const { call } = await SUBJECTS[operation].prepare(rigOf(channel, rig.rail));
    calls.length = 0;
    await rig.rail.next(operation, 'hang');

    const started = performance.now();
    const result = await impatiently(channel, call);

    expect(failureOf(result)).toMatchObject({ category: 'timeout' });
    expect(performance.now() - started).toBeLessThan(TIME_LIMIT_MS + SETTLES_WITHIN_MS);
    expect(await settlesSoon(calls[0]), 'the adapter listens to context.signal and ends its call').toBe(true);
  });
}

function whenDoneUnheard(operation: ContractOperation, how: 'hang_after' | 'reset_after'): NetworkCase {
  return about(operation, async (rig) => {
    const channel = { ...rig.channel };
    const { order, call, ask } = await SUBJECTS[operation].prepare(rigOf(channel, rig.rail));
    await rig.rail.next(operation, how);

    const unheard = how === 'hang_after' ? await impatiently(channel, call) : await call();
    const answer = await ask!();
    await call();

    expect(unheard).toMatchObject({ outcome: 'unknown' });
    expect(SUBJECTS[operation].done).toContain(answer.status);
    const { orders, captures, refunds } = await rig.rail.made(order.reference);
    expect(Math.max(orders, captures, refunds), 'a repeated call makes nothing anew').toBe(1);
  });
}

function whenRateLimited(operation: ContractOperation): NetworkCase {
  return about(operation, async (rig) => {
    const { call } = await SUBJECTS[operation].prepare(rig);
    await rig.rail.next(operation, 'rate_limited');

    const limited = await call();
    const again = await call();

    expect(failureOf(limited)).toMatchObject({ category: 'rate_limited' });
    if ('outcome' in limited) expect(limited.outcome).toBe('not_sent');
    expect(failureOf(limited)?.retryAfterMs ?? 1, 'in milliseconds').toBeGreaterThan(0);
    expect(failureOf(again)).toBeUndefined();
  });
}

function whenServerBreaks(operation: ContractOperation): NetworkCase {
  return about(operation, async (rig) => {
    const { call } = await SUBJECTS[operation].prepare(rig);
    await rig.rail.next(operation, 'server_error');

    expectUnknown(await call());
  });
}

function whenForged(operation: ContractOperation, forgery: ContractFault): NetworkCase {
  return about(operation, async (rig) => {
    const { call } = await SUBJECTS[operation].prepare(rig);
    await rig.rail.next(operation, forgery);

    expectUnknown(await call());
  });
}

function whenDeclined(operation: 'authorize' | 'capture' | 'refund'): NetworkCase {
  return about(operation, async (rig) => {
    const { call } = await SUBJECTS[operation].prepare(rig);
    await rig.rail.next(operation, 'decline');

    expect(await call()).toMatchObject({ outcome: 'declined' });
  });
}

function whenRefundIsPending(): NetworkCase {
  return about('refund', async (rig) => {
    const { call, ask } = await SUBJECTS.refund.prepare(rig);
    await rig.rail.next('refund', 'pending');

    expect(await call()).toMatchObject({ outcome: 'pending' });
    expect(await ask!()).toMatchObject({ status: 'processing' });
  });
}

function about(operation: ContractOperation, run: (rig: Rig) => Promise<void>): NetworkCase {
  return [SUBJECTS[operation].needs, run];
}

function expectUnknown(result: Outcome<unknown> | OrderStatus | RefundStatus): void {
  if ('status' in result) expect(result).toMatchObject({ status: 'unknown' });
  else expect(result).toMatchObject({ outcome: 'unknown' });
}

function failureOf(result: object): ChannelFailure | undefined {
  return (result as { failure?: ChannelFailure }).failure;
}

/** One call with little time; the calls around it keep the channel's own. */
async function impatiently<T>(channel: { timeoutMs?: number }, call: () => Promise<T>): Promise<T> {
  const { timeoutMs } = channel;
  channel.timeoutMs = TIME_LIMIT_MS;
  try {
    return await call();
  } finally {
    if (timeoutMs === undefined) delete channel.timeoutMs;
    else channel.timeoutMs = timeoutMs;
  }
}

/** The channel, with the adapter's own promises of one operation put aside. */
function observed(channel: Channel, operation: ContractOperation, calls: Promise<unknown>[]): Channel {
  const method = channel[operation] as (...args: unknown[]) => Promise<unknown>;
  const watched = (...args: unknown[]) => {
    const result = method.apply(channel, args);
    calls.push(result.catch(() => {}));
    return result;
  };
  return { ...channel, [operation]: watched };
}

async function settlesSoon(call: Promise<unknown> | undefined): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), SETTLES_WITHIN_MS);
  });
  try {
    return await Promise.race([Promise.resolve(call).then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

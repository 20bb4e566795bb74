import { FAKE_CAPABILITIES, type Behaviour } from '@itpay/testkit/fake-rail';
import { beforeAll, describe, expect, it } from 'vitest';
import { shopWithRail, thb, times, type Shop } from './shop.js';

// Protocol, 6.2: what may have happened is never taken for failed, never sent again, and blocks until the rail or an
// operator says what it was. (G6)

interface Subject {
  readonly id: string;
  readonly reference: string;
}

type Answer = Awaited<ReturnType<Shop['post']>>;

/** Each call that can change something, on a payment for which it can be made. */
const CALLS = {
  authorize: {
    prepare: async (): Promise<Subject> => ({ id: '', reference: '' }),
    call: (t: Shop): Promise<Answer> => t.create({ order_reference: `order-${Math.random()}` }),
    before: 'pending',
    happened: 'qr_generated',
  },
  capture: {
    prepare: (t: Shop): Promise<Subject> => t.held(),
    call: (t: Shop, { id }: Subject): Promise<Answer> => t.capture(id),
    before: 'authorized',
    happened: 'succeeded',
  },
  cancel: {
    prepare: (t: Shop): Promise<Subject> => t.held(),
    call: (t: Shop, { id }: Subject): Promise<Answer> => t.cancel(id),
    before: 'authorized',
    happened: 'cancelled',
  },
  refund: {
    prepare: (t: Shop): Promise<Subject> => t.paid(),
    call: (t: Shop, { id }: Subject): Promise<Answer> => t.refund(id),
    before: 'succeeded',
    happened: 'succeeded',
  },
} as const;
type Call = keyof typeof CALLS;

const LOST = [
  'timeout_before',
  'timeout_after',
  'reset_after',
  '500_before',
  '500_after',
  'garbage',
  'bad_signature',
  'wrong_reference',
] as const satisfies readonly Behaviour[];
const ROWS = (Object.keys(CALLS) as Call[]).flatMap((call) => LOST.map((lost) => [call, lost] as const));

/** Which question tells what became of it. */
const QUESTION = { authorize: 'query', capture: 'query', cancel: 'query', refund: 'queryRefund' } as const;

describe('a call whose answer is lost', () => {
  let t: Shop;
  beforeAll(async () => {
    t = await shopWithRail({ timeoutMs: 250 });
  });

  it.each(ROWS)('%s after %s: unknown, not sent again, blocking, and told by a question', async (call, lost) => {
    const { prepare, before, happened } = CALLS[call];
    // What a series of failures opened is closed again: the circuit breaker is not what this is about.
    t.clock.advance('31s');
    await t.rail.clearScript();
    const subject = await prepare(t);
    await t.rail.script(
      { operation: call, behaviour: lost },
      // Enough for what is asked about earlier payments, too.
      { operation: QUESTION[call], behaviour: '500_before', times: 20 },
    );

    const answer = await CALLS[call].call(t, subject);
    const id = subject.id || answer.body.id;
    const [operation] = (await t.operations(id)).filter(({ kind }) => kind === call);
    const status = (await t.intent(id)).status;
    const sent = async () => (await t.rail.entry(operation.reference.split(':')[0]))?.received[call];
    // A capture and a refund have numbers of their own; the rail counts them under the order's.
    const counted = async () =>
      call === 'authorize' ? sent() : (await t.rail.entry(subject.reference))!.received[call];
    const refused = await t.cancel(id);
    const atOnce = await counted();
    t.clock.advance('6s');
    await t.settle();
    const asked = await counted();
    await t.rail.clearScript();
    t.clock.advance('5m');
    await t.settle();

    expect(answer.status).toBe(202);
    expect(answer.body.operation).toMatchObject({ kind: call, outcome: 'unknown' });
    expect(Date.parse(answer.body.operation.next_query_at)).toBeGreaterThan(0);
    if (call !== 'refund') expect(answer.body.next_action).toMatchObject({ type: 'wait' });
    expect(operation).toMatchObject({ kind: call, state: 'unknown', outcome: 'unknown' });
    expect(status).toBe(before);
    expect(refused.status).toBe(409);
    expect([atOnce, asked]).toEqual([1, 1]);
    const [settled] = (await t.operations(id)).filter(({ kind }) => kind === call);
    const did = !lost.endsWith('before');
    if (did) {
      expect(settled.state).toBe('succeeded');
      expect((await t.intent(id)).status).toBe(happened);
    } else {
      // The rail knows nothing of it. Closing an order that is still there was not done, and so was a capture.
      expect(['not_sent', 'succeeded', 'unknown']).toContain(settled.state);
      expect((await t.intent(id)).status).not.toBe('failed');
    }
  });
});

describe('while an outcome is unknown', () => {
  let t: Shop;
  beforeAll(async () => {
    t = await shopWithRail();
  });
  const blocked = [
    ['refund', 'refund', (id: string) => t.refund(id, { amount: thb(1_000), confirm_duplicate: true })],
    ['refund', 'void', (id: string) => t.post('/v1/voids', { target_type: 'payment_intent', target_id: id })],
    ['capture', 'capture', (id: string) => t.capture(id)],
    ['capture', 'cancel', (id: string) => t.cancel(id)],
    ['cancel', 'capture', (id: string) => t.capture(id)],
    ['cancel', 'cancel', (id: string) => t.cancel(id)],
    ['authorize', 'cancel', (id: string) => t.cancel(id)],
  ] as const;

  it.each(blocked)('of %s, %s is refused with 409 after one question', async (lost, _next, attempt) => {
    t.clock.advance('31s');
    await t.rail.clearScript();
    const subject = await CALLS[lost].prepare(t);
    await t.rail.script(
      { operation: lost, behaviour: '500_after' },
      { operation: QUESTION[lost], behaviour: '500_before', times: 9 },
    );
    const unknown = await CALLS[lost].call(t, subject);
    const id = subject.id || unknown.body.id;
    const reference = subject.reference || unknown.body.channel_reference;
    const before = (await t.rail.entry(reference))!.received;

    const refused = await attempt(id);

    const { received } = (await t.rail.entry(reference))!;
    expect(refused.status).toBe(409);
    expect(refused.body.error).toMatchObject({ code: 'OUTCOME_UNKNOWN', retryable: true });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(received).toEqual({ ...before, [QUESTION[lost]]: before[QUESTION[lost]] + 1 });
  });

  it('the next operation goes through when the question brings the answer', async () => {
    t.clock.advance('31s');
    await t.rail.clearScript();
    const { id, reference } = await t.paid();
    await t.rail.script({ operation: 'refund', behaviour: '500_after' });
    const unknown = await t.refund(id, { amount: thb(4_000) });

    const second = await t.refund(id, { amount: thb(6_000) });

    expect([unknown.status, second.status]).toEqual([202, 201]);
    expect((await t.intent(id)).amount_refunded).toEqual(thb(10_000));
    expect((await t.rail.entry(reference))!.refunds).toHaveLength(2);
  });

  it('a repetition under the same key asks, sends nothing, and then gets the result', async () => {
    const { id, reference } = await t.paid();
    await t.rail.script(
      { operation: 'refund', behaviour: '500_after' },
      { operation: 'queryRefund', behaviour: '500_before' },
    );
    const request = { idempotencyKey: 'same-key', body: { payment_intent_id: id } };

    const answers = [];
    for (const _ of times(4)) answers.push(await t.request('POST', '/v1/refunds', request));

    expect(answers.map(({ status }) => status)).toEqual([202, 202, 201, 201]);
    expect(answers.map(({ headers }) => headers.get('idempotent-replayed'))).toEqual([null, null, null, 'true']);
    expect((await t.rail.entry(reference))!.received.refund).toBe(1);
  });
});

describe('the questions about an unknown outcome', () => {
  const SCHEDULE = ['5s', '30s', '5m', '1h', '1d', '2d', '3d', '4d', '5d'];
  const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 };
  const secondsOf = (text: string) => Number(text.slice(0, -1)) * SECONDS[text.at(-1) as keyof typeof SECONDS];

  it('come after 5 s, 30 s, 5 min, 1 h and then daily, and after five days an operator decides', async () => {
    const t = await shopWithRail();
    const told: string[] = [];
    t.pay.on('operation.*', ({ type }) => void told.push(type));
    await t.settle();
    const { id, reference } = await t.paid();
    await t.rail.script(
      { operation: 'refund', behaviour: '500_after' },
      { operation: 'queryRefund', behaviour: 'garbage', times: 99 },
    );
    const since = t.clock.now().getTime();
    const refund = (await t.refund(id)).body;
    const asked = async () => (await t.rail.entry(reference))!.received.queryRefund;
    const counts: number[][] = [];
    for (const when of SCHEDULE) {
      t.clock.set(new Date(since + (secondsOf(when) - 1) * 1_000));
      await t.settle();
      const early = await asked();
      t.clock.advance('1s');
      await t.settle();
      counts.push([early, await asked()]);
    }
    t.clock.advance('30d');
    await t.settle();
    const waiting = (await t.request('GET', '/v1/operations?operator_required=true')).body.data;
    const early = await t.refund(id, { amount: thb(1_000), confirm_duplicate: true });

    expect(counts).toEqual(SCHEDULE.map((_, n) => [n, n + 1]));
    expect(waiting).toMatchObject([{ id: refund.operation.id, state: 'unknown', operator_required: true, queries: 9 }]);
    expect(told).toEqual(['operation.unknown', 'operation.operator_required']);
    expect(early.body.error.code).toBe('OUTCOME_UNKNOWN');
    expect((await t.intent(id)).amount_refunded?.value ?? 0).toBe(0);
    expect((await t.rail.entry(reference))!.received.refund).toBe(1);

    const resolved = await t.operate(`/v1/operations/${refund.operation.id}/resolve`, {
      outcome: 'succeeded',
      reason: 'Seen in the portal of the bank',
      evidence: { screenshot: 17 },
    });
    await t.settle();

    expect(resolved.status).toBe(200);
    expect(resolved.body).toMatchObject({ state: 'succeeded', operator_required: false });
    expect((await t.intent(id)).amount_refunded).toEqual(thb(10_000));
    expect((await t.request('GET', '/v1/operations?operator_required=true')).body.data).toEqual([]);
    expect(told.at(-1)).toBe('operation.resolved');
  });

  it('are not the operator’s before they are used up', async () => {
    const t = await shopWithRail();
    const { id } = await t.paid();
    await t.rail.script({ operation: 'refund', behaviour: '500_after' });
    const { operation } = (await t.refund(id)).body;

    const early = await t.operate(`/v1/operations/${operation.id}/resolve`, {
      outcome: 'declined',
      reason: 'Impatience',
      evidence: 'none',
    });

    expect(early.status).toBe(409);
    expect(early.body.error.details).toMatchObject({ current: 'unknown', allowed: ['query'] });
  });

  it('keep an intent from expiring until they are answered', async () => {
    const t = await shopWithRail();
    await t.rail.script(
      { operation: 'authorize', behaviour: '500_after' },
      { operation: 'query', behaviour: 'garbage', times: 4 },
    );
    const created = await t.create();
    t.clock.advance('2h');
    await t.settle();
    const overdue = (await t.intent(created.body.id)).status;
    t.clock.advance('10d');
    for (const _ of times(4)) await t.settle();
    t.clock.advance('2m');
    await t.settle();
    await t.settle();

    expect(overdue).toBe('pending');
    expect((await t.intent(created.body.id)).status).toBe('expired');
  });
});

describe('"I do not know it"', () => {
  const TWICE = FAKE_CAPABILITIES.filter((one) => one !== 'not_found_is_final');
  const lost = async (t: Shop) => {
    await t.rail.script({ operation: 'authorize', behaviour: '500_before' });
    const key = `key-${Math.random()}`;
    const body = { amount: thb(10_000), channel: 'fake', order_reference: key };
    const create = () => t.request('POST', '/v1/payment-intents', { idempotencyKey: key, body });
    const first = await create();
    const state = async () => (await t.operations(first.body.id))[0].state as string;
    return { first, create, state };
  };

  it('is final at once on a rail that says so, and the same number may be sent again', async () => {
    const t = await shopWithRail();
    const { first, create, state } = await lost(t);
    t.clock.advance('5s');
    await t.settle();
    const after = await state();

    const again = await create();

    expect(after).toBe('not_sent');
    expect([again.status, again.body.id]).toEqual([201, first.body.id]);
    expect((await t.rail.books()).entries).toHaveLength(1);
  });

  it.each([
    ['25 s', ['5s', '25s'], 'unknown'],
    ['30 s', ['5s', '25s', '5m'], 'not_sent'],
  ] as const)('counts elsewhere when it is said twice; %s apart it is %s', async (_apart, steps, expected) => {
    const t = await shopWithRail({ capabilities: TWICE });
    const { state } = await lost(t);

    for (const step of steps) {
      t.clock.advance(step);
      await t.settle();
    }

    expect(await state()).toBe(expected);
  });

  it('said twice at once is one answer', async () => {
    const t = await shopWithRail({ capabilities: TWICE });
    const { create, state } = await lost(t);

    const again = [await create(), await create(), await create()];

    expect(again.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(await state()).toBe('unknown');
    expect((await t.rail.books()).entries[0]!.received.authorize).toBe(1);
  });
});

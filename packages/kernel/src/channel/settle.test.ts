import { describe, expect, it } from 'vitest';
import { operationMachine, queuedOperation, type Operation, type OperationState } from './operation.js';
import { OUTCOMES, type ChannelFailure, type Outcome, type OutcomeName } from './outcome.js';
import { notFound, OPERATION_LEASE_MS, settle, start, stillOpen } from './settle.js';

const created = new Date('2025-01-01T00:00:00Z');
const now = new Date('2025-01-01T00:10:00Z');
const at = (ms: number) => new Date(now.getTime() + ms);

const queued = queuedOperation(
  {
    id: 'op_1',
    account: 'm_1',
    livemode: true,
    object: 'payment_intent',
    objectId: 'pi_1',
    paymentIntentId: 'pi_1',
    kind: 'authorize',
    channel: 'sample',
    channelInstance: 'sample:live:shop',
    reference: 'R1',
    ordinal: 1,
    amount: { currency: 'THB', value: 100n },
  },
  created,
);
const failure: ChannelFailure = { category: 'timeout', rawCode: 'E1' };

/** An operation in a state, with traces of all that may have been before. */
const inState = (state: OperationState, change: Partial<Operation> = {}): Operation => ({
  ...queued,
  state,
  failure: { category: 'network' },
  leaseExpiresAt: at(1_000),
  queries: 3,
  unknownSince: created,
  notFoundSince: created,
  nextQueryAt: at(5_000),
  operatorRequired: true,
  ...change,
});

const outcomeNamed = (outcome: OutcomeName): Outcome<string> => {
  if (outcome === 'succeeded') return { outcome, value: 'x' };
  return outcome === 'pending' ? { outcome } : { outcome, failure };
};

// Protocol 6.1. Every state and outcome; null: it says nothing new.
const rows = [
  // state      outcome      becomes      why nothing
  ['queued', 'succeeded', null], //       not sent by us: nothing can have an outcome yet
  ['queued', 'pending', null],
  ['queued', 'declined', null],
  ['queued', 'not_sent', null],
  ['queued', 'unknown', null],
  ['started', 'succeeded', 'succeeded'],
  ['started', 'pending', 'pending'],
  ['started', 'declined', 'declined'],
  ['started', 'not_sent', 'not_sent'],
  ['started', 'unknown', 'unknown'],
  ['pending', 'succeeded', 'succeeded'],
  ['pending', 'pending', null],
  ['pending', 'declined', 'declined'],
  ['pending', 'not_sent', null], //       it was accepted: a late failure of the same call is stale
  ['pending', 'unknown', null],
  ['unknown', 'succeeded', 'succeeded'],
  ['unknown', 'pending', 'pending'],
  ['unknown', 'declined', 'declined'],
  ['unknown', 'not_sent', 'not_sent'],
  ['unknown', 'unknown', null], //        known to be unknown; the schedule goes on
  ['not_sent', 'succeeded', null],
  ['not_sent', 'pending', null],
  ['not_sent', 'declined', null],
  ['not_sent', 'not_sent', null],
  ['not_sent', 'unknown', null],
  ['succeeded', 'succeeded', null], //    the callback came first; the return of the call changes nothing
  ['succeeded', 'pending', null],
  ['succeeded', 'declined', null],
  ['succeeded', 'not_sent', null],
  ['succeeded', 'unknown', null],
  ['declined', 'succeeded', null],
  ['declined', 'pending', null],
  ['declined', 'declined', null],
  ['declined', 'not_sent', null],
  ['declined', 'unknown', null],
] as const;

describe('settle', () => {
  it.each(rows)('%s + %s → %s', (state, outcome, becomes) => {
    expect(settle(inState(state), outcomeNamed(outcome), now)?.state ?? null).toBe(becomes);
  });

  it('has a row above for every state and outcome', () => {
    const pairs = new Set(rows.map(([state, outcome]) => `${state} ${outcome}`));

    expect(rows).toHaveLength(operationMachine.states.length * OUTCOMES.length);
    expect(pairs).toEqual(new Set(operationMachine.states.flatMap((state) => OUTCOMES.map((o) => `${state} ${o}`))));
  });

  const nothingAsked = { queries: 0, notFoundSince: null, operatorRequired: false, leaseExpiresAt: null };

  it.each<[OutcomeName, Partial<Operation>]>([
    ['succeeded', { unknownSince: null, nextQueryAt: null, failure: null, orderOpen: true }],
    ['pending', { unknownSince: null, nextQueryAt: at(10_000), failure: null, orderOpen: true }],
    ['declined', { unknownSince: null, nextQueryAt: null, failure, orderOpen: false }],
    ['not_sent', { unknownSince: null, nextQueryAt: null, failure, orderOpen: true }],
    ['unknown', { unknownSince: now, nextQueryAt: at(5_000), failure, orderOpen: true, unattended: true }],
  ])('leaves after %s what follows from it, and no trace of before', (outcome, expected) => {
    const started = inState('started', { unattended: false });

    expect(settle(started, outcomeNamed(outcome), now)).toEqual({
      ...started,
      ...nothingAsked,
      ...expected,
      state: outcome,
      updatedAt: now,
    });
  });

  it('sends again by itself what nobody waits for, also when its caller died or was told to wait', () => {
    const unknown = settle(inState('started', { unattended: false }), outcomeNamed('unknown'), now)!;

    expect(settle(unknown, outcomeNamed('not_sent'), now)?.nextQueryAt).toEqual(at(60_000));
  });

  it('asks about a pending refund every hour, not as if a payer stood there', () => {
    const refund = inState('started', { kind: 'refund', object: 'refund', objectId: 'ref_1' });

    expect(settle(refund, { outcome: 'pending' }, now)?.nextQueryAt).toEqual(at(3_600_000));
  });

  it('changes nothing in what it was given', () => {
    const before = Object.freeze(inState('started'));

    expect(() => settle(before, outcomeNamed('unknown'), now)).not.toThrow();
  });
});

describe('start', () => {
  it.each<[OperationState, OperationState | null]>([
    ['queued', 'started'],
    ['not_sent', 'started'],
    ['started', null],
    ['pending', null],
    ['unknown', null], // never sent again
    ['succeeded', null],
    ['declined', null],
  ])('%s → %s', (state, becomes) => {
    expect(start(inState(state), now)?.state ?? null).toBe(becomes);
  });

  it('leases the operation, under the same reference as before', () => {
    expect(start(inState('not_sent'), now)).toMatchObject({
      reference: 'R1',
      ordinal: 1,
      failure: null,
      leaseExpiresAt: at(OPERATION_LEASE_MS),
      nextQueryAt: null,
      updatedAt: now,
    });
  });
});

describe('stillOpen', () => {
  it('asks nine times about an unknown outcome, and then leaves it to an operator', () => {
    let operation = settle(inState('started'), outcomeNamed('unknown'), now)!;
    const asked: number[] = [];

    while (operation.nextQueryAt !== null) {
      asked.push((operation.nextQueryAt.getTime() - now.getTime()) / 1_000);
      expect(operation.operatorRequired).toBe(false);
      operation = stillOpen(operation, operation.nextQueryAt);
    }

    expect(asked).toEqual([5, 30, 300, 3_600, 86_400, 172_800, 259_200, 345_600, 432_000]);
    expect(operation).toMatchObject({ state: 'unknown', operatorRequired: true, queries: 9, unknownSince: now });
  });

  // A caller who repeated his request nine times in a minute left the operation to an operator, and nobody asked again.
  it('keeps to the schedule however often somebody asks before the time', () => {
    const unknown = { ...settle(inState('started'), outcomeNamed('unknown'), created)!, queries: 3 };

    const asked = Array.from({ length: 9 }).reduce<Operation>((operation) => stillOpen(operation, now), unknown);

    const nextQueryAt = new Date('2025-01-01T01:00:00Z');
    expect(asked).toMatchObject({ queries: 3, nextQueryAt, operatorRequired: false });
    expect(stillOpen(asked, nextQueryAt)).toMatchObject({ queries: 4, nextQueryAt: new Date('2025-01-02T00:00:00Z') });
  });

  it('keeps it with the operator when somebody asks once more', () => {
    const operation = inState('unknown', { queries: 9, nextQueryAt: null });

    expect(stillOpen(operation, now)).toMatchObject({ operatorRequired: true, nextQueryAt: null, queries: 10 });
  });

  it('asks about a pending refund daily once it is a day old', () => {
    const pending = inState('pending', { kind: 'refund', createdAt: at(-86_400_000) });

    expect(stillOpen(pending, now).nextQueryAt).toEqual(at(86_400_000));
  });

  it.each<[Operation['kind'], number, number]>([
    ['authorize', 0, 30_000],
    ['authorize', 9, 300_000],
    ['capture', 1, 60_000],
    ['cancel', 2, 120_000],
    ['refund', 0, 3_600_000],
    ['refund', 99, 3_600_000], // it is ten minutes old
  ])('asks about a pending %s after %i questions again in %i ms, and never needs an operator', (kind, queries, ms) => {
    const pending = inState('pending', { kind, queries, operatorRequired: false });

    expect(stillOpen(pending, now)).toMatchObject({
      queries: queries + 1,
      nextQueryAt: at(ms),
      operatorRequired: false,
      updatedAt: now,
    });
  });
});

// Protocol 6.2, rule 4.
describe('notFound', () => {
  it.each<[what: string, since: Date | null, isFinal: boolean, agreed: boolean]>([
    ['one answer', null, false, false],
    ['one answer of a rail that is sure', null, true, true],
    ['a second one too soon', at(-29_999), false, false],
    ['a second one after half a minute', at(-30_000), false, true],
    ['a second one much later', at(-86_400_000), false, true],
  ])('%s', (_what, notFoundSince, isFinal, agreed) => {
    const operation = inState('unknown', { notFoundSince });

    expect(notFound(operation, isFinal, now)).toEqual({
      agreed,
      operation: { ...operation, notFoundSince: notFoundSince ?? now },
    });
  });
});

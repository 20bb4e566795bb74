import { describe, expect, it } from 'vitest';
import { aRefund } from '../../test/refund-samples.js';
import { NOW } from '../../test/samples.js';
import { refundSchema, toPlainRefund, toWireRefund } from './wire.js';

const unknown = { id: 'op_1', kind: 'refund', state: 'unknown', nextQueryAt: NOW } as const;

describe('the plain form of a refund', () => {
  it('has every field of the answer but those that depend on the moment', () => {
    const ofTheMoment = ['operation', 'next_action', 'duplicate_of_existing'];
    const kept = Object.keys(refundSchema.shape).filter((name) => !ofTheMoment.includes(name));

    expect(Object.keys(toPlainRefund(aRefund())).toSorted()).toEqual(kept.toSorted());
  });

  it('shows why it failed', () => {
    const failure = { code: 'INSUFFICIENT_FUNDS', class: 'retryable' } as const;

    expect(toPlainRefund(aRefund({ status: 'failed', failure }))).toMatchObject({ status: 'failed', failure });
  });
});

describe('a refund as an answer', () => {
  it.each([
    ['that the rail works on', aRefund(), unknown],
    ['that is done', aRefund({ status: 'succeeded', succeededAt: NOW, channelRefundId: 'r-1' }), null],
    ['of an inflow', aRefund({ inflowId: 'inf_1', reason: 'overpayment' }), null],
  ])('fits its schema: one %s', (_what, refund, operation) => {
    const wire = toWireRefund(refund, operation);

    expect(refundSchema.parse(wire)).toEqual(wire);
  });

  it('says of an unknown outcome that one has to wait', () => {
    expect(toWireRefund(aRefund(), unknown)).toMatchObject({
      operation: { outcome: 'unknown', next_query_at: NOW.toISOString() },
      next_action: { type: 'wait' },
    });
  });

  it.each([
    ['started', null],
    ['queued', null],
    ['pending', 'pending'],
  ] as const)('of a call that is %s shows the outcome %s', (state, outcome) => {
    expect(toWireRefund(aRefund(), { ...unknown, state }).operation).toMatchObject({ outcome });
  });

  it.each([
    ['an operator has to send the money', aRefund({ manual: true })],
    ['it waits for approval', aRefund({ status: 'requested' })],
    ['it is done', aRefund({ status: 'succeeded' })],
  ])('asks nobody to wait when %s', (_what, refund) => {
    expect(toWireRefund(refund, null).next_action).toEqual({ type: 'none' });
  });
});

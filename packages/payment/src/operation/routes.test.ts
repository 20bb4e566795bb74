import type { OperationKind, OperationState } from '@itpay/kernel';
import { describe, expect, it } from 'vitest';
import { isOpenQuestion, operatorOutcome } from './routes.js';

describe('what an operator says', () => {
  const say = (kind: OperationKind, outcome: 'succeeded' | 'declined' | 'not_sent', more = {}) =>
    operatorOutcome({ id: 'op_1', kind }, { outcome, reason: 'Asked the bank by phone', evidence: 'call 17', ...more });

  it.each<OperationKind>(['authorize', 'capture', 'cancel', 'refund'])(
    'can decline a %s, or say it never was',
    (kind) => {
      const message = 'Asked the bank by phone';

      expect(say(kind, 'declined')).toEqual({ outcome: 'declined', failure: { category: 'declined', message } });
      expect(say(kind, 'not_sent')).toEqual({ outcome: 'not_sent', failure: { category: 'not_processed', message } });
    },
  );

  it('can say that an order is closed', () => {
    expect(say('cancel', 'succeeded')).toEqual({ outcome: 'succeeded', value: { order: { status: 'closed' } } });
  });

  it('can say that a refund went through, with its number at the channel or without', () => {
    const value = (channelRefundId: string | null) => ({ outcome: 'succeeded', value: { channelRefundId } });

    expect(say('refund', 'succeeded', { channel_refund_id: 'R-17' })).toEqual(value('R-17'));
    expect(say('refund', 'succeeded')).toEqual(value(null));
  });

  it.each<OperationKind>(['authorize', 'capture'])(
    'cannot say that money of a %s came; it is recorded as such',
    (kind) => {
      expect(() => say(kind, 'succeeded')).toThrow(
        expect.objectContaining({ code: 'PARAMETER_INVALID', message: expect.stringContaining('POST /v1/inflows') }),
      );
    },
  );
});

it.each<[state: OperationState, orderOpen: boolean, canQuery: boolean, asks: boolean]>([
  ['unknown', true, true, true],
  ['pending', false, true, true],
  ['succeeded', true, true, true],
  ['succeeded', true, false, false],
  ['succeeded', false, true, false],
  // Nothing was sent yet, or its sender still waits for the answer.
  ['queued', true, true, false],
  ['started', true, true, false],
  ['not_sent', true, true, false],
  ['declined', false, true, false],
])(
  'an operation that is %s, its order open: %s, on a rail that can be asked: %s → asks: %s',
  (state, orderOpen, canQuery, asks) => {
    expect(isOpenQuestion({ state, orderOpen }, canQuery)).toBe(asks);
  },
);

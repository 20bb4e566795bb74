import { ItPayError } from '@itpay/core';
import type { Operation, Queryable } from '@itpay/kernel';
import { toPlain } from '../intent/wire.js';
import type { PaymentServices } from '../services.js';
import { declineCode, notSentError } from './failure.js';
import { failedAnswer, type OperationAnswer } from './handler.js';

/**
 * The answer for an operation on an intent, by its outcome: done (`status`), refused (402), certainly not sent (502, 503),
 * or unknown (202).
 */
export async function answerWithIntent(
  { store }: PaymentServices,
  on: Queryable,
  operation: Operation,
  status: number,
): Promise<OperationAnswer> {
  const { account, livemode, paymentIntentId } = operation;
  const { intent } = (await store.find(on, { account, livemode }, paymentIntentId))!;
  const plain = toPlain(intent);
  switch (operation.state) {
    case 'succeeded':
    case 'pending':
      return { status, body: JSON.stringify(plain), final: true };
    case 'declined': {
      const code = declineCode(operation.failure!);
      return failedAnswer(new ItPayError(code, { details: { object: plain } }), true);
    }
    case 'not_sent':
      return failedAnswer(notSentError(operation, plain), false);
    default:
      return { status: 202, body: JSON.stringify(plain), final: false };
  }
}

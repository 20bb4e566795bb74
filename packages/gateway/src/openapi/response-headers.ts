import { z } from 'zod';

const RequestId = z.string().meta({
  description: 'Names this request. Give it to us when you ask about it.',
  header: { id: 'ItPay-Request-Id' },
});

/** On every answer. */
export const COMMON_HEADERS = z.object({ 'ItPay-Request-Id': RequestId });

/** On the answers of routes that take an idempotency key. */
export const REPLAYABLE_HEADERS = z.object({
  'ItPay-Request-Id': RequestId,
  'Idempotent-Replayed': z
    .literal('true')
    .optional()
    .meta({
      description: 'The answer is the stored one of an earlier request with the same Idempotency-Key.',
      header: { id: 'Idempotent-Replayed' },
    }),
});

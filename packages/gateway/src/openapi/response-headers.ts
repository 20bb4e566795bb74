import { z } from 'zod';

const header = (name: string, description: string) => z.string().meta({ description, header: { id: name } });
const maybe = (name: string, description: string) =>
  z
    .string()
    .optional()
    .meta({ description, header: { id: name } });

/** On every answer. */
export const COMMON_HEADERS = z.object({
  'ItPay-Request-Id': header('ItPay-Request-Id', 'Names this request. Give it to us when you ask about it.'),
  'ItPay-Version': header('ItPay-Version', 'The version of the API that this answer is in.'),
  'ItPay-RateLimit-Limit': maybe('ItPay-RateLimit-Limit', 'How many requests the caller may send at once.'),
  'ItPay-RateLimit-Remaining': maybe('ItPay-RateLimit-Remaining', 'How many of them are left now.'),
  'ItPay-RateLimit-Reset': maybe('ItPay-RateLimit-Reset', 'Seconds until all of them are there again.'),
});

const Replayed = z
  .literal('true')
  .optional()
  .meta({
    description: 'The answer is the stored one of an earlier request with the same Idempotency-Key.',
    header: { id: 'Idempotent-Replayed' },
  });

/** On the answers of routes that take an idempotency key. */
export const REPLAYABLE_HEADERS = COMMON_HEADERS.extend({ 'Idempotent-Replayed': Replayed });

const RetryAfter = z
  .string()
  .optional()
  .meta({ description: 'Seconds to wait before the same request may succeed.', header: { id: 'Retry-After' } });

/** On the errors of a route. */
export const errorHeaders = (status: number, { replayable }: { replayable: boolean }) => {
  const headers = replayable ? REPLAYABLE_HEADERS : COMMON_HEADERS;
  return [409, 429, 502, 503].includes(status) ? headers.extend({ 'Retry-After': RetryAfter }) : headers;
};

import { setTimeout as wait } from 'node:timers/promises';
import { Refusal } from './refusal.js';
import type { Behaviour } from './script.js';
import { REFUSALS, type RefusalCode } from './wire.js';

/** What goes out: an answer, or none. */
export type Reply =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly badSignature?: boolean;
    }
  | { readonly kind: 'hang' }
  | { readonly kind: 'reset' };

/**
 * Plays one scripted behaviour around the work.
 *
 * @param work what the rail does, and the body that it answers with
 */
export async function respond(behaviour: Behaviour, work: () => object): Promise<Reply> {
  if (behaviour.startsWith('slow:')) await wait(Number(behaviour.slice('slow:'.length)));
  const [before, after] = BEFORE_AND_AFTER[behaviour as keyof typeof BEFORE_AND_AFTER] ?? [];
  if (before !== undefined) return before;
  const reply = answerOf(work);
  if (after !== undefined) return after;
  return reply.status === 200 ? altered(behaviour, reply) : reply;
}

type Answer = Extract<Reply, { kind: 'answer' }>;

const RETRY_AFTER_S = '2';

const BEFORE_AND_AFTER: { readonly [behaviour in Behaviour]?: readonly [before?: Reply, after?: Reply] } = {
  decline: [refusal('declined', 'The bank declines.')],
  insufficient_funds: [refusal('insufficient_funds', 'There is not enough money.')],
  not_found: [refusal('not_found', 'There is no such number.')],
  not_processed: [refusal('not_processed', 'Nothing was done; send it again.')],
  timeout_before: [{ kind: 'hang' }],
  timeout_after: [undefined, { kind: 'hang' }],
  reset_after: [undefined, { kind: 'reset' }],
  '429': [{ ...refusal('rate_limited', 'Too many requests.'), headers: { 'retry-after': RETRY_AFTER_S } }],
  '500_before': [refusal('internal', 'Something broke.')],
  '500_after': [undefined, refusal('internal', 'Something broke.')],
  garbage: [undefined, { kind: 'answer', status: 200, body: '<html>Welcome</html>' }],
};

function answerOf(work: () => object): Answer {
  try {
    return { kind: 'answer', status: 200, body: JSON.stringify(work()) };
  } catch (error) {
    if (error instanceof Refusal) return refusal(error.code, error.message);
    return refusal('internal', String(error));
  }
}

function altered(behaviour: Behaviour, answer: Answer): Answer {
  const body = JSON.parse(answer.body);
  switch (behaviour) {
    case 'pending':
      return { ...answer, status: 202 };
    case 'bad_signature':
      return { ...answer, badSignature: true };
    case 'wrong_reference':
      return withBody(answer, {
        ...body,
        ...('refund_reference' in body && { refund_reference: 'NOT1' }),
        reference: 'NOT1',
      });
    case 'wrong_amount':
      return withBody(answer, { ...body, amount: String(BigInt(body.amount) + 1n) });
    case 'wrong_currency':
      return withBody(answer, { ...body, currency: body.currency === 'THB' ? 'CNY' : 'THB' });
    default:
      return answer;
  }
}

function withBody(answer: Answer, body: object): Answer {
  return { ...answer, body: JSON.stringify(body) };
}

export function refusal(code: RefusalCode, message: string): Answer {
  return { kind: 'answer', status: REFUSALS[code], body: JSON.stringify({ error: { code, message } }) };
}

import { canonicalJson, ItPayError } from '@itpay/core';
import type { Actor, HookAdvice, HookSubject, Queryable } from '@itpay/kernel';
import type { PaymentServices } from '../services.js';
import type { CreateRequest } from './create.js';
import { metadataSchema, type CreateIntentBody } from './input.js';

const POINT = 'payment_intent.create';

/** What the hooks said about a payment before the transaction began in which it is created. It counts for that one only. */
export class Ticket {
  readonly #subject: HookSubject;
  readonly #advice: HookAdvice;

  constructor(subject: HookSubject, advice: HookAdvice) {
    this.#subject = subject;
    this.#advice = advice;
  }

  /** @throws ItPayError `PARAMETER_INVALID` for another payment than the one that was prepared */
  adviceFor(subject: HookSubject): HookAdvice {
    if (nameOf(subject) === nameOf(this.#subject)) return this.#advice;
    throw new ItPayError('PARAMETER_INVALID', {
      message: 'The ticket is for another payment. Give prepare and createIntent the same input.',
      param: 'ticket',
    });
  }
}

const nameOf = ({ actor: { account, livemode, id }, request }: HookSubject) =>
  canonicalJson([account, livemode, id, request]);

export const createSubject = (actor: Actor, body: CreateIntentBody): HookSubject => {
  return { point: POINT, actor, request: body, objectId: null };
};

/**
 * Asks the hooks before a transaction of the host's. Without hooks it costs nothing.
 *
 * @throws ItPayError `OPERATION_VETOED`
 */
export async function prepareIntent({ hooks }: PaymentServices, actor: Actor, body: CreateIntentBody): Promise<Ticket> {
  const subject = createSubject(actor, body);
  return new Ticket(subject, await hooks.before(subject));
}

/**
 * What hooks add to a new payment: theirs now, or, in a host's transaction, what they said before it.
 *
 * @throws ItPayError `OPERATION_VETOED`; `PARAMETER_MISSING` when hooks cannot be asked any more
 */
export async function adviceFor(
  { hooks, idempotency }: PaymentServices,
  actor: Actor,
  { body, key, within, ticket }: CreateRequest,
  on: Queryable,
): Promise<HookAdvice> {
  if (!hooks.has(POINT, 'before')) return {};
  const subject = createSubject(actor, body);
  if (ticket !== undefined) return ticket.adviceFor(subject);
  // A stored answer wins over what hooks say today.
  if (key !== null && (await idempotency.find(on, key)) !== null) return {};
  if (within === null) return hooks.before(subject);
  throw new ItPayError('PARAMETER_MISSING', {
    message:
      'Hooks have a say before a payment is created, and they are not asked while a transaction is open. Call ' +
      'prepare(input) before the transaction, and give createIntent the ticket: createIntent(input, { trx, ticket }).',
    param: 'ticket',
  });
}

/** @throws Error for metadata of a hook that breaks the limits: a mistake of this installation, not of the caller */
export function withMetadata(body: CreateIntentBody, { metadata }: HookAdvice): CreateIntentBody {
  if (metadata === undefined) return body;
  const all = metadataSchema.safeParse({ ...metadata, ...body.metadata });
  if (!all.success) throw new Error('Hooks added metadata that breaks its limits.');
  return { ...body, metadata: all.data };
}

import { ItPayError, money } from '@itpay/core';
import { validate } from '@itpay/kernel';
import type { RefundReason } from './refund.js';
import type { RefundRequest } from './request.js';
import { createRefundBody } from './routes.js';

/** What a host in its own process says of a refund. */
export interface RefundIntentInput {
  /** In the currency of the payment, minor units. Left out: what is left of it. */
  readonly amount?: { readonly currency: string; readonly value: bigint | number };
  /** Default: `customer_request`. */
  readonly reason?: RefundReason;
  /** At most 500 characters. */
  readonly description?: string;
  /** Makes a second refund of the same amount for the same reason on purpose. */
  readonly confirmDuplicate?: boolean;
}

/**
 * Checks a host's input by the rules of the wire.
 *
 * @throws ItPayError naming the field in its wire spelling
 */
export function toRefundRequest(intentId: string, input: RefundIntentInput): RefundRequest {
  const { amount, reason, description, confirmDuplicate, ...others } = input;
  // A host without a compiler may write a wire name; dropping it would drop what it asks for, without a word.
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new ItPayError('PARAMETER_UNKNOWN', {
      message: `The parameter "${unknown}" is not known here. There are: amount, reason, description, confirmDuplicate.`,
      param: unknown,
    });
  }
  const body = validate(createRefundBody, {
    payment_intent_id: intentId,
    reason,
    description,
    confirm_duplicate: confirmDuplicate,
    // An unsafe integer stays one as a number, so it is refused and not rounded.
    amount: typeof amount?.value === 'bigint' ? { ...amount, value: Number(amount.value) } : amount,
  });
  return {
    amount: body.amount === undefined ? null : money(body.amount.currency, BigInt(body.amount.value)),
    reason: body.reason ?? 'customer_request',
    description: body.description ?? null,
    metadata: body.metadata ?? {},
    requireApproval: body.require_approval ?? false,
    confirmDuplicate: body.confirm_duplicate ?? false,
  };
}

import { ItPayError, MAX_WIRE_AMOUNT, money, type Money } from '@itpay/core';
import { idempotencyKey, type Actor } from '@itpay/kernel';
import type { CreateIntentInput, PaymentApi, PaymentIntent, PresentedIntent } from '@itpay/payment';
import type { Knex } from 'knex';

/** An intent as a host in the same process sees it. Amounts are bigint, in minor units. */
export interface HostIntent extends PaymentIntent {
  /** The hosted page. Whoever has the link can see this payment, so give it to its payer only. */
  readonly payUrl: string;
  /** What to show for scanning; null once the intent is paid or closed. */
  readonly qr: { readonly chargeId: string; readonly data: string; readonly expiresAt: Date } | null;
}

export interface CreateIntentOptions {
  /** The host's open knex transaction: the intent commits or vanishes together with the host's rows. */
  readonly trx?: Knex.Transaction;
  /** Makes a repeated call return the first call's intent. 1 to 255 printable ASCII characters, kept for 72 hours. */
  readonly idempotencyKey?: string;
}

/** In minor units. */
export interface HostAmount {
  readonly currency: string;
  readonly value: bigint | number;
}

export interface ListIntentsInput {
  /** 1 to 100; default 25. */
  readonly limit?: number;
  readonly startingAfter?: string;
  readonly endingBefore?: string;
  readonly status?: PaymentIntent['status'];
  readonly orderReference?: string;
  readonly payer?: string;
  readonly createdGte?: Date;
  readonly createdLte?: Date;
}

/** Payments of one account, in one mode. */
export interface Payments {
  /**
   * Creates an intent and its QR code, in one round trip to the database.
   *
   * @throws ItPayError with the same codes as `POST /v1/payment-intents`; nothing was written then
   */
  createIntent(input: CreateIntentInput, options?: CreateIntentOptions): Promise<HostIntent>;
  /**
   * Opens the order of an intent that was created with `{ trx }` on a rail with a network, now that the transaction has
   * committed. Without this call the worker does it a moment later.
   */
  present(id: string): Promise<HostIntent>;
  /**
   * Takes money that the rail holds, all of it unless `amount` says less.
   *
   * @throws ItPayError with the same codes as `POST /v1/payment-intents/{id}/capture`
   */
  captureIntent(
    id: string,
    options?: { readonly amount?: HostAmount; readonly idempotencyKey?: string },
  ): Promise<HostIntent>;
  /**
   * Ends an intent before money moves.
   *
   * @throws ItPayError with the same codes as `POST /v1/payment-intents/{id}/cancel`
   */
  cancelIntent(
    id: string,
    options?: { readonly reason?: string; readonly idempotencyKey?: string },
  ): Promise<HostIntent>;
  /** @throws ItPayError `PAYMENT_INTENT_NOT_FOUND` */
  getIntent(id: string): Promise<HostIntent>;
  /** Newest first. */
  listIntents(
    input?: ListIntentsInput,
  ): Promise<{ readonly intents: readonly HostIntent[]; readonly hasMore: boolean }>;
}

export type { CreateIntentInput, Money };

/** Binds the payment service to an account, a mode and a name for the audit log. */
export function paymentsOf(payment: PaymentApi, actor: Actor): Payments {
  const toHost = ({ intent, qr }: PresentedIntent): HostIntent => ({
    ...intent,
    payUrl: payment.payUrl(intent.id),
    qr: qr && { chargeId: qr.id, data: qr.qrData, expiresAt: qr.expiresAt },
  });
  return {
    async createIntent(input, { trx, idempotencyKey: key } = {}) {
      const created = await payment.createIntent(actor, input, {
        trx,
        idempotencyKey: hostKey(actor, 'createIntent', key, input, input.amount),
      });
      return toHost(created);
    },
    present: async (id) => toHost(await payment.present(actor, id)),
    async captureIntent(id, { amount, idempotencyKey: key } = {}) {
      const captured = await payment.captureIntent(actor, id, amount ? toMoney(amount) : null, {
        idempotencyKey: hostKey(actor, 'captureIntent', key, { id, amount }, amount),
      });
      return toHost(captured);
    },
    async cancelIntent(id, { reason, idempotencyKey: key } = {}) {
      const cancelled = await payment.cancelIntent(actor, id, reason ?? null, {
        idempotencyKey: hostKey(actor, 'cancelIntent', key, { id, reason }, undefined),
      });
      return toHost(cancelled);
    },
    async getIntent(id) {
      const found = await payment.findIntent(actor, id);
      if (found === null) {
        throw new ItPayError('PAYMENT_INTENT_NOT_FOUND', { param: 'id', details: { object: 'payment_intent', id } });
      }
      return toHost(found);
    },
    async listIntents({ limit = 25, startingAfter, endingBefore, ...filter } = {}) {
      if (!Number.isInteger(limit) || limit < 1 || limit > 100) {
        throw new ItPayError('PARAMETER_INVALID', { message: 'limit is 1 to 100.', param: 'limit' });
      }
      const page = await payment.listIntents(actor, filter, { limit, startingAfter, endingBefore });
      return { intents: page.intents.map(toHost), hasMore: page.hasMore };
    },
  };
}

function toMoney({ currency, value }: HostAmount): Money {
  const whole = typeof value === 'bigint' || Number.isSafeInteger(value);
  if (whole && value > 0 && value <= MAX_WIRE_AMOUNT) return money(currency, BigInt(value));
  throw new ItPayError('AMOUNT_INVALID', { param: 'amount.value' });
}

// Calls in the host's process share no keys with its HTTP callers.
function hostKey(actor: Actor, call: string, key: string | undefined, input: object, amount: HostAmount | undefined) {
  if (key === undefined) return undefined;
  const scope = { ...actor, caller: actor.id, method: 'CALL', route: `payments.${call}`, key };
  const request = { ...input, amount: amount && { ...amount, value: String(amount.value) } };
  try {
    return idempotencyKey(scope, request);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new ItPayError('PARAMETER_INVALID', {
      message: 'The input has a value that has no place in JSON: NaN, a bigint beside the amount, or half a character.',
      cause: error,
    });
  }
}

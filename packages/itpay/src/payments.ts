import { ItPayError, MAX_WIRE_AMOUNT, money, type Money } from '@itpay/core';
import { idempotencyKey, type Actor } from '@itpay/kernel';
import type {
  CreateIntentInput,
  ImportedStatement,
  PaymentApi,
  PaymentIntent,
  PresentedIntent,
  Refund,
  RefundIntentInput,
  StatementImport,
  Ticket,
} from '@itpay/payment';
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
  /** What `prepare` answered for the same input. Needed with `trx` where hooks have a say before a payment is created. */
  readonly ticket?: Ticket;
}

/** In minor units. */
export interface HostAmount {
  readonly currency: string;
  readonly value: bigint | number;
}

export interface RefundIntentOptions extends RefundIntentInput {
  /** Makes a repeated call return the first call's refund. 1 to 255 printable ASCII characters, kept for 72 hours. */
  readonly idempotencyKey?: string;
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
   * Asks the hooks that have a say before a payment is created, before a transaction of yours is open: they may ask other
   * services. Without such hooks it costs nothing, and `createIntent` needs no ticket.
   *
   * @throws ItPayError `OPERATION_VETOED`
   * @example const ticket = await pay.payments.prepare(input);
   *   await pay.knex.transaction((trx) => pay.payments.createIntent(input, { trx, ticket }));
   */
  prepare(input: CreateIntentInput): Promise<Ticket>;
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
  /**
   * Gives money of a paid intent back. The rail is asked at once.
   *
   * @returns the refund as it is afterwards. `processing` is no failure: the rail is at work or has not said, and with
   *   `manual` somebody sends the money and completes the refund (`POST /v1/refunds/{id}/complete`)
   * @throws ItPayError with the same codes as `POST /v1/refunds`
   */
  refundIntent(id: string, options?: RefundIntentOptions): Promise<Refund>;
  /**
   * All refunds of an intent, oldest first. Those of money that was never counted for it name their inflow.
   *
   * @throws ItPayError `PAYMENT_INTENT_NOT_FOUND`
   */
  listRefunds(id: string): Promise<readonly Refund[]>;
  /** @throws ItPayError `PAYMENT_INTENT_NOT_FOUND` */
  getIntent(id: string): Promise<HostIntent>;
  /** Newest first. */
  listIntents(
    input?: ListIntentsInput,
  ): Promise<{ readonly intents: readonly HostIntent[]; readonly hasMore: boolean }>;
  /**
   * Reads a statement of a bank or a rail, of at most 64 MiB. Only the first account of the installation can bring one. The
   * same bytes are one statement, however often they are brought; what was begun by a process that died goes on.
   *
   * @throws ItPayError with the same codes as `POST /v1/statements`; of a file that cannot be read, nothing was written
   */
  importStatement(input: StatementImport): Promise<ImportedStatement>;
}

export type { CreateIntentInput, ImportedStatement, Money, Refund, StatementImport };

/** Binds the payment service to an account, a mode and a name for the audit log. */
export function paymentsOf(payment: PaymentApi, actor: Actor): Payments {
  const toHost = ({ intent, qr }: PresentedIntent): HostIntent => ({
    ...intent,
    payUrl: payment.payUrl(intent.id),
    qr: qr && { chargeId: qr.id, data: qr.qrData, expiresAt: qr.expiresAt },
  });
  return {
    async createIntent(input, { trx, idempotencyKey: key, ticket } = {}) {
      const created = await payment.createIntent(actor, input, {
        trx,
        idempotencyKey: hostKey(actor, 'createIntent', key, input, input.amount),
        ticket,
      });
      return toHost(created);
    },
    prepare: (input) => payment.prepareIntent(actor, input),
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
    refundIntent(id, { idempotencyKey: key, ...input } = {}) {
      return payment.refundIntent(actor, id, input, {
        idempotencyKey: hostKey(actor, 'refundIntent', key, { ...input, id }, input.amount),
      });
    },
    listRefunds: (id) => payment.listRefunds(actor, id),
    importStatement: (input) => payment.importStatement(actor, input),
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

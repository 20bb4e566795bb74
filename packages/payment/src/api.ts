import type { Money } from '@itpay/core';
import { token, type Actor, type IdempotencyKey } from '@itpay/kernel';
import type { Knex } from 'knex';
import type { PaymentPolicy } from './inflow/inflow.js';
import { setPolicy } from './inflow/policy.js';
import { captureIntent } from './intent/capture.js';
import { intentNotFound } from './intent/change.js';
import { createIntent } from './intent/create.js';
import { prepareIntent, type Ticket } from './intent/create-hooks.js';
import { toBody, type CreateIntentInput } from './intent/input.js';
import type { PresentedIntent } from './intent/intent.js';
import { throwIfFailed } from './operation/handler.js';
import { orderOf } from './operation/order.js';
import type { PayerView } from './payer-view.js';
import { payerView } from './payer-views.js';
import { toRefundRequest, type RefundIntentInput } from './refund/input.js';
import type { Refund } from './refund/refund.js';
import { createRefund } from './refund/request.js';
import type { PaymentServices } from './services.js';
import { importStatement, type ImportedStatement, type StatementImport } from './statement/import.js';
import { voidIntent } from './void/request.js';

/** What a host may add to a call in its own process. */
export interface CallOptions {
  /**
   * The host's open knex transaction on the same database: the intent commits or vanishes together with the host's rows.
   */
  readonly trx?: Knex.Transaction;
  /** Makes a repeated call return the first call's intent. */
  readonly idempotencyKey?: IdempotencyKey;
  /** What `prepareIntent` answered, where hooks have a say and `trx` is open. */
  readonly ticket?: Ticket;
}

export interface ListFilter {
  readonly status?: string;
  readonly orderReference?: string;
  readonly payer?: string;
  readonly createdGte?: Date;
  readonly createdLte?: Date;
}

export interface Page {
  readonly limit: number;
  readonly startingAfter?: string;
  readonly endingBefore?: string;
}

/** What the payment plugin offers to the host and to other plugins. */
export interface PaymentApi {
  createIntent(actor: Actor, input: CreateIntentInput, options?: CallOptions): Promise<PresentedIntent>;
  /** Asks the hooks about a payment that a transaction of the host's shall create. */
  prepareIntent(actor: Actor, input: CreateIntentInput): Promise<Ticket>;
  /** @returns null when the account has no such intent in this mode */
  findIntent(actor: Pick<Actor, 'account' | 'livemode'>, id: string): Promise<PresentedIntent | null>;
  /** Newest first. */
  listIntents(
    actor: Pick<Actor, 'account' | 'livemode'>,
    filter: ListFilter,
    page: Page,
  ): Promise<{ readonly intents: readonly PresentedIntent[]; readonly hasMore: boolean }>;
  /** Opens the order of an intent that a host's transaction left to be opened, without waiting for the worker. */
  present(actor: Actor, id: string): Promise<PresentedIntent>;
  /** Takes held money; null: all of it. Returns the intent as it is afterwards. */
  captureIntent(actor: Actor, id: string, amount: Money | null, options?: CallOptions): Promise<PresentedIntent>;
  /** Ends an intent before money moves. Returns the intent as it is afterwards. */
  cancelIntent(actor: Actor, id: string, reason: string | null, options?: CallOptions): Promise<PresentedIntent>;
  /** Gives money of a paid intent back. Returns the refund as it is afterwards, also when its outcome is unknown. */
  refundIntent(actor: Actor, id: string, input: RefundIntentInput, options?: CallOptions): Promise<Refund>;
  /** All refunds of an intent, those of money that was not counted as well; oldest first. */
  listRefunds(actor: Actor, id: string): Promise<readonly Refund[]>;
  /**
   * Reads a file of a bank or a rail, of at most 64 MiB. Only the account that keeps the books of the installation, its
   * first one, can bring one.
   *
   * @throws ItPayError with the same codes as `POST /v1/statements`; of a file that cannot be read, nothing was written
   */
  importStatement(actor: Actor, input: StatementImport): Promise<ImportedStatement>;
  /** What shall happen with money that is not what was asked for. What is left out goes back to its default. */
  setPolicy(account: string, policy: Partial<PaymentPolicy>): Promise<void>;
  /** The pay page of an intent, with a display token. */
  payUrl(intentId: string): string;
  /** What a payer may see. The caller has checked the display token. Null when unknown, or closed for more than a day. */
  payerView(intentId: string): Promise<PayerView | null>;
}
export const PaymentApi = token<PaymentApi>('payment.api');

export function paymentApi(services: PaymentServices): PaymentApi {
  const { database, store, links } = services;
  const requireIntent = async (actor: Actor, id: string) => {
    const found = await store.find(database, actor, id);
    if (found === null) throw intentNotFound(id);
    return found;
  };
  return {
    async createIntent(actor, input, options = {}) {
      const body = toBody(input);
      const within = options.trx ? await database.enlist(options.trx) : null;
      const key = options.idempotencyKey ?? null;
      const created = await createIntent(services, actor, {
        body,
        key,
        caller: actor.id,
        within,
        ticket: options.ticket,
      });
      return created.presented;
    },
    prepareIntent: async (actor, input) => prepareIntent(services, actor, toBody(input)),
    async present(actor, id) {
      await requireIntent(actor, id);
      const order = await orderOf(database, { paymentIntentId: id });
      if (order.state === 'queued' || order.state === 'not_sent') await services.engine.resume(order.id);
      return requireIntent(actor, id);
    },
    async captureIntent(actor, id, amount, { idempotencyKey: key = null } = {}) {
      throwIfFailed(await captureIntent(services, actor, { intentId: id, amount, key }));
      return requireIntent(actor, id);
    },
    async cancelIntent(actor, id, reason, { idempotencyKey: key = null } = {}) {
      throwIfFailed(await voidIntent(services, actor, { intentId: id, reason, key }));
      return requireIntent(actor, id);
    },
    async refundIntent(actor, id, input, { idempotencyKey: key = null } = {}) {
      const answer = await createRefund(services, actor, id, toRefundRequest(id, input), key);
      throwIfFailed(answer);
      const { id: refundId } = JSON.parse(answer.body) as { id: string };
      return (await services.refunds.find(database, actor, refundId))!;
    },
    async listRefunds(actor, id) {
      await requireIntent(actor, id);
      return services.refunds.ofIntent(database, id);
    },
    importStatement: (actor, input) => importStatement(services, actor, input),
    setPolicy: (account, policy) => setPolicy(database, account, policy),
    findIntent: (owner, id) => store.find(database, owner, id),
    listIntents: (owner, filter, page) => store.list(owner, filter, page),
    payUrl: (intentId) => links.payPage(intentId),
    payerView: (intentId) => payerView(services, intentId),
  };
}

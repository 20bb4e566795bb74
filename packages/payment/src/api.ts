import { token, type Actor, type IdempotencyKey } from '@itpay/kernel';
import type { Knex } from 'knex';
import { createIntent } from './intent/create.js';
import { toBody, type CreateIntentInput } from './intent/input.js';
import type { PresentedIntent } from './intent/intent.js';
import type { PayerView } from './payer-view.js';
import { payerView } from './payer-views.js';
import type { PaymentServices } from './services.js';

/** What a host may add to a call in its own process. */
export interface CallOptions {
  /**
   * The host's open knex transaction on the same database: the intent commits or vanishes together with the host's rows.
   */
  readonly trx?: Knex.Transaction;
  /** Makes a repeated call return the first call's intent. */
  readonly idempotencyKey?: IdempotencyKey;
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
  /** @returns null when the account has no such intent in this mode */
  findIntent(actor: Pick<Actor, 'account' | 'livemode'>, id: string): Promise<PresentedIntent | null>;
  /** Newest first. */
  listIntents(
    actor: Pick<Actor, 'account' | 'livemode'>,
    filter: ListFilter,
    page: Page,
  ): Promise<{ readonly intents: readonly PresentedIntent[]; readonly hasMore: boolean }>;
  /** The pay page of an intent, with a display token. */
  payUrl(intentId: string): string;
  /** What a payer may see. The caller has checked the display token. Null when unknown, or closed for more than a day. */
  payerView(intentId: string): Promise<PayerView | null>;
}
export const PaymentApi = token<PaymentApi>('payment.api');

export function paymentApi(services: PaymentServices): PaymentApi {
  const { database, store, links } = services;
  return {
    async createIntent(actor, input, options = {}) {
      const body = toBody(input);
      const within = options.trx ? await database.enlist(options.trx) : null;
      const created = await createIntent(services, actor, body, options.idempotencyKey ?? null, within);
      return created.presented;
    },
    findIntent: (owner, id) => store.find(database, owner, id),
    listIntents: (owner, filter, page) => store.list(owner, filter, page),
    payUrl: (intentId) => links.payPage(intentId),
    payerView: (intentId) => payerView(services, intentId),
  };
}

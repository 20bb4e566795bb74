import { isId } from '@itpay/core';
import { listStatements, maybeOne, statement, type Actor, type Database, type Queryable, type Tx } from '@itpay/kernel';
import type { ListFilter, Page } from '../api.js';
import type { PaymentIntent, PresentedIntent } from './intent.js';
import { STATUS_RANK } from './machine.js';
import {
  INTENT_COLUMNS,
  intentFromRow,
  presentedFromRow,
  PRESENTED,
  PRESENTED_COLUMNS,
  type IntentRow,
  type PresentedRow,
} from './rows.js';

type Owner = Pick<Actor, 'account' | 'livemode'>;

/** The SQL of intents. Creating one is a statement of its own: see `create-statement.ts`. */
export class IntentStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** An intent of this account and mode, with the QR that is shown now. */
  async find(on: Queryable, owner: Owner, id: string): Promise<PresentedIntent | null> {
    const row = await maybeOne(on, FIND, { id, account: owner.account, livemode: owner.livemode });
    return row && presentedFromRow(row);
  }

  /** Any account's intent. Only for callers whose right was checked by other means, such as a display token. */
  async findForPayer(id: string): Promise<PresentedIntent | null> {
    const row = await maybeOne(this.#database, FIND_ANY, { id });
    return row && presentedFromRow(row);
  }

  /** Newest first; with `endingBefore` the page that comes before that id. */
  async list(owner: Owner, filter: ListFilter, page: Page): Promise<{ intents: PresentedIntent[]; hasMore: boolean }> {
    const payer = filter.payer ?? null;
    const human = payer !== null && isId('human', payer);
    const params: ListParams = {
      account: owner.account,
      livemode: owner.livemode,
      status: filter.status ?? null,
      orderReference: filter.orderReference ?? null,
      payerHumanId: human ? payer : null,
      payerAgentId: human ? null : payer,
      createdGte: filter.createdGte ?? null,
      createdLte: filter.createdLte ?? null,
      cursor: page.endingBefore ?? page.startingAfter ?? null,
      limit: page.limit + 1,
    };
    const rows = await this.#database.query(page.endingBefore === undefined ? LIST.older : LIST.newer, params);
    const intents = rows.slice(0, page.limit).map(presentedFromRow);
    return {
      intents: page.endingBefore === undefined ? intents : intents.toReversed(),
      hasMore: rows.length > page.limit,
    };
  }

  /** Reads an intent and keeps others from changing it until the transaction ends. */
  async lock(tx: Tx, owner: Owner, id: string): Promise<PaymentIntent | null> {
    const row = await maybeOne(tx, LOCK, { id, account: owner.account, livemode: owner.livemode });
    return row && intentFromRow(row);
  }

  /** Any account's intent, locked: for work on behalf of the framework itself. */
  async lockAny(tx: Tx, id: string): Promise<PaymentIntent> {
    const row = await maybeOne(tx, LOCK_ANY, { id });
    if (row === null) throw new Error(`The intent ${id} does not exist.`);
    return intentFromRow(row);
  }

  /** Open intents whose time is over, for one look; others leave them alone until `again`. */
  async takeDue(now: Date, again: Date, limit: number): Promise<string[]> {
    return (await this.#database.query(TAKE_DUE, { now, again, limit })).map(({ id }) => id);
  }

  /** Gives an intent other times, because its order went to another channel. The caller saves the rest. */
  async setTimes(tx: Tx, intent: PaymentIntent, closeAt: Date): Promise<void> {
    await tx.query(SET_TIMES, { id: intent.id, expiresAt: intent.expiresAt, closeAt });
  }

  /** Writes everything about an intent that can change. The version in the condition makes a lost update impossible. */
  async save(tx: Tx, intent: PaymentIntent): Promise<void> {
    const saved = await tx.query(SAVE, {
      id: intent.id,
      status: intent.status,
      rank: STATUS_RANK[intent.status],
      amountCaptured: intent.amountCaptured,
      amountRefunded: intent.amountRefunded,
      channel: intent.channel,
      merchantAccount: intent.merchantAccount,
      channelReference: intent.channelReference,
      channelTransactionId: intent.channelTransactionId,
      latePayment: intent.latePayment,
      failure: intent.failure && JSON.stringify(intent.failure),
      version: intent.version,
      sequence: intent.sequence,
      updatedAt: intent.updatedAt,
      authorizedAt: intent.authorizedAt,
      capturedAt: intent.capturedAt,
      succeededAt: intent.succeededAt,
      closedAt: intent.closedAt,
    });
    if (saved.length !== 1) throw new Error(`The intent ${intent.id} changed while it was locked.`);
  }
}

interface OwnedId {
  readonly id: string;
  readonly account: string;
  readonly livemode: boolean;
}

const FIND = statement<OwnedId, PresentedRow>(
  'intent_find',
  `select ${INTENT_COLUMNS}, ${PRESENTED_COLUMNS} from {schema}.payment_intents i ${PRESENTED}
    where i.id = :id and i.account = :account and i.livemode = :livemode`,
);
const FIND_ANY = statement<{ id: string }, PresentedRow>(
  'intent_find_any',
  `select ${INTENT_COLUMNS}, ${PRESENTED_COLUMNS} from {schema}.payment_intents i ${PRESENTED} where i.id = :id`,
);
const LOCK = statement<OwnedId, IntentRow>(
  'intent_lock',
  `select ${INTENT_COLUMNS} from {schema}.payment_intents i
    where i.id = :id and i.account = :account and i.livemode = :livemode for update`,
);
const LOCK_ANY = statement<{ id: string }, IntentRow>(
  'intent_lock_any',
  `select ${INTENT_COLUMNS} from {schema}.payment_intents i where i.id = :id for update`,
);
const TAKE_DUE = statement<{ now: Date; again: Date; limit: number }, { id: string }>(
  'intents_take_due',
  `update {schema}.payment_intents set close_at = :again
    where id = any(array(
      select id from {schema}.payment_intents where status_rank < 2 and close_at <= :now
       order by close_at limit :limit::int for update skip locked))
   returning id`,
);
const SET_TIMES = statement<{ id: string; expiresAt: Date; closeAt: Date }, object>(
  'intent_set_times',
  `update {schema}.payment_intents set expires_at = :expiresAt, close_at = :closeAt where id = :id`,
);
const SAVE = statement<
  {
    id: string;
    status: string;
    rank: number;
    amountCaptured: bigint;
    amountRefunded: bigint;
    channel: string;
    merchantAccount: string;
    channelReference: string;
    channelTransactionId: string | null;
    latePayment: boolean;
    failure: string | null;
    version: number;
    sequence: number;
    updatedAt: Date;
    authorizedAt: Date | null;
    capturedAt: Date | null;
    succeededAt: Date | null;
    closedAt: Date | null;
  },
  { id: string }
>(
  'intent_save',
  `update {schema}.payment_intents
      set status = :status, status_rank = :rank::smallint, amount_captured = :amountCaptured,
          amount_refunded = :amountRefunded, channel = :channel, merchant_account = :merchantAccount,
          channel_reference = :channelReference, channel_transaction_id = :channelTransactionId, late_payment = :latePayment, failure = :failure::jsonb,
          version = :version::int, sequence = :sequence, updated_at = :updatedAt, authorized_at = :authorizedAt,
          captured_at = :capturedAt, succeeded_at = :succeededAt, closed_at = :closedAt
    where id = :id and version = :version::int - 1 and status_rank <= :rank::smallint
   returning id`,
);

interface ListParams {
  readonly account: string;
  readonly livemode: boolean;
  readonly status: string | null;
  readonly orderReference: string | null;
  readonly payerHumanId: string | null;
  readonly payerAgentId: string | null;
  readonly createdGte: Date | null;
  readonly createdLte: Date | null;
  readonly cursor: string | null;
  readonly limit: number;
}

const LIST = listStatements<ListParams, PresentedRow>({
  name: 'intent_list',
  columns: `${INTENT_COLUMNS}, ${PRESENTED_COLUMNS}`,
  as: 'i',
  table: '{schema}.payment_intents',
  where: 'account = :account and livemode = :livemode',
  filters: {
    orderReference: ['text', 'order_reference = :orderReference'],
    payerHumanId: ['text', 'payer_human_id = :payerHumanId'],
    payerAgentId: ['text', 'payer_agent_id = :payerAgentId'],
    status: ['text', 'status = :status'],
    createdGte: ['timestamptz', 'created_at >= :createdGte'],
    createdLte: ['timestamptz', 'created_at <= :createdLte'],
  },
  join: PRESENTED,
});

import { money } from '@itpay/core';
import { maybeOne, type Queryable, type Tx } from '../ports/database.js';
import { listStatements } from '../list-statements.js';
import { statement } from '../statement.js';
import type { Operation, OperationKind, OperationState } from './operation.js';
import type { ChannelFailure } from './outcome.js';

/** Inserts a new operation. A second one with the same reference, or a second open order, is refused by the database. */
export async function insertOperation(tx: Tx, operation: Operation): Promise<void> {
  await tx.query(INSERT, toColumns(operation));
}

/** Writes everything about an operation that can change. The caller has locked it. */
export async function saveOperation(tx: Tx, operation: Operation): Promise<void> {
  await tx.query(SAVE, toColumns(operation));
}

export async function findOperation(on: Queryable, id: string): Promise<Operation | null> {
  const row = await maybeOne(on, FIND, { id });
  return row && operationFromRow(row);
}

/** Reads an operation and keeps others from changing it. The payment that it belongs to is locked first. */
export async function lockOperation(tx: Tx, id: string): Promise<Operation | null> {
  const row = await maybeOne(tx, LOCK, { id });
  return row && operationFromRow(row);
}

/** The operation under whose reference a channel instance knows it. */
export async function findByReference(on: Queryable, instance: string, reference: string): Promise<Operation | null> {
  const row = await maybeOne(on, FIND_BY_REFERENCE, { instance, reference });
  return row && operationFromRow(row);
}

/** All operations of a payment and its refunds, oldest first. */
export async function operationsOfPayment(on: Queryable, paymentIntentId: string): Promise<Operation[]> {
  return (await on.query(OF_PAYMENT, { paymentIntentId })).map(operationFromRow);
}

/** Operations that somebody must look at: queued, left behind by a dead process, or due for a question. */
export async function dueOperations(on: Queryable, now: Date, limit: number): Promise<Operation[]> {
  return (await on.query(DUE, { now, limit })).map(operationFromRow);
}

export interface OperationFilter {
  readonly account: string;
  readonly livemode: boolean;
  readonly operatorRequired: boolean | null;
  readonly state: string | null;
  readonly paymentIntentId: string | null;
  /** The id after which the page begins. */
  readonly after: string | null;
  readonly limit: number;
}

/** Newest first. */
export async function listOperations(on: Queryable, filter: OperationFilter): Promise<Operation[]> {
  const { after, ...rest } = filter;
  const params = { ...rest, cursor: after };
  return (await on.query(listFor(filter).older, params)).map(operationFromRow);
}

interface OperationRow {
  readonly id: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly object: Operation['object'];
  readonly object_id: string;
  readonly payment_intent_id: string;
  readonly kind: OperationKind;
  readonly channel: string;
  readonly channel_instance: string;
  readonly reference: string;
  readonly ordinal: number;
  readonly state: OperationState;
  readonly order_open: boolean;
  readonly amount: bigint | null;
  readonly currency: string | null;
  readonly unattended: boolean;
  readonly purpose: string | null;
  readonly failure: ChannelFailure | null;
  readonly lease_expires_at: Date | null;
  readonly queries: number;
  readonly unknown_since: Date | null;
  readonly not_found_since: Date | null;
  readonly next_query_at: Date | null;
  readonly operator_required: boolean;
  readonly created_at: Date;
  readonly updated_at: Date;
}

function operationFromRow(row: OperationRow): Operation {
  return {
    id: row.id,
    account: row.account,
    livemode: row.livemode,
    object: row.object,
    objectId: row.object_id,
    paymentIntentId: row.payment_intent_id,
    kind: row.kind,
    channel: row.channel,
    channelInstance: row.channel_instance,
    reference: row.reference,
    ordinal: row.ordinal,
    state: row.state,
    orderOpen: row.order_open,
    amount: row.amount === null || row.currency === null ? null : money(row.currency, row.amount),
    unattended: row.unattended,
    purpose: row.purpose,
    failure: row.failure,
    leaseExpiresAt: row.lease_expires_at,
    queries: row.queries,
    unknownSince: row.unknown_since,
    notFoundSince: row.not_found_since,
    nextQueryAt: row.next_query_at,
    operatorRequired: row.operator_required,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function toColumns(operation: Operation) {
  const { amount, failure, ...rest } = operation;
  return {
    ...rest,
    amount: amount && amount.value,
    currency: amount && amount.currency,
    failure: failure && JSON.stringify(failure),
    outcome: operation.state === 'queued' || operation.state === 'started' ? null : operation.state,
  };
}

const COLUMNS = `id, account, livemode, object, object_id, payment_intent_id, kind, channel, channel_instance, reference,
  ordinal, state, order_open, amount, currency, unattended, purpose, failure, lease_expires_at, queries, unknown_since,
  not_found_since, next_query_at, operator_required, created_at, updated_at`;

const INSERT = statement<ReturnType<typeof toColumns>, object>(
  'operation_insert',
  `insert into {schema}.channel_operations (${COLUMNS}, outcome)
   values (:id, :account, :livemode, :object, :objectId, :paymentIntentId, :kind, :channel, :channelInstance, :reference,
     :ordinal, :state, :orderOpen, :amount, :currency, :unattended, :purpose, :failure, :leaseExpiresAt, :queries, :unknownSince,
     :notFoundSince, :nextQueryAt, :operatorRequired, :createdAt, :updatedAt, :outcome)`,
);
const SAVE = statement<ReturnType<typeof toColumns>, object>(
  'operation_save',
  `update {schema}.channel_operations
      set state = :state, outcome = :outcome, order_open = :orderOpen, amount = :amount, currency = :currency,
          unattended = :unattended, purpose = :purpose, failure = :failure, lease_expires_at = :leaseExpiresAt,
          queries = :queries, unknown_since = :unknownSince, not_found_since = :notFoundSince,
          next_query_at = :nextQueryAt, operator_required = :operatorRequired, updated_at = :updatedAt
    where id = :id`,
);
const FIND = statement<{ id: string }, OperationRow>(
  'operation_find',
  `select ${COLUMNS} from {schema}.channel_operations where id = :id`,
);
const LOCK = statement<{ id: string }, OperationRow>(
  'operation_lock',
  `select ${COLUMNS} from {schema}.channel_operations where id = :id for update`,
);
const FIND_BY_REFERENCE = statement<{ instance: string; reference: string }, OperationRow>(
  'operation_find_by_reference',
  `select ${COLUMNS} from {schema}.channel_operations where channel_instance = :instance and reference = :reference`,
);
const OF_PAYMENT = statement<{ paymentIntentId: string }, OperationRow>(
  'operations_of_payment',
  `select ${COLUMNS} from {schema}.channel_operations where payment_intent_id = :paymentIntentId order by id`,
);
// Each reason has an index of its own, and no more is read from it than is taken up, however much waits.
const DUE = statement<{ now: Date; limit: number }, OperationRow>(
  'operations_due',
  `select ${COLUMNS} from {schema}.channel_operations
    where id = any(array(
      (select id from {schema}.channel_operations where state = 'queued' order by id limit :limit::int)
      union all
      (select id from {schema}.channel_operations
        where state = 'started' and lease_expires_at <= :now order by lease_expires_at limit :limit::int)
      union all
      (select id from {schema}.channel_operations where next_query_at <= :now order by next_query_at limit :limit::int)))
    order by id limit :limit::int`,
);

type ListParams = Omit<OperationFilter, 'after'> & { readonly cursor: string | null };
const OWN = 'account = :account and livemode = :livemode';
const LISTED = {
  columns: COLUMNS,
  table: '{schema}.channel_operations',
  filters: {
    paymentIntentId: ['text', 'payment_intent_id = :paymentIntentId'],
    state: ['text', 'state = :state'],
    operatorRequired: ['boolean', 'operator_required = :operatorRequired'],
  },
} as const;
const LIST = listStatements<ListParams, OperationRow>({
  ...LISTED,
  name: 'operations_list',
  where: OWN,
});
// Few of many operations are in these, and each has an index that holds nothing else.
const LIST_UNSETTLED = listStatements<ListParams, OperationRow>({
  ...LISTED,
  name: 'operations_list_unsettled',
  where: `${OWN} and state <> 'succeeded'`,
});
const LIST_FOR_OPERATOR = listStatements<ListParams, OperationRow>({
  ...LISTED,
  name: 'operations_list_for_operator',
  where: `${OWN} and operator_required`,
});

function listFor({ operatorRequired, state }: OperationFilter) {
  if (operatorRequired === true) return LIST_FOR_OPERATOR;
  return state === null || state === 'succeeded' ? LIST : LIST_UNSETTLED;
}

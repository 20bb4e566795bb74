import { statement } from '@itpay/kernel';

/**
 * Creates an intent in one round trip: duplicate guard, idempotency key, intent, QR charge, channel operation, audit and
 * events. Everybody takes guard, key and intent in this order.
 *
 * A key that was used before stops everything (`seen`). The guard is a row: of simultaneous requests for one purchase the
 * first points it to its new intent, the others wait for that commit and find `duplicate_of`. They still take their key,
 * which then points to the intent that exists.
 *
 * Two requests that race for one key: the later one fails with a unique violation on the key, and the guard that it took
 * goes back with the rest of the statement. The caller then reads the key.
 */
export const CREATE_INTENT = statement<CreateIntentParams, CreateIntentVerdict>(
  'intent_create',
  `
with seen as materialized (
  select request_hash from {schema}.idempotency_keys where scope_hash = :scopeHash::bytea),
guard as (
  insert into {schema}.duplicate_guards as g (guard_hash, object_id, expires_at)
  select :guardHash::bytea, :intentId::text, 'infinity'
   where :guardHash::bytea is not null and not exists (select from seen)
  on conflict (guard_hash) do update set
    object_id = case when g.expires_at <= :now::timestamptz or :confirmed::boolean
                     then excluded.object_id else g.object_id end,
    expires_at = case when g.expires_at <= :now::timestamptz or :confirmed::boolean
                      then excluded.expires_at else g.expires_at end
  returning object_id),
purchase as (
  select object_id from guard
  union all select :intentId::text where :guardHash::bytea is null and not exists (select from seen)),
claim as (
  insert into {schema}.idempotency_keys
    (scope_hash, request_hash, recovery_point, object_id, operation_id, status, body, created_at, expires_at)
  select :scopeHash::bytea, :requestHash::bytea,
         case when object_id = :intentId::text then :recoveryPoint::text else 'started' end, object_id,
         case when object_id = :intentId::text and :recoveryPoint::text = 'recorded' then :operationId::text end,
         case when object_id = :intentId::text and :recoveryPoint::text = 'finished' then 201 end,
         case when object_id = :intentId::text and :recoveryPoint::text = 'finished' then :answer::text end,
         :now::timestamptz, :keyExpiresAt::timestamptz
    from purchase where :scopeHash::bytea is not null
  returning 1),
go as (
  select 1 from purchase
   where object_id = :intentId::text and (:scopeHash::bytea is null or exists (select from claim))),
intent as (
  insert into {schema}.payment_intents
    (id, account, livemode, type, status, status_rank, amount, currency, amount_captured, description, order_reference,
     payer_agent_id, payer_human_id, channel, allowed_channels, merchant_account, capture_method, channel_reference,
     metadata, return_url, version, sequence, created_at, updated_at, expires_at, expires_in, close_at)
  select :intentId::text, :account::text, :livemode::boolean, 'one_time', :status::text, :statusRank::smallint,
         :amount::bigint, :currency::text, 0, :description::text, :orderReference::text, :payerAgentId::text,
         :payerHumanId::text, :channel::text, :allowedChannels::text[], :merchantAccount::text, :captureMethod::text,
         :reference::text, :metadata::jsonb, :returnUrl::text, 1, :sequence::int, :now::timestamptz, :now::timestamptz,
         :expiresAt::timestamptz, :expiresIn::int, :closeAt::timestamptz
    from go
  returning id),
charge as (
  insert into {schema}.qr_charges
    (id, payment_intent_id, account, livemode, channel, channel_reference, qr_standard, qr_data, status, sequence,
     expires_at, created_at)
  select :chargeId::text, id, :account::text, :livemode::boolean, :channel::text, :reference::text, :qrStandard::text,
         :qrData::text, 'active', 1, :expiresAt::timestamptz, :now::timestamptz
    from intent where :chargeId::text is not null),
operation as (
  insert into {schema}.channel_operations
    (id, account, livemode, object, object_id, payment_intent_id, kind, channel, channel_instance, reference, ordinal,
     state, outcome, order_open, amount, currency, unattended, lease_expires_at, next_query_at, created_at, updated_at)
  select :operationId::text, :account::text, :livemode::boolean, 'payment_intent', id, id, 'authorize', :channel::text,
         :channelInstance::text, :reference::text, 1, :operationState::text,
         case when :operationState::text = 'succeeded' then 'succeeded' end, true, :amount::bigint, :currency::text,
         -- nobody waits for what a host's transaction left to a sweep
         :operationState::text = 'queued', :leaseExpiresAt::timestamptz, :nextQueryAt::timestamptz, :now::timestamptz, :now::timestamptz
    from intent),
audit as (
  insert into {schema}.audit_entries
    (id, account, livemode, at, actor, actor_kind, action, object_id, from_state, to_state, request_id)
  select step.id, :account::text, :livemode::boolean, :now::timestamptz, :actor::text, :actorKind::text, step.action, step.object_id, step.from_state,
         step.to_state, :requestId::text
    from intent, (values
      (:createdAuditId::text, 'create', :intentId::text, null, 'pending'),
      (:presentedAuditId::text, 'present', :intentId::text, 'pending', 'qr_generated'),
      (:chargeAuditId::text, 'create', :chargeId::text, null, 'active'))
      step (id, action, object_id, from_state, to_state)
   where step.id is not null),
event as (
  insert into {schema}.events (id, account, livemode, type, object_id, sequence, at, data)
  select e.id, :account::text, :livemode::boolean, e.type, e.object_id, e.sequence, :now::timestamptz, e.data
    from intent, (values
      (:createdEventId::text, 'payment_intent.created', :intentId::text, 1, :createdData::text),
      (:presentedEventId::text, 'payment_intent.qr_generated', :intentId::text, 2, :presentedData::text),
      (:chargeEventId::text, 'qr_charge.created', :chargeId::text, 1, :chargeData::text))
      e (id, type, object_id, sequence, data)
   where e.id is not null)
select exists (select from intent) as created, purchase.object_id as duplicate_of
  from (values (1)) always left join purchase on true`,
);

export interface CreateIntentParams {
  readonly guardHash: Uint8Array | null;
  /** A second payment for the same purchase is meant. */
  readonly confirmed: boolean;
  readonly scopeHash: Uint8Array | null;
  readonly requestHash: Uint8Array | null;
  readonly keyExpiresAt: Date;
  /** `finished`: the answer is known now. `recorded`: it follows when the operation is settled. */
  readonly recoveryPoint: 'finished' | 'recorded';
  readonly answer: string;
  readonly now: Date;
  readonly intentId: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly amount: bigint;
  readonly currency: string;
  readonly description: string | null;
  readonly orderReference: string | null;
  readonly payerAgentId: string | null;
  readonly payerHumanId: string | null;
  readonly channel: string;
  readonly allowedChannels: readonly string[];
  readonly channelInstance: string;
  readonly merchantAccount: string;
  readonly reference: string;
  readonly metadata: string;
  readonly returnUrl: string | null;
  readonly expiresAt: Date;
  readonly expiresIn: number | null;
  readonly closeAt: Date;
  readonly status: string;
  readonly statusRank: number;
  readonly sequence: number;
  readonly captureMethod: string;
  /** Null, with the other fields of the QR, when the code comes from the rail later. */
  readonly chargeId: string | null;
  readonly qrStandard: string | null;
  readonly qrData: string | null;
  readonly operationId: string;
  readonly operationState: string;
  readonly leaseExpiresAt: Date | null;
  readonly nextQueryAt: Date | null;
  readonly actor: string;
  readonly actorKind: string | null;
  readonly requestId: string | null;
  readonly createdAuditId: string;
  readonly presentedAuditId: string | null;
  readonly chargeAuditId: string | null;
  readonly createdEventId: string;
  readonly presentedEventId: string | null;
  readonly chargeEventId: string | null;
  readonly createdData: string;
  readonly presentedData: string | null;
  readonly chargeData: string | null;
}

export interface CreateIntentVerdict {
  readonly created: boolean;
  /** The intent that the purchase has now: the new one, or one that was there. Null when the key was used before. */
  readonly duplicate_of: string | null;
}

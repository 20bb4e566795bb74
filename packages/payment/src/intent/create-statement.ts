import { statement } from '@itpay/kernel';

/**
 * Creates an intent in one round trip: idempotency key, intent, QR charge, channel operation, audit and events.
 *
 * The statement looks the key up, claims it, and writes the rest only if the claim was its own; without a key it writes at
 * once. A request that lost the race for a key (the other one committed after our snapshot was taken) writes nothing and
 * returns `created: false` without a stored answer; the caller then reads the key again.
 */
export const CREATE_INTENT = statement<CreateIntentParams, CreateIntentVerdict>(
  'intent_create',
  `
with seen as materialized (
  select request_hash, body from {schema}.idempotency_keys where scope_hash = :scopeHash::bytea),
claim as (
  insert into {schema}.idempotency_keys
    (scope_hash, request_hash, recovery_point, object_id, status, body, created_at, expires_at)
  select :scopeHash::bytea, :requestHash::bytea, 'finished', :intentId::text, 201, :answer::text, :now::timestamptz,
         :keyExpiresAt::timestamptz
   where :scopeHash::bytea is not null and not exists (select from seen)
  on conflict (scope_hash) do nothing
  returning 1),
go as (
  select 1 where :scopeHash::bytea is null
  union all select 1 from claim),
intent as (
  insert into {schema}.payment_intents
    (id, account, livemode, type, status, status_rank, amount, currency, amount_captured, description, order_reference,
     payer_agent_id, payer_human_id, channel, merchant_account, capture_method, channel_reference, metadata, return_url,
     version, sequence, created_at, updated_at, expires_at)
  select :intentId::text, :account::text, :livemode::boolean, 'one_time', 'qr_generated', 1, :amount::bigint,
         :currency::text, 0, :description::text, :orderReference::text, :payerAgentId::text, :payerHumanId::text,
         :channel::text, :merchantAccount::text, 'automatic', :reference::text, :metadata::jsonb, :returnUrl::text,
         1, 2, :now::timestamptz, :now::timestamptz, :expiresAt::timestamptz
    from go
  returning id),
charge as (
  insert into {schema}.qr_charges
    (id, payment_intent_id, account, livemode, channel, channel_reference, qr_standard, qr_data, status, sequence,
     expires_at, created_at)
  select :chargeId::text, id, :account::text, :livemode::boolean, :channel::text, :reference::text, :qrStandard::text,
         :qrData::text, 'active', 1, :expiresAt::timestamptz, :now::timestamptz
    from intent),
operation as (
  insert into {schema}.channel_operations
    (id, account, object, object_id, kind, channel, channel_instance, reference, ordinal, state, outcome, order_open,
     created_at, updated_at)
  select :operationId::text, :account::text, 'payment_intent', id, 'authorize', :channel::text, :channelInstance::text,
         :reference::text, 1, 'succeeded', 'succeeded', true, :now::timestamptz, :now::timestamptz
    from intent),
audit as (
  insert into {schema}.audit_entries (id, account, at, actor, action, object_id, from_state, to_state, request_id)
  select step.id, :account::text, :now::timestamptz, :actor::text, step.action, step.object_id, step.from_state,
         step.to_state, :requestId::text
    from intent, (values
      (:createdAuditId::text, 'create', :intentId::text, null, 'pending'),
      (:presentedAuditId::text, 'present', :intentId::text, 'pending', 'qr_generated'),
      (:chargeAuditId::text, 'create', :chargeId::text, null, 'active'))
      step (id, action, object_id, from_state, to_state)),
event as (
  insert into {schema}.events (id, account, livemode, type, object_id, sequence, at, data)
  select e.id, :account::text, :livemode::boolean, e.type, e.object_id, e.sequence, :now::timestamptz, e.data
    from intent, (values
      (:createdEventId::text, 'payment_intent.created', :intentId::text, 1, :createdData::text),
      (:presentedEventId::text, 'payment_intent.qr_generated', :intentId::text, 2, :presentedData::text),
      (:chargeEventId::text, 'qr_charge.created', :chargeId::text, 1, :chargeData::text))
      e (id, type, object_id, sequence, data))
select exists (select from intent) as created, seen.request_hash, seen.body
  from (values (1)) always left join seen on true`,
);

export interface CreateIntentParams {
  readonly scopeHash: Uint8Array | null;
  readonly requestHash: Uint8Array | null;
  readonly keyExpiresAt: Date;
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
  readonly channelInstance: string;
  readonly merchantAccount: string;
  readonly reference: string;
  readonly metadata: string;
  readonly returnUrl: string | null;
  readonly expiresAt: Date;
  readonly chargeId: string;
  readonly qrStandard: string;
  readonly qrData: string;
  readonly operationId: string;
  readonly actor: string;
  readonly requestId: string | null;
  readonly createdAuditId: string;
  readonly presentedAuditId: string;
  readonly chargeAuditId: string;
  readonly createdEventId: string;
  readonly presentedEventId: string;
  readonly chargeEventId: string;
  readonly createdData: string;
  readonly presentedData: string;
  readonly chargeData: string;
}

export interface CreateIntentVerdict {
  readonly created: boolean;
  readonly request_hash: Buffer | null;
  readonly body: string | null;
}

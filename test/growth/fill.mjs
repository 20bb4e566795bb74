// JavaScript, because the benchmark runs it as it is.

/**
 * @typedef {object} Filling
 * @property {import('pg').Client} client of the database, where the tables are and hold little
 * @property {string} [schema]
 * @property {string} account of the big merchant, which has six payments of ten, but for half of the first fifth: that was
 *   `m_former`, which has had none since. Three of ten belong to 97 others, and one to 1000
 * @property {number} intents how many
 * @property {number} days over which they were made
 * @property {number} eventDays the latest of them have events, and deliveries of these; as the retention leaves it
 * @property {Date} now when the last of them was made
 * @property {boolean} waiting whether some of it is still to be done: open payments, operations, deliveries, jobs
 * @property {boolean} [unlogged] for a database that need not outlive its server
 * @property {(what: string) => void} [progress]
 */

const CHUNK = 1_000_000;
/** What takes longest to make in SQL, and is the same for every table: who owns the n-th payment, and what became of it. */
const PAYMENT = `
  select n, 'pi_' || body as id, 'qr_' || body as charge, 'op_' || body as operation,
         case when n % 10 < 6 then case when n < $4::bigint / 5 and n % 2 = 0 then 'm_former' else $1 end
              when n % 10 < 9 then 'm_mid' || (n / 10 % 97) else 'm_small' || (n / 10 % 1000) end as account,
         case when $7::boolean and n > $4::bigint - $4::bigint / 200 then 'qr_generated'
              when dice < 700 then 'succeeded' when dice < 950 then 'expired' when dice < 990 then 'cancelled'
              when dice < 999 then 'failed' else 'authorized' end as status,
         $6::timestamptz - ($4::bigint - n) * ($5::interval / $4::bigint) as at, dice, $7::boolean as waits
    from generate_series($2::bigint, $3::bigint) as n,
         lateral (select '00' || lpad(to_hex(n), 8, '0') || left(md5('body' || n), 16) as body,
                         (hashint8(n) & 2147483647) % 1000 as dice) as made`;

/** Everything a payment leaves behind, table by table. `$1` to `$7`: account, from, to, how many in all, time, now, waiting. */
const TABLES = {
  payment_intents: `
    insert into {schema}.payment_intents
      (id, account, livemode, type, status, status_rank, amount, currency, amount_captured, description, order_reference,
       payer_agent_id, payer_human_id, channel, merchant_account, capture_method, channel_reference, metadata, version,
       sequence, created_at, updated_at, expires_at, close_at, succeeded_at, closed_at, allowed_channels)
    select id, account, false, 'one_time', status,
           case status when 'qr_generated' then 1 when 'authorized' then 2 when 'succeeded' then 5 else 3 end,
           10000 + dice, 'THB', case status when 'succeeded' then 10000 + dice else 0 end, 'Two bowls of noodles',
           case when dice % 5 > 0 then 'order-' || n end,
           case when dice % 10 < 3 then 'agent_' || lpad((dice * 7 % 4999)::text, 26, '0') end,
           case when dice % 10 in (2, 3) then 'human_' || lpad((n % 49999)::text, 26, '0') end,
           'promptpay', '0066812345678', 'automatic', 'A' || lpad(n::text, 15, '0'), '{"table": "17"}', 3, 3, at, at,
           at + interval '15 minutes', at + interval '15 minutes', case status when 'succeeded' then at end,
           case when status not in ('qr_generated', 'authorized') then at end, array['promptpay']
      from (${PAYMENT}) p`,
  qr_charges: `
    insert into {schema}.qr_charges
      (id, payment_intent_id, account, livemode, channel, channel_reference, qr_standard, qr_data, status, sequence,
       expires_at, created_at)
    select charge, id, account, false, 'promptpay', 'A' || lpad(n::text, 15, '0'), 'emvco', repeat('0', 90),
           case status when 'qr_generated' then 'active' when 'expired' then 'expired' else 'closed' end, 2,
           at + interval '15 minutes', at
      from (${PAYMENT}) p`,
  channel_operations: `
    insert into {schema}.channel_operations
      (id, account, object, object_id, kind, channel, channel_instance, reference, ordinal, state, outcome, order_open,
       created_at, updated_at, livemode, payment_intent_id, amount, currency, lease_expires_at, next_query_at,
       operator_required)
    select operation, account, 'payment_intent', id, 'authorize', 'promptpay', 'promptpay:0066812345678',
           'A' || lpad(n::text, 15, '0'), 1,
           case when not waits then 'succeeded' when dice = 0 and n % 10 = 0 then 'queued'
                when dice = 1 and n % 5 = 0 then 'started' when dice = 2 then 'unknown' else 'succeeded' end,
           case when dice = 2 and waits then 'unknown' when dice > 2 or not waits then 'succeeded' end,
           status = 'qr_generated', at, at, false, id, 10000 + dice, 'THB',
           case when waits and dice = 1 and n % 5 = 0 then at end,
           case when waits and dice = 2
                then $6::timestamptz - ($4::bigint - n) * interval '1 second' + interval '3 days' end,
           waits and dice = 2 and n % 100 = 0
      from (${PAYMENT}) p`,
  audit_entries: `
    insert into {schema}.audit_entries
      (id, account, livemode, at, actor, actor_kind, action, object_id, from_state, to_state, request_id)
    select 'aud_' || substr(id, 4), account, false, at, 'key_' || account, 'api_key', 'create', id, null, 'pending',
           'req_' || substr(id, 4)
      from (${PAYMENT}) p`,
};

/** What only the latest payments have, because it is deleted after a time, or because some of it is enough. */
const LATEST_TABLES = {
  events: `
    insert into {schema}.events (id, account, livemode, type, object_id, sequence, position, at, data)
    select 'evt_' || substr(id, 4, 25) || step, account, false,
           'payment_intent.' || (array['created', 'qr_generated', 'succeeded'])[step],
           id, step, n * 3 + step + 1000, at, '{"object":{"id":"' || id || '","status":"' || status || '"}}'
      from (${PAYMENT}) p, generate_series(1, 3) as step order by n, step`,
  idempotency_keys: `
    insert into {schema}.idempotency_keys
      (scope_hash, request_hash, recovery_point, object_id, status, body, created_at, expires_at)
    select sha256(('scope' || n)::bytea), sha256(('request' || n)::bytea), 'finished', id, 201,
           '{"id":"' || id || '"}', at, $6::timestamptz - ($4::bigint - n) * interval '1 second' + interval '72 hours'
      from (${PAYMENT}) p`,
  duplicate_guards: `
    insert into {schema}.duplicate_guards (guard_hash, object_id, expires_at)
    select sha256(('guard' || n)::bytea), id,
           case status when 'succeeded' then greatest(at, $6::timestamptz - interval '9 minutes') + interval '10 minutes'
                       else 'infinity' end
      from (${PAYMENT}) p where status in ('succeeded', 'qr_generated')`,
  inflows: `
    insert into {schema}.inflows
      (id, account, livemode, channel, merchant_account, channel_reference, channel_transaction_id, amount, currency,
       counted, paid_at, source, evidence_digest, payment_intent_id, kind, status, sequence, created_at, updated_at)
    select 'inf_' || substr(id, 4), account, false, 'promptpay', '0066812345678', 'A' || lpad(n::text, 15, '0'),
           'T' || lpad(n::text, 15, '0'), 10000 + dice, 'THB', 10000 + dice, at, 'callback', sha256(id::bytea), id,
           'payment', case when dice = 3 then 'needs_match' else 'applied' end, 1, at, at
      from (${PAYMENT}) p where status = 'succeeded'`,
  refunds: `
    insert into {schema}.refunds
      (id, account, livemode, payment_intent_id, amount, currency, reason, status, decision, manual,
       channel_refund_reference, metadata, sequence, version, created_at, updated_at, succeeded_at)
    select 'ref_' || substr(id, 4), account, false, id, 10000 + dice, 'THB', 'requested_by_customer',
           case when dice = 29 then 'failed' when dice = 28 then 'processing' else 'succeeded' end, 'automatic', dice % 2 = 0, 'R' || lpad(n::text, 15, '0'), '{}', 2, 2, at, at,
           case when dice < 28 then at end
      from (${PAYMENT}) p where status = 'succeeded' and dice < 30`,
  voids: `
    insert into {schema}.voids
      (id, account, livemode, target_type, target_id, status, refund_id, sequence, created_at, updated_at)
    select 'void_' || substr(id, 4), account, false, 'payment_intent', id, 'succeeded',
           case when dice < 995 then 'ref_' || substr(id, 4) end, 2, at, at
      from (${PAYMENT}) p where status in ('cancelled', 'failed')`,
  ledger_entries: `
    insert into {schema}.ledger_entries
      (id, transaction_id, account, livemode, payment_intent_id, object_id, ledger_account, direction, amount, currency, at)
    select 'led_' || substr(id, 4, 25) || side, 'led_' || substr(id, 4), account, false, id, 'inf_' || substr(id, 4),
           (array['payee_receivable', 'payer_clearing'])[side], (array['debit', 'credit'])[side], 10000 + dice, 'THB', at
      from (${PAYMENT}) p, generate_series(1, 2) as side where status = 'succeeded'`,
  notifications: `
    insert into {schema}.notifications
      (id, channel_instance, event_key, state, body_digest, received_at, processed_at)
    select 'ntf_' || substr(id, 4), 'promptpay:0066812345678', 'T' || lpad(n::text, 15, '0'), 'processed',
           sha256(id::bytea), at, at
      from (${PAYMENT}) p where status = 'succeeded'`,
  statement_rows: `
    insert into {schema}.statement_rows
      (id, statement_id, account, livemode, channel, channel_instance, dedupe_key, kind, direction, status, amount, currency,
       fee, reference, channel_transaction_id, booked_at, position, outcome, payment_intent_id, inflow_id, refund_id,
       created_at, updated_at)
    select 'row_' || substr(id, 4), 'stm_' || n / 1000, account, false, 'promptpay', 'promptpay:0066812345678',
           'D' || lpad(n::text, 15, '0'), case when dice < 28 then 'refund' else 'credit' end, 'in', 'booked', 10000 + dice,
           'THB', case when dice % 4 = 0 then 30 end, 'A' || lpad(n::text, 15, '0'), 'T' || lpad(n::text, 15, '0'), at,
           n::text, 'matched', id, case when dice >= 28 then 'inf_' || substr(id, 4) end,
           case when dice < 28 then 'ref_' || substr(id, 4) end, at, at
      from (${PAYMENT}) p where status = 'succeeded'`,
  webhook_deliveries: `
    insert into {schema}.webhook_deliveries
      (event_id, endpoint_id, state, attempts_made, started_at, next_attempt_at, updated_at)
    select 'evt_' || substr(id, 4, 25) || step, 'we_' || account,
           case when waiting then 'pending' when dice = 5 then 'failed_delivery' else 'delivered' end, 1, at,
           case when waiting then $6::timestamptz - (n % 9000) * interval '1 second' end, at
      from (${PAYMENT}) p, (values (3)) as steps (step),
           lateral (select waits and account like 'm_mid1%' and n % 4 = 0 and n > $4::bigint - $4::bigint / 10 as waiting) w`,
  webhook_attempts: `
    insert into {schema}.webhook_attempts (id, endpoint_id, event_id, at, status, latency_ms)
    select 'att_' || substr(id, 4, 25) || step, 'we_' || account, 'evt_' || substr(id, 4, 25) || step, at, 200, 12
      from (${PAYMENT}) p, (values (3)) as steps (step)`,
};

/** Few rows, whatever the number of payments. `$1`: account, `$2`: now. */
const SMALL_TABLES = [
  `with names as (select 'm_mid' || n as id from generate_series(0, 96) n
                  union all select 'm_small' || n from generate_series(0, 999) n
                  union all select 'm_former')
   insert into {schema}.accounts (id, name, created_at) select id, id, $2 from names where $1::text is not null`,
  `insert into {schema}.api_keys
     (id, account, livemode, key_id, secret_hash, last4, lineage, label, scopes, status, created_at, expires_at)
   select 'key_' || md5(a.id || k), a.id, false, md5('id' || a.id || k), sha256('x'), '0000', 'l' || a.id || k, 'shop',
          '{payments:read}', 'active', $2, case when k = 1 then $2::timestamptz + interval '300 days' end
     from {schema}.accounts a, generate_series(1, 3) as k where $1::text is not null`,
  `insert into {schema}.webhook_endpoints
     (id, account, livemode, url, enabled_events, status, api_version, enabled_at, version, created_at, updated_at)
   select 'we_' || id, id, false, 'https://shop.example/' || id, '{*}', 'disabled', '2026-01-01', $2, 1, $2, $2
     from {schema}.accounts where $1::text is not null`,
  `insert into {schema}.rate_buckets (key, full_at, busy_since)
   select 'key ' || n, extract(epoch from $2::timestamptz) * 1000 + n, 0
     from generate_series(1, 20000) as n where $1::text is not null`,
  `insert into {schema}.signature_nonces (key, signature, expires_at)
   select 'key_1', sha256(n::text::bytea), $2::timestamptz + n * interval '1 second'
     from generate_series(1, 20000) as n where $1::text is not null`,
  `update {schema}.event_log set last_position = (select max(position) from {schema}.events)
    where $1::text is not null and $2::timestamptz is not null`,
  `update {schema}.event_subscribers set position = (select last_position from {schema}.event_log)
    where $1::text is not null and $2::timestamptz is not null`,
];

/** What is still to be done. */
const WAITING = [
  `update {schema}.webhook_endpoints set status = 'enabled' where $1::text is not null and $2::timestamptz is not null`,
  // A morning's work that is to come, and what is due now.
  `insert into {schema}.jobs (id, name, key, payload, run_at, created_at)
   select 'job_' || lpad(n::text, 26, '0'), 'payment.forget_qr_image', 'qr_' || n, '{}',
          $2::timestamptz + (n - 200) * interval '1 second', $2
     from generate_series(1, 50000) as n where $1::text is not null`,
  // The last three hundred were committed this very moment.
  `update {schema}.events set position = null
    where position > (select last_position - 300 from {schema}.event_log) and $1::text is not null and $2::timestamptz is not null`,
  `update {schema}.event_log set last_position = last_position - 300 where $1::text is not null and $2::timestamptz is not null`,
];

/**
 * Fills a database as years of a busy installation would, with a few set-based statements. What the constraints do not
 * need is built afterwards, and as the migrations define it.
 *
 * @param {Filling} filling
 */
export async function fill({
  client,
  schema = 'itpay',
  account,
  intents,
  days,
  eventDays,
  now,
  waiting,
  unlogged = false,
  progress = () => {},
}) {
  const run = (/** @type {string} */ sql, /** @type {unknown[]} */ values = []) =>
    client.query(sql.replaceAll('{schema}', schema), values);
  await run(`set synchronous_commit = off`);
  await run(`set maintenance_work_mem = '512MB'`);
  await run(`set work_mem = '64MB'`);
  const tables = [...Object.keys(TABLES), ...Object.keys(LATEST_TABLES)];
  if (unlogged) for (const table of tables) await run(`alter table {schema}.${table} set unlogged`);

  const { rows: indexes } = await run(
    `select i.indexname as name, i.indexdef as definition, i.tablename as "table" from pg_indexes i
      where i.schemaname = $1 and i.tablename = any($2)
        and not exists (select from pg_constraint c join pg_namespace n on n.oid = c.connamespace
                         where n.nspname = i.schemaname and c.conname = i.indexname)`,
    [schema, tables],
  );
  for (const { name } of indexes) await run(`drop index {schema}."${name}"`);

  const rows = async (/** @type {string} */ table, /** @type {string} */ sql, /** @type {number} */ first) => {
    for (let from = first; from <= intents; from += CHUNK) {
      const to = Math.min(from + CHUNK - 1, intents);
      await run(sql, [account, from, to, intents, `${days} days`, now, waiting]);
      progress(`${table}: ${to.toLocaleString('en')} of ${intents.toLocaleString('en')} payments`);
    }
    for (const index of indexes.filter((one) => one.table === table)) await run(index.definition);
    progress(`${table}: indexes`);
  };
  for (const [table, sql] of Object.entries(TABLES)) await rows(table, sql, 1);
  const latest = Math.max(1, Math.ceil(intents - (intents * eventDays) / days) + 1);
  for (const [table, sql] of Object.entries(LATEST_TABLES)) await rows(table, sql, latest);
  for (const sql of [...SMALL_TABLES, ...(waiting ? WAITING : [])]) await run(sql, [account, now]);
  await run('analyze');
  progress('analyzed');
}

/**
 * What is to be seen from outside: rows, through a connection of our own, and the rail's own books.
 *
 * @typedef {Record<string, any>} Row
 * @typedef {Record<keyof typeof ROWS, Row[]> & { books: readonly import('@itpay/testkit/fake-rail').BookEntry[] }} Facts
 */

/** The rows of one account. Deliveries and attempts belong to its endpoints. */
const ROWS = {
  intents: 'select * from itpay.payment_intents where account = $1 order by id',
  refunds: 'select * from itpay.refunds where account = $1 order by id',
  charges: 'select * from itpay.qr_charges where account = $1 order by id',
  voids: 'select * from itpay.voids where account = $1 order by id',
  inflows: 'select * from itpay.inflows where account = $1 order by id',
  operations: 'select * from itpay.channel_operations where account = $1 order by id',
  events: 'select * from itpay.events where account = $1 order by position nulls last',
  audit: 'select * from itpay.audit_entries where account = $1 order by id',
  ledger: 'select * from itpay.ledger_entries where account = $1 order by id',
  deliveries: `select d.* from itpay.webhook_deliveries d join itpay.webhook_endpoints w on w.id = d.endpoint_id
                where w.account = $1`,
  attempts: `select a.* from itpay.webhook_attempts a join itpay.webhook_endpoints w on w.id = a.endpoint_id
              where w.account = $1`,
};

/**
 * @param {import('pg').Client} client
 * @param {import('@itpay/testkit/fake-rail').FakeRail} rail
 * @param {{ account: string, name: string }} scenario orders at the rail are found by the name in their description
 * @returns {Promise<Facts>}
 */
export async function look(client, rail, { account, name }) {
  const facts = /** @type {Facts} */ ({});
  for (const [what, sql] of Object.entries(ROWS)) {
    facts[/** @type {keyof typeof ROWS} */ (what)] = (await client.query(sql, [account])).rows;
  }
  const { entries } = await rail.books();
  const numbers = new Set(facts.operations.map(({ reference }) => reference));
  // Also numbers that only we know, and orders that we know nothing of.
  const books = entries.filter(
    ({ reference, order }) => numbers.has(reference) || order?.description?.startsWith(`${name} `),
  );
  return { ...facts, books };
}

/** What nobody may leave behind, in all accounts: work that has begun or is due, and has no end. */
const OPEN = {
  'an operation': `select kind || ' ' || state from itpay.channel_operations
     where state in ('queued', 'started', 'unknown') or (state = 'not_sent' and order_open and next_query_at is not null)`,
  'a key without an answer': `select recovery_point from itpay.idempotency_keys k
     where recovery_point <> 'finished' and not exists (
       select from itpay.channel_operations o where o.id = k.operation_id and o.state = 'not_sent')`,
  'a job': `select name || coalesce(': ' || last_error, '') from itpay.jobs where run_at <= $1 or last_error is not null`,
  'an event without a place': `select type from itpay.events where position is null and $1::timestamptz is not null`,
};
const SENDING = {
  'a delivery': `select state from itpay.webhook_deliveries where state = 'pending'`,
};
const LEFT = {
  'a notification': `select state from itpay.notifications where state not in ('processed', 'rejected')`,
  'a lease of nobody': `select 'job ' || name from itpay.jobs where lease_expires_at <= $1
     union all select 'delivery' from itpay.webhook_deliveries where lease_owner is not null and lease_expires_at <= $1
     union all select 'operation ' || kind from itpay.channel_operations where state = 'started' and lease_expires_at <= $1`,
  'a transaction': `select coalesce(left(query, 80), '') from pg_stat_activity
     where application_name like 'itpay%' and state like 'idle in transaction%' and state_change < now() - interval '1 second'`,
};

/** @param {import('pg').Client} client @param {Record<string, string>} kinds @param {Date} now */
async function named(client, kinds, now) {
  /** @type {string[]} */
  const found = [];
  for (const [what, sql] of Object.entries(kinds)) {
    const rows = (await client.query({ text: sql, values: sql.includes('$1') ? [now] : [], rowMode: 'array' })).rows;
    const counts = new Map();
    for (const [which] of rows) counts.set(which, (counts.get(which) ?? 0) + 1);
    for (const [which, times] of counts) found.push(`${what} (${which}) ${times}×`);
  }
  return found;
}

/** What is still under way: operations, keys, jobs, notifications, events. @param {import('pg').Client} client @param {Date} now */
export const underWay = (client, now) => named(client, OPEN, now);
/** Webhooks that are still to be sent. @param {import('pg').Client} client @param {Date} now */
export const toBeSent = (client, now) => named(client, SENDING, now);
/** What a process left behind and nobody took up. @param {import('pg').Client} client @param {Date} now */
export const leftBehind = (client, now) => named(client, LEFT, now);

/** When the next webhook is due. @param {import('pg').Client} client @returns {Promise<Date | null>} */
export async function nextDelivery(client) {
  const { rows } = await client.query(
    `select max(greatest(next_attempt_at, lease_expires_at)) as next from itpay.webhook_deliveries where state = 'pending'`,
  );
  return rows[0].next;
}

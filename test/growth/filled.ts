import { createHash } from 'node:crypto';
import { promptpay } from '@itpay/channel-promptpay';
import { secretsFrom } from '@itpay/kernel';
import { testInstance } from '@itpay/testkit';
import { createItPay } from 'itpay';
import pg from 'pg';
import { whenFileEnds } from '../support/cleanup.js';
import { freshDatabase, freshDirectory } from '../support/database.js';
import { fill } from './fill.mjs';

export const INTENTS = 1_000_000;
const secretKey = 'a-secret-key-for-tests-that-is-long-enough';
const DAYS = 90;
const EVENT_DAYS = 30;

/**
 * An installation that took a million payments in 90 days: six of ten for one merchant, the rest for 97 and for 1000 others.
 * Of what is deleted after a time it has the last 30 days; so of events a million, and of all else that grows less.
 */
export async function filledInstallation() {
  const { url } = await freshDatabase();
  const instance = await testInstance(createItPay, {
    plugins: [promptpay({ target: '0812345678' })],
    database: url,
    dataDir: await freshDirectory(),
    secretKey,
  });
  whenFileEnds(() => instance.stop());
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  whenFileEnds(() => client.end());
  await instance.settle(); // who reads the log of events takes its place in it
  const now = instance.clock.now();
  const account = instance.pay.account.id;
  await fill({
    client,
    account,
    intents: INTENTS,
    days: DAYS,
    eventDays: EVENT_DAYS,
    now,
    waiting: true,
    unlogged: true,
  });
  // Bodies of notifications, as the channels sent them.
  const sealed = secretsFrom([secretKey]).seal('notification', '{}');
  await client.query(
    `update itpay.notifications set sealed_body = $1, body_at = received_at where right(id, 1) < '4'`,
    [sealed],
  );
  await client.query('analyze itpay.notifications');
  const strange = await client.query<{ id: string }>(
    `select id from itpay.inflows where account = $1 and status = 'needs_match' order by id limit 25`,
    [account],
  );
  return {
    ...instance,
    client,
    account,
    now,
    strangeInflows: strange.rows.map(({ id }) => id),
    smallAccount: 'm_small7',
    /** Which had half of the first fifth, and nothing since. */
    formerAccount: 'm_former',
  };
}

/** The tables that grow with the number of payments, or of requests. */
export const GROWN: readonly string[] = [
  'payment_intents',
  'qr_charges',
  'channel_operations',
  'audit_entries',
  'events',
  'idempotency_keys',
  'duplicate_guards',
  'inflows',
  'refunds',
  'voids',
  'ledger_entries',
  'notifications',
  'webhook_deliveries',
  'webhook_attempts',
  'api_keys',
  'jobs',
  'signature_nonces',
  'rate_buckets',
];

/** What a purchase with its code is created with, everything about it new. */
export function paramsOfCreate({ account, now }: { account: string; now: Date }, name: string) {
  const hash = (what: string) => createHash('sha256').update(`${what} ${name}`).digest();
  const later = new Date(now.getTime() + 900_000);
  const one = (prefix: string, n = 0) => `${prefix}_${n}${name}`;
  return {
    guardHash: hash('guard'),
    confirmed: false,
    scopeHash: hash('scope'),
    requestHash: hash('request'),
    keyExpiresAt: later,
    recoveryPoint: 'finished',
    answer: '{}',
    now,
    intentId: one('pi'),
    account,
    livemode: false,
    amount: 100n,
    currency: 'THB',
    description: null,
    orderReference: name,
    payerAgentId: one('agent'),
    payerHumanId: one('human'),
    channel: 'promptpay',
    allowedChannels: ['promptpay'],
    channelInstance: 'promptpay:1',
    merchantAccount: '1',
    reference: name,
    metadata: '{}',
    returnUrl: null,
    expiresAt: later,
    expiresIn: null,
    closeAt: later,
    status: 'qr_generated',
    statusRank: 1,
    sequence: 2,
    captureMethod: 'automatic',
    chargeId: one('qr'),
    qrStandard: 'emvco',
    qrData: '0002',
    operationId: one('op'),
    operationState: 'succeeded',
    leaseExpiresAt: null,
    nextQueryAt: null,
    actor: 'key_1',
    actorKind: 'api_key',
    requestId: 'req_1',
    createdAuditId: one('aud', 1),
    presentedAuditId: one('aud', 2),
    chargeAuditId: one('aud', 3),
    createdEventId: one('evt', 1),
    presentedEventId: one('evt', 2),
    chargeEventId: one('evt', 3),
    createdData: '{}',
    presentedData: '{}',
    chargeData: '{}',
  };
}

/** The n-th payment's ids, and those of what belongs to it. */
export function idOf(prefix: 'pi' | 'qr' | 'op' | 'aud' | 'inf' | 'ref', n: number): string {
  const random = createHash('md5').update(`body${n}`).digest('hex').slice(0, 16);
  return `${prefix}_00${n.toString(16).padStart(8, '0')}${random}`;
}
/** One of the three events of the n-th payment. */
export const eventOf = (n: number, step: 1 | 2 | 3) => `evt_${idOf('pi', n).slice(3, 28)}${step}`;

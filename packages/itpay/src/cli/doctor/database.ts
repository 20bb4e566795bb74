import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isItPayError } from '@itpay/core';
import { migrationSets, one, pendingMigrations, pluginBehind, Secrets, statement, type Database } from '@itpay/kernel';
import { allPlugins } from '../../create-itpay.js';
import { openDrivers } from '../../drivers.js';
import type { CheckedOptions } from '../../options.js';
import { censusOf } from '../secrets.js';
import { warningsOnStderr } from '../warnings.js';
import { broken, ok, warning, type Finding } from './finding.js';
import { SEALED_LIMIT_MS, sealedFinding } from './sealed.js';

/** The oldest PostgreSQL on which everything is tested. */
const OLDEST_POSTGRES = 15;
/** In milliseconds. */
const SKEW_WARNS_MS = 2_000;
/** In milliseconds: signatures are good for five minutes, so half of that is already trouble. */
const SKEW_BREAKS_MS = 60_000;

/** Whether the database is there, is one that we can use, is up to date, and what is stuck in it. Changes nothing. */
export async function databaseFindings(options: CheckedOptions): Promise<Finding[]> {
  const embedded = options.database === undefined && options.knex === undefined;
  if (embedded && !existsSync(join(options.dataDir, 'db'))) {
    return [ok('database', `There is none in ${options.dataDir} yet; the first start makes it.`)];
  }
  let drivers: Awaited<ReturnType<typeof openDrivers>>;
  try {
    drivers = await openDrivers(options, warningsOnStderr);
  } catch (error) {
    if (!isItPayError(error)) throw error;
    return error.code === 'DATABASE_LOCKED'
      ? [
          warning(
            'database',
            'A running process has the embedded database open, so what is stuck in it was not looked at.',
          ),
        ]
      : [broken('database', error.message)];
  }
  try {
    return await lookInto(drivers.database, options, embedded);
  } finally {
    await drivers.pubsub.close();
    await drivers.database.close();
  }
}

async function lookInto(database: Database, options: CheckedOptions, embedded: boolean): Promise<Finding[]> {
  const findings = [await serverFinding(database, embedded)];
  if (!embedded) findings.push(await clockFinding(database));
  const pending = await pendingMigrations(database, migrationSets(allPlugins(options)));
  if (pending.length > 0) {
    const names = pending.map(({ plugin, name }) => `${plugin}/${name}`).join(', ');
    return [...findings, broken('schema', `"${database.schema}" lacks ${names}. Run: itpay migrate`)];
  }
  findings.push(ok('schema', `"${database.schema}" is up to date`), ...(await stuckFindings(database)));
  return [...findings, ...(await sealedFindings(database, options, embedded))];
}

async function serverFinding(database: Database, embedded: boolean): Promise<Finding> {
  const { version, may_create } = await one(database, SERVER, { schema: database.schema });
  const major = Math.floor(version / 10_000);
  if (major < OLDEST_POSTGRES) {
    return broken('database', `PostgreSQL ${major} is too old. Use ${OLDEST_POSTGRES} or newer.`);
  }
  if (!may_create) {
    return broken(
      'database',
      `The user of DATABASE_URL cannot create tables in the schema "${database.schema}". Let its owner run: ` +
        `grant usage, create on schema ${database.schema} to <user>; or, when there is no such schema yet: ` +
        'grant create on database <name> to <user>.',
    );
  }
  return ok('database', `${embedded ? 'embedded ' : ''}PostgreSQL ${major}`);
}

async function clockFinding(database: Database): Promise<Finding> {
  const asked = Date.now();
  const { now } = await one(database, CLOCK, {});
  const answered = Date.now();
  // As far as the two clocks are apart for certain: the answer was on its way for some of that time.
  const skew = Math.max(0, asked - now.getTime(), now.getTime() - answered);
  const text = `${Math.round(skew / 100) / 10} s apart from the database's`;
  if (skew < SKEW_WARNS_MS) return ok('clock', text);
  const advice = `This machine's clock is ${text}. Keep both by NTP: expiry and signatures go by the clock.`;
  return skew < SKEW_BREAKS_MS ? warning('clock', advice) : broken('clock', advice);
}

async function stuckFindings(database: Database): Promise<Finding[]> {
  const counts = await one(database, STUCK, {});
  return STUCK_THINGS.map(({ check, count, all, some }) => {
    const n = Number(counts[count]);
    return n === 0 ? ok(check, all) : warning(check, `${n} ${some}`);
  });
}

/** Whether everything that lies sealed can be opened. */
async function sealedFindings(database: Database, options: CheckedOptions, embedded: boolean): Promise<Finding[]> {
  if (pluginBehind(Secrets, allPlugins(options)) !== undefined) return []; // only that plugin knows
  const ownFile = embedded && options.secretKey === undefined && !process.env.ITPAY_SECRET_KEY;
  if (ownFile && !process.env.ITPAY_SECRET_KEY_FILE && !existsSync(join(options.dataDir, 'secret.key'))) {
    return [broken('sealed', `${options.dataDir} has a database and no secret.key: what is sealed cannot be read.`)];
  }
  // Keys that cannot be used were told already.
  const census = await censusOf(database, options, { limitMs: SEALED_LIMIT_MS }).catch((error: unknown) => {
    if (isItPayError(error) && error.code === 'CONFIGURATION_INVALID') return null;
    throw error;
  });
  return census === null ? [] : [sealedFinding(census)];
}

const STUCK_THINGS = [
  {
    check: 'operations',
    count: 'operator_required',
    all: 'none waits for an operator',
    some: 'wait for somebody to say what became of them. See: itpay operations list --operator-required',
  },
  {
    check: 'unknown outcomes',
    count: 'unknown',
    all: 'none is older than an hour',
    some: 'calls to channels have been without an outcome for an hour. Is the channel reachable?',
  },
  {
    check: 'money',
    count: 'parked',
    all: 'none lies aside',
    some: 'arrivals of money fit nothing. See: itpay inflows list --status parked, and --status needs_match',
  },
  {
    check: 'jobs',
    count: 'late_jobs',
    all: 'none is late',
    some: 'jobs have been due for five minutes. Does a process with work !== false run?',
  },
  {
    check: 'webhooks',
    count: 'failed_deliveries',
    all: 'no delivery was given up',
    some: 'deliveries were given up. See: itpay webhooks list, then attempts',
  },
] as const;

const SERVER = statement<{ schema: string }, { version: number; may_create: boolean }>(
  'doctor_server',
  `select current_setting('server_version_num')::int as version,
    coalesce((select has_schema_privilege(oid, 'usage') and has_schema_privilege(oid, 'create')
        from pg_namespace where nspname = :schema),
      has_database_privilege(current_database(), 'create')) as may_create`,
);
const CLOCK = statement<object, { now: Date }>('doctor_clock', `select clock_timestamp() as now`);
const STUCK = statement<object, Record<(typeof STUCK_THINGS)[number]['count'], bigint>>(
  'doctor_stuck',
  `select
    (select count(*) from {schema}.channel_operations where operator_required) as operator_required,
    (select count(*) from {schema}.channel_operations
      where state = 'unknown' and not operator_required and created_at < now() - interval '1 hour') as unknown,
    (select count(*) from {schema}.inflows where status in ('parked', 'needs_match')) as parked,
    (select count(*) from {schema}.jobs where run_at < now() - interval '5 minutes') as late_jobs,
    (select count(*) from {schema}.webhook_deliveries where state = 'failed_delivery') as failed_deliveries`,
);

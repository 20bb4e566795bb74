import { ItPayError } from '@itpay/core';
import { type Queryable, statement } from '@itpay/kernel';
import type { Knex } from '../knex.js';

/**
 * Makes the check that a host's transaction is on the database of ours: both must show the same installation id.
 *
 * The verdict is kept per knex instance. Its `config` stands for it: a transaction has a client object of its own, but
 * shares the config (knex/lib/execution/transaction.js, `makeTxClient`).
 */
export function sameDatabaseCheck(options: { own: Queryable; ownKnex: Knex; schema: string }) {
  const { own, ownKnex, schema } = options;
  const accepted = new WeakSet<object>([configOf(ownKnex)]);
  let ownId: string | null = null;

  return async function assertSameDatabase(trx: Knex.Transaction, through: Queryable): Promise<void> {
    if (accepted.has(configOf(trx))) return;
    ownId ??= await installationId(own, schema);
    const theirs = await installationId(through, schema);
    if (ownId === null || ownId !== theirs) throw otherDatabase(schema, ownId, theirs);
    accepted.add(configOf(trx));
  };
}

/** @throws ItPayError `CONFIGURATION_INVALID` unless the instance speaks through the `pg` driver of knex */
export function assertPostgresKnex(knex: Knex, option: string): void {
  const driver = (knex as Partial<Knex>).client?.driverName as string | undefined;
  if (driver === 'pg') return;
  throw new ItPayError('CONFIGURATION_INVALID', {
    message:
      `${option} must be a knex instance with client: 'pg', but its client is ${driver ? `'${driver}'` : 'unknown'}. ` +
      `Leave it out and give ItPay a DATABASE_URL of its own, or no database at all for the embedded one.`,
    details: { option, client: driver ?? null },
  });
}

const configOf = (knex: Knex): object => knex.client.config as object;

// Looks before it reads: a statement that fails would abort the host's transaction. `to_regclass` fails itself when the
// host's role may not use the schema; the catalog can be read by everybody.
async function installationId(on: Queryable, schema: string): Promise<string | null> {
  const [table] = await on.query(FIND_TABLE, { schema });
  if (!table?.readable) return null;
  const [row] = await on.query(READ_ID, {});
  return row?.id ?? null;
}

function otherDatabase(schema: string, ours: string | null, theirs: string | null): ItPayError {
  const where =
    ours === null
      ? `our own database has no table "${schema}".installation yet: run the migrations first`
      : theirs === null
        ? `its database has no table "${schema}".installation, or its role may not see it`
        : `it is on another database, which holds another installation of ItPay`;
  return new ItPayError('CONFIGURATION_INVALID', {
    message:
      `The transaction passed as "trx" cannot carry our rows: ${where}. ` +
      `Pass ItPay the same knex instance (option "knex") or the same DATABASE_URL as your own code uses, or leave "trx" out.`,
    details: { option: 'trx', schema },
  });
}

const FIND_TABLE = statement<{ schema: string }, { readable: boolean }>(
  'installation_find',
  `select has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') as readable
   from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where n.nspname = :schema and c.relname = 'installation'`,
);
const READ_ID = statement<object, { id: string }>('installation_id', `select id from {schema}.installation`);

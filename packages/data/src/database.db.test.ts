import { backend, freshDatabase, freshDirectory } from '../../../test/support/database.js';
import { databaseContract, type DatabaseUnderTest } from '@itpay/testkit';
import { createKnex } from './knex.js';
import { openPglite, openPostgres } from './index.js';

const schema = 'it"pay'; // quoted everywhere, or it shows

databaseContract(backend() === 'pglite' ? embedded : server);

async function embedded(): Promise<DatabaseUnderTest> {
  const database = await openPglite({ directory: await freshDirectory(), schema });
  const foreign = await openPglite({ directory: 'memory', schema });
  return {
    database,
    hostKnex: database.knex,
    foreignKnex: foreign.knex,
    close: async () => void (await Promise.all([database.close(), foreign.close()])),
  };
}

async function server(): Promise<DatabaseUnderTest> {
  const { url } = await freshDatabase();
  const database = await openPostgres({ url, schema });
  // A host with habits of its own: a search path elsewhere, parsed int8, rows in capitals.
  const hostKnex = await createKnex({
    client: 'pg',
    connection: url,
    searchPath: ['public'],
    postProcessResponse: () => 'not for us',
  });
  const foreignKnex = await createKnex({ client: 'pg', connection: (await freshDatabase()).url });
  return {
    database,
    hostKnex,
    foreignKnex,
    close: async () => void (await Promise.all([database.close(), hostKnex.destroy(), foreignKnex.destroy()])),
  };
}

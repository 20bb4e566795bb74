import { SOME_LOST } from '@itpay/kernel';
import { describe, expect, it, vi } from 'vitest';
import { backend, freshDatabase } from '../../../test/support/database.js';
import { aWhile, pubSubContract } from '@itpay/testkit';
import { memoryPubSub } from './memory/pubsub.js';
import { openPostgres } from './postgres/open.js';
import { postgresPubSub } from './postgres/pubsub.js';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const schema = 'it"pay';

// The embedded database has one process, which memoryPubSub serves.
if (backend() === 'pglite') describe('memoryPubSub', () => pubSubContract(async () => memoryPubSub({ logger: quiet })));
else describe('postgresPubSub', postgres);

function postgres(): void {
  const open = async (url: string) => postgresPubSub({ url, schema, logger: quiet });

  pubSubContract(async () => open((await freshDatabase()).url));

  it('reaches another process once per message, however often it was published at once', async () => {
    const { url } = await freshDatabase();
    const [here, there, elsewhere] = [await open(url), await open(url), vi.fn()];
    there.subscribe('work', elsewhere);
    await aWhile();

    for (let i = 0; i < 50; i += 1) here.publish('work', 'job_1');
    here.publish('work', 'job_2');
    await aWhile();

    expect(elsewhere.mock.calls).toEqual([['job_1'], ['job_2']]);
    await Promise.all([here.close(), there.close()]);
  });

  it('listens again after the server dropped the connection, says that something may be lost, and sends what waited', async () => {
    const { url } = await freshDatabase();
    const database = await openPostgres({ url, schema });
    const [here, there, elsewhere] = [await open(url), await open(url), vi.fn()];
    there.subscribe('work', elsewhere);
    await aWhile();

    await database.knex.raw(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'itpay-listen' and datname = current_database()`,
    );
    await vi.waitFor(() => expect(elsewhere.mock.calls).toEqual([[SOME_LOST]]), { timeout: 10_000 });
    here.publish('work', 'job_1');

    await vi.waitFor(() => expect(elsewhere.mock.calls).toEqual([[SOME_LOST], ['job_1']]), { timeout: 10_000 });
    await Promise.all([here.close(), there.close(), database.close()]);
  });

  it('says what to do when the server cannot be reached', async () => {
    const opening = open('postgres://shop:s3cr3t@127.0.0.1:1/shop');

    await expect(opening).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining('postgres://shop@127.0.0.1:1/shop does not answer'),
    });
  });
}

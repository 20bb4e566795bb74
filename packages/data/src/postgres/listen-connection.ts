import type { Client, Notification } from 'pg';

/** A pg connection that stays with one task, such as LISTEN. The only place that loads pg directly. */
export async function connectListener(url: string): Promise<Client> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({
    connectionString: url,
    application_name: 'itpay-listen',
    connectionTimeoutMillis: 10_000,
    query_timeout: 10_000,
    keepAlive: true,
  });
  client.on('error', () => {}); // reported by `end`, which always follows; without a listener it would end the process
  await client.connect();
  return client;
}

export type { Client, Notification };

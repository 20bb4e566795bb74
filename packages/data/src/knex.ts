import type { Knex } from 'knex';
import type { Logger } from '@itpay/kernel';
export type { Knex };

/** Makes a knex instance; the only place that loads knex, and with it pg, so that importing the package stays cheap. */
export async function createKnex(config: Knex.Config, logger?: Logger): Promise<Knex> {
  const { default: knex } = await import('knex');
  return knex({ ...config, log: knexLog(logger) });
}

/**
 * Closes the pool. A transaction that nobody ends would keep the pool open for ever (tarn waits for used connections), so
 * the wait has a limit.
 */
export async function destroyKnex(knex: Knex, maxWaitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, maxWaitMs)));
  await Promise.race([knex.destroy(), limit]).finally(() => clearTimeout(timer));
}

// knex writes to the console otherwise. Its "errors" here are those that reach the caller as well, hence warn at most.
function knexLog(logger: Logger | undefined): NonNullable<Knex.Config['log']> {
  const warn = (message: unknown) => logger?.warn({ component: 'knex' }, String(message));
  return { warn, error: warn, deprecate: () => {}, debug: () => {} };
}

import type { TestProject } from 'vitest/node';
import { startPostgres } from './postgres.mjs';

// Two projects ask for the server and vitest loads this file once for each, so the one server of the run is kept on
// globalThis. The last to leave stops it.
interface Shared {
  server: ReturnType<typeof startPostgres>;
  users: number;
}
const key = Symbol.for('itpay.test.postgres');
const globals = globalThis as { [key]?: Shared };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const shared = (globals[key] ??= { server: startPostgres(), users: 0 });
  shared.users += 1;

  const { url, missing, stop } = await shared.server;
  project.provide('postgres', { url, missing });

  return async () => {
    shared.users -= 1;
    if (shared.users > 0) return;
    delete globals[key];
    await stop();
  };
}

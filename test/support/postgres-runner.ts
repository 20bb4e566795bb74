import { inject, it, TestRunner } from 'vitest';

/**
 * The runner of the project `postgres`, so that the database tests need no condition of their own: without a server, one
 * skipped test that says what is missing takes the place of what the file would have registered.
 */
export default class PostgresRunner extends TestRunner {
  override importFile(...[path, source]: Parameters<TestRunner['importFile']>): unknown {
    const { missing } = inject('postgres');
    if (source === 'collect' && missing) return it.skip(`runs on PostgreSQL [skipped: ${missing}]`, () => {});
    return super.importFile(path, source);
  }
}

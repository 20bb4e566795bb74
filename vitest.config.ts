import { defineConfig } from 'vitest/config';
import { sourceAliases } from './tools/workspaces.mjs';

// Four projects. A file's name decides: `x.test.ts` beside the code is a unit test, `x.db.test.ts` runs once on each
// database, and what lies in test/ starts real processes. `npm test -- --project unit` runs one of them.
const databaseTests = ['{packages,adapters,hosts,examples,test}/**/*.db.test.ts'];
const never = ['**/node_modules/**', '**/dist/**', '**/.cache/**'];

const seconds = (n: number) => n * 1000;

export default defineConfig({
  // Tests run on the sources, so that a red line points at the file that one edits and no build can be forgotten.
  resolve: { alias: sourceAliases() },
  test: {
    pool: 'forks', // process.exit, signals and native handles behave as in production
    maxWorkers: 2, // PGlite and Chromium want most of a core each
    testTimeout: seconds(20),
    hookTimeout: seconds(60),
    teardownTimeout: seconds(20),
    setupFiles: ['./test/support/setup.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{packages,adapters,hosts}/**/*.test.ts', 'test/{architecture,support}/**/*.test.ts'],
          exclude: [...never, '**/*.db.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'pglite',
          include: databaseTests,
          exclude: never,
          provide: { backend: 'pglite' },
          testTimeout: seconds(60),
        },
      },
      {
        extends: true,
        test: {
          name: 'postgres',
          include: databaseTests,
          exclude: never,
          provide: { backend: 'postgres' },
          globalSetup: ['./test/support/postgres-setup.ts'],
          runner: './test/support/postgres-runner.ts',
          testTimeout: seconds(60),
        },
      },
      {
        extends: true,
        test: {
          name: 'whole',
          include: ['{test,examples}/**/*.test.ts'],
          exclude: [...never, '**/*.db.test.ts', 'test/{architecture,support}/**'],
          globalSetup: ['./test/support/postgres-setup.ts'],
          testTimeout: seconds(120),
          hookTimeout: seconds(120),
          sequence: { groupOrder: 1 }, // after the others: browsers and kill -9 want a quiet machine
        },
      },
    ],
  },
});

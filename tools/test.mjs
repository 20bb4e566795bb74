import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { printSummary, summarise } from './summary.mjs';
import { root } from './workspaces.mjs';

// What `npm test` runs: the build, a type check of the tests, then every test. Arguments are vitest's:
// `npm test -- packages/core`, `npm test -- --project unit -t 'late money'`.

process.chdir(root);

const compiler = join(root, 'node_modules/typescript/bin/tsc');
if (!existsSync(compiler) || !existsSync(join(root, 'node_modules/vitest'))) {
  fail('The dependencies are not here yet. Run: npm install');
}

step('build', ['-b']);
step('type check of the tests', ['-p', 'tsconfig.tests.json']);
await test(process.argv.slice(2));

/**
 * @param {string} title
 * @param {string[]} args
 */
function step(title, args) {
  console.log(`${title}: tsc ${args.join(' ')}`);
  const { status, signal } = spawnSync(process.execPath, [compiler, ...args], { stdio: 'inherit' });
  if (status !== 0) fail(`${title} failed${signal ? ` (${signal})` : ''}; no test was run.`);
}

/** @param {string[]} args */
async function test(args) {
  const { parseCLI, startVitest } = await import('vitest/node');
  const { filter, options } = parseCLI(['vitest', 'run', ...args]);

  const vitest = await startVitest('test', filter, { ...options, watch: false });
  const strict = process.env.CI === 'true';
  const summary = summarise(vitest.state.getTestModules(), vitest.state.getUnhandledErrors(), {
    strict,
    namePattern: vitest.config.testNamePattern,
  });
  await vitest.close(); // before the summary: teardowns may print, and the summary's last line stays the last one

  // Vitest also fails a run that has no failed test, for instance when a filter matched nothing.
  if (process.exitCode && summary.failed === 0) summary.failed = 1;
  printSummary(summary, strict);
  process.exit(summary.failed > 0 ? 1 : 0);
}

/**
 * @param {string} reason
 * @returns {never}
 */
function fail(reason) {
  console.error(reason);
  printSummary({ passed: 0, failed: 1, skipped: 0, skips: [] }, false);
  process.exit(1);
}

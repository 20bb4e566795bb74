// The end of `npm test`: what was skipped and why, then one line with the counts that people and machines read.

/**
 * @typedef {{ where: string, tests: number, reason: string, excused: boolean }} Skip
 * @typedef {{ passed: number, failed: number, skipped: number, skips: Skip[] }} Summary
 * @typedef {import('vitest/node').TestModule} TestModule
 * @typedef {import('vitest/node').TestCase} TestCase
 * @typedef {TestModule | import('vitest/node').TestSuite} Group
 */

/**
 * Counts a finished run.
 *
 * @param {TestModule[]} modules
 * @param {unknown[]} unhandledErrors each counts as a failed test: nobody knows which one it broke
 * @param {{ strict: boolean, namePattern?: RegExp }} options `strict`: a skipped test counts as failed, except where
 *   `[excused: …]` stands in its name. `namePattern`: what `-t` asked for; the rest was not skipped but left out
 * @returns {Summary}
 */
export function summarise(modules, unhandledErrors, { strict, namePattern }) {
  const summary = { passed: 0, failed: unhandledErrors.length, skipped: 0, skips: /** @type {Skip[]} */ ([]) };
  for (const module of modules) {
    // A file that cannot be loaded, or a hook that throws, is a failure with no test of its own.
    summary.failed += [module, ...module.children.allSuites()].filter(isBroken).length;

    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') summary.passed += 1;
      else if (state === 'failed') summary.failed += 1;
      else if (!namePattern || namePattern.test(test.fullName.replaceAll(' > ', ' '))) {
        const excused = test.fullName.includes('[excused:');
        if (strict && !excused) summary.failed += 1;
        else summary.skipped += 1;
        note(summary.skips, test, excused);
      }
    }
  }
  return summary;
}

/**
 * @param {Summary} summary
 * @param {boolean} strict
 */
export function printSummary({ passed, failed, skipped, skips }, strict) {
  if (skips.length > 0) {
    console.log(strict ? '\nSkipped, which counts as failed unless excused (CI=true):' : '\nSkipped:');
    for (const { where, tests, reason, excused } of skips) {
      const count = tests === 1 ? '1 test' : `${tests} tests`;
      console.log(`  ${where} (${count})${reason ? `: ${reason}` : ''}${strict && !excused ? '  ← failed' : ''}`);
    }
  }
  console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
}

/**
 * Adds a skipped test to the list, under the outermost group that was skipped as a whole.
 *
 * @param {Skip[]} skips
 * @param {TestCase} test
 * @param {boolean} excused
 */
function note(skips, test, excused) {
  const group = outermostSkipped(test);
  const path = `${test.project.name}  ${test.module.relativeModuleId}`;
  const name = group.type === 'module' ? '' : ` › ${group.fullName.replace(/ ?\[(skipped|excused): .*\]/, '')}`;
  const where = path + name;
  const reason = reasonOf(test);

  const known = skips.find((skip) => skip.where === where && skip.reason === reason && skip.excused === excused);
  if (known) known.tests += 1;
  else skips.push({ where, tests: 1, reason, excused });
}

/** @param {TestCase} test */
function reasonOf(test) {
  if (ancestorsOf(test).some(isBroken)) return 'it did not run, because a hook failed';
  const result = test.result();
  if (result.state === 'skipped' && result.note) return result.note; // context.skip('…')
  return /\[(?:skipped|excused): (.*)\]/.exec(test.fullName)?.[1] ?? '';
}

/** @param {TestCase} test */
function outermostSkipped(test) {
  const isSkipped = (/** @type {Group} */ group) =>
    [...group.children.allTests()].every((child) => child.result().state === 'skipped');
  return ancestorsOf(test).findLast(isSkipped) ?? test;
}

/**
 * The suites around a test, from the inside out, and the file.
 *
 * @param {TestCase} test
 * @returns {Group[]}
 */
function ancestorsOf(test) {
  /** @type {Group[]} */
  const ancestors = [test.parent];
  for (let group = test.parent; group.type === 'suite'; group = group.parent) ancestors.push(group.parent);
  return ancestors;
}

/** @param {Group} group */
function isBroken(group) {
  return group.errors().length > 0;
}

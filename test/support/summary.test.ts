import type { TestModule } from 'vitest/node';
import { expect, it } from 'vitest';
import { summarise } from '../../tools/summary.mjs';

// The last line of `npm test` decides whether a change is good, so the counting has tests of its own.

const relaxed = { strict: false };
const strict = { strict: true };

it('counts a skipped test as skipped, and as failed when a skip is not accepted', () => {
  const run = [file({ passes: 'passed', waits: 'skipped' })];

  expect(summarise(run, [], relaxed)).toMatchObject({ passed: 1, failed: 0, skipped: 1 });
  expect(summarise(run, [], strict)).toMatchObject({ passed: 1, failed: 1, skipped: 0 });
});

it('accepts a skipped test that is excused', () => {
  const run = [file({ 'voids a payment [excused: the rail has no void]': 'skipped' })];

  expect(summarise(run, [], strict)).toMatchObject({ passed: 0, failed: 0, skipped: 1 });
});

it('counts a file that cannot be loaded, a hook that throws and an error that nobody caught', () => {
  const unloadable = file({}, { errors: ['SyntaxError'] });
  const hookThrows = file({ never: 'skipped' }, { errors: ['no database'] });

  expect(summarise([unloadable], [], relaxed)).toMatchObject({ failed: 1, skipped: 0 });
  expect(summarise([hookThrows], [], relaxed)).toMatchObject({ failed: 1, skipped: 1 });
  expect(summarise([file({ passes: 'passed' })], ['rejected'], relaxed)).toMatchObject({ passed: 1, failed: 1 });
});

it('leaves out what the name pattern left out', () => {
  const run = [file({ 'late money': 'passed', 'early money': 'skipped' })];

  expect(summarise(run, [], { strict: true, namePattern: /late/ })).toMatchObject({ passed: 1, failed: 0, skips: [] });
});

it('names what was skipped once, with the reason', () => {
  const first = 'a [skipped: apt-get install x]';
  const second = 'b [skipped: apt-get install x]';

  const { skips } = summarise([file({ [first]: 'skipped', [second]: 'skipped' })], [], relaxed);

  expect(skips).toEqual([{ where: 'unit  some.test.ts', tests: 2, reason: 'apt-get install x', excused: false }]);
});

/** A file of tests, name → outcome, as far as the summary looks at it. */
function file(outcomes: Record<string, 'passed' | 'skipped'>, { errors = [] as unknown[] } = {}): TestModule {
  const module = { type: 'module', relativeModuleId: 'some.test.ts', errors: () => errors };
  const tests = Object.entries(outcomes).map(([fullName, state]) => ({
    type: 'test',
    fullName,
    project: { name: 'unit' },
    module,
    parent: module,
    result: () => ({ state }),
  }));
  const children = { allTests: () => tests.values(), allSuites: () => [].values() };
  return Object.assign(module, { children }) as unknown as TestModule;
}

import { expect, it } from 'vitest';
import { filesBelow, textOf } from './sources.js';

// A path of the machine that something was written on works there and nowhere else.
const elsewhere = /(?<![\w.~-])\/(?:work|root|home\/\w+)\/|\.\.\/shared\b/;

// The folder of published vectors lies beside a checkout; these name it, and ITPAY_VECTORS as the way around it.
const exceptions = [
  'test/support/vectors.ts',
  'CONTRIBUTING.md',
  'docs/CONTRIBUTING.md',
  'test/architecture/machine-paths.test.ts',
];

it('no file of the repository mentions a path of a machine', () => {
  const mentions = filesBelow('.')
    .filter((path) => /\.(ts|mts|tsx|js|mjs|json|md|ya?ml|html|css|sh|sql)$|(^|\/)[^.]+$|\/\.ci\//.test(path))
    .filter((path) => !exceptions.includes(path))
    .flatMap((path) =>
      textOf(path)
        .split('\n')
        .map((line, index) => ({ path, line, number: index + 1 })),
    )
    .filter(({ line }) => elsewhere.test(line))
    .map(({ path, line, number }) => `${path}:${number}: ${line.trim().slice(0, 120)}`);

  expect(mentions).toEqual([]);
});

import { describe, expect, it } from 'vitest';
import { internalNames, packageNameOf, packages } from './sources.js';

// Each outside package sits behind one file of ours, so that replacing it, or reading what we use of it, is one file's
// work. Types do not count: they are gone when the code runs.

/** Where an outside package may appear at all, types included. */
const onlyIn: Record<string, string[]> = {
  // Plugin authors wire with our typed tokens and never meet the container.
  inversify: ['packages/kernel/src/container.ts'],
  'reflect-metadata': ['packages/kernel/src/container.ts'],
};

/** Packages that several files of one package may load, and why. Everything else: one file. */
const manyFiles: Array<{ outside: string; within: RegExp; reason: string }> = [
  { outside: 'zod', within: /./, reason: 'schemas are the vocabulary of a service; they stand with their object' },
  { outside: 'vitest', within: /^packages\/testkit$/, reason: 'contract suites are made of describe and it' },
  { outside: 'express', within: /^examples\//, reason: 'an example is an application that its reader recognises' },
];

it.each(Object.entries(onlyIn))('%s is imported by %j and nobody else', (outside, allowed) => {
  const importers = packages
    .flatMap(({ files }) => files)
    .filter(({ imports }) => imports.some(({ specifier }) => packageNameOf(specifier) === outside))
    .map(({ path }) => path)
    .filter((path) => !allowed.includes(path));

  expect(importers).toEqual([]);
});

describe.each(packages)('$name', ({ folder, files }) => {
  it('keeps each outside package behind one file', () => {
    const importers = new Map<string, Set<string>>();
    for (const { path, isTest, imports } of files) {
      if (isTest) continue;
      for (const { specifier, typeOnly } of imports) {
        const outside = packageNameOf(specifier);
        if (typeOnly || !outside || internalNames.has(outside)) continue;
        importers.set(outside, (importers.get(outside) ?? new Set()).add(path));
      }
    }

    const spread = [...importers]
      .filter(([, paths]) => paths.size > 1)
      .filter(([outside]) => !manyFiles.some((rule) => rule.outside === outside && rule.within.test(folder)))
      .map(([outside, paths]) => `${outside}: ${[...paths].join(', ')}`);

    expect(spread).toEqual([]);
  });
});

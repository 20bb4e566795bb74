import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packages, type SourceFile } from './sources.js';

describe.each(packages)('$name', ({ files }) => {
  it('has no files that import each other in a circle', () => {
    expect(circlesIn(files)).toEqual([]);
  });
});

it('a circle is found and printed as the way around it', () => {
  const file = (path: string, specifier: string): SourceFile => ({
    path,
    isTest: false,
    imports: [{ specifier, typeOnly: false }],
  });

  const files = [file('p/a.ts', './b.js'), file('p/b.ts', './c/index.js'), file('p/c/index.ts', '../b.js')];

  expect(circlesIn(files)).toEqual(['p/b.ts → p/c/index.ts → p/b.ts']);
});

/** Circles among imports that happen at run time: types may refer to each other, they are gone by then. */
function circlesIn(files: SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const circles: string[] = [];

  const visit = (path: string, way: string[]): void => {
    if (way.includes(path)) {
      circles.push([...way.slice(way.indexOf(path)), path].join(' → '));
      return;
    }
    if (done.has(path)) return;
    for (const target of importedFiles(byPath.get(path)!)) visit(target, [...way, path]);
    done.add(path);
  };
  const importedFiles = ({ path, imports }: SourceFile): string[] =>
    imports
      .filter(({ specifier, typeOnly }) => specifier.startsWith('.') && !typeOnly)
      .map(({ specifier }) => join(dirname(path), specifier).replace(/\.js$/, '.ts'))
      .filter((target) => byPath.has(target));

  for (const { path } of files) visit(path, []);
  return circles;
}

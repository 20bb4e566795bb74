import { expect, it } from 'vitest';
import { importsOf } from './imports.js';

it.each([
  // source                                                   specifier     type only
  [`import { a } from 'x';`, 'x', false],
  [`import a, { b as c, type D } from "x";`, 'x', false],
  [`import * as a from 'x';`, 'x', false],
  [`import {\n  a,\n  b,\n} from 'x';`, 'x', false],
  [`import 'x';`, 'x', false],
  [`import { type A } from 'x';`, 'x', false], //             verbatimModuleSyntax keeps the import
  [`import type { A } from 'x';`, 'x', true],
  [`import type A from 'x';`, 'x', true],
  [`import type * as A from 'x';`, 'x', true],
  [`import type from 'x';`, 'x', false], //                   a default import that is called "type"
  [`/* why */ import a from 'x';`, 'x', false],
  [`import data from './x.json' with { type: 'json' };`, './x.json', false],
  [`export { a } from 'x';`, 'x', false],
  [`export * from 'x';`, 'x', false],
  [`export * as a from 'x';`, 'x', false],
  [`export type { A } from 'x';`, 'x', true],
  [`export type * from 'x';`, 'x', true],
  [`const a = await import('x');`, 'x', false],
  [`import('x').then(use);`, 'x', false],
  [`const a = require('x');`, 'x', false],
  [`let a: typeof import('x');`, 'x', true],
  [`let a: import('x').A;`, 'x', true],
])('finds the import in %j', (source, specifier, typeOnly) => {
  expect(importsOf(source)).toEqual([{ specifier, typeOnly }]);
});

it.each([
  [`// import { a } from 'x';`],
  [`/**\n * import { a } from 'x';\n */`],
  ['const file = `\nimport { a } from "x";\n`;'],
  [`export const a = "b";`],
  [`export type A = 'x';`],
  [`const url = 'https://x';`],
])('finds no import in %j', (source) => {
  expect(importsOf(source)).toEqual([]);
});

it('finds what stands behind a string that looks like a comment', () => {
  const source = `import a from 'a';\nconst url = 'https://x'; // it's "here"\nimport b from 'b';`;

  expect(importsOf(source).map(({ specifier }) => specifier)).toEqual(['a', 'b']);
});

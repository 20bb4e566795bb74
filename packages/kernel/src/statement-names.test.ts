import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

// Names show in errors and in pg_prepared_statements, where they have to tell statements apart.
const names = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .flatMap((file) => {
    const source = readFileSync(join(import.meta.dirname, file), 'utf8');
    return [...source.matchAll(/statement(?:<[^']*?>)?\(\s*'([^']*)'/g)].map(([, name]) => name!);
  });

it('finds the statements of the kernel', () => {
  expect(names).toEqual(expect.arrayContaining(['job_lease', 'event_append', 'operations_due']));
});

it.each(names)('%s is a short name in lower case', (name) => {
  expect(name).toMatch(/^[a-z][a-z_]{2,40}$/);
});

it('gives no name twice', () => {
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

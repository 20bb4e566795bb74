import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

// A browser has none of Node. One file may use it: the entry `@itpay/client/node`.

const folder = import.meta.dirname;
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && name !== 'node.ts',
);

it.each(files)('%s runs anywhere', (file) => {
  const code = readFileSync(join(folder, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');

  expect(code).not.toMatch(/from 'node:|from '\.{1,2}\/(.*\/)?node\.js'|\bBuffer\b|\brequire\(|NodeJS\./);
  // What is imported from elsewhere is types, and gone when the code runs.
  expect(code.match(/^(import|export) (?!type\b)[^;]*from '(?!\.)[^;]*;/gm)).toBeNull();
});

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root, workspaces, type Manifest } from '../../tools/workspaces.mjs';
import { importsOf, type Import } from './imports.js';

/** The source tree as the architecture tests see it: packages, their files, and what each file imports. */
export interface SourceFile {
  /** Relative to the repository's root, with slashes. */
  path: string;
  isTest: boolean;
  imports: Import[];
}

export interface WorkspacePackage {
  name: string;
  /** `packages/core`, `adapters/promptpay` … */
  folder: string;
  manifest: Manifest;
  files: SourceFile[];
}

const ignored = new Set(['node_modules', 'dist', '.git', '.cache', '.itpay', 'coverage']);

/** All files below a folder, without what is installed, built or cached. Paths are relative to the root. */
export function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (ignored.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}

export function textOf(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

export const packages: WorkspacePackage[] = workspaces().map(({ folder, manifest }) => ({
  name: manifest.name,
  folder,
  manifest,
  files: filesBelow(folder)
    .filter((path) => /\.(ts|tsx|mts|mjs|js)$/.test(path) && !path.endsWith('.d.ts'))
    .map((path) => ({ path, isTest: isTest(relative(folder, path)), imports: importsOf(textOf(path)) })),
}));

export const internalNames = new Set(packages.map(({ name }) => name));

/** Tests and tools, which are not published: `x.test.ts`, and a package's own `test/` and `tools/` folders. */
function isTest(path: string): boolean {
  return /\.test\.\w+$/.test(path) || /^(test|tools)\//.test(path);
}

/** `@itpay/core/money.js` → `@itpay/core`; `null` for a relative path or a module of Node's. */
export function packageNameOf(specifier: string): string | null {
  if (/^(\.|\/|node:|#)/.test(specifier)) return null;
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]!;
}

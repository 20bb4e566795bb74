import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

// The folders that `workspaces` in package.json names. Read from there, so that a new package is known at once.

/** The repository's root folder. */
export const root = join(import.meta.dirname, '..');

/**
 * @typedef {{ name: string, version: string, private?: boolean, license?: string, files?: string[], exports?: any,
 *   scripts?: Record<string, string>, dependencies?: Record<string, string>, devDependencies?: Record<string, string>,
 *   peerDependencies?: Record<string, string>, optionalDependencies?: Record<string, string> }} Manifest
 */

/**
 * Every workspace package.
 *
 * @returns {Array<{ folder: string, path: string, manifest: Manifest }>} `folder` is relative to the root
 */
export function workspaces() {
  const patterns = /** @type {string[]} */ (readJson(join(root, 'package.json')).workspaces);
  return patterns
    .map((pattern) => join(root, dirname(pattern)))
    .filter((parent) => existsSync(parent))
    .flatMap((parent) => readdirSync(parent).map((name) => join(parent, name)))
    .filter((path) => existsSync(join(path, 'package.json')))
    .map((path) => ({ folder: relative(root, path), path, manifest: readJson(join(path, 'package.json')) }));
}

/**
 * Maps each package name, and each subpath that it exports, to the source file behind it.
 *
 * @returns {Array<{ find: RegExp, replacement: string }>} vite aliases; they match the whole specifier
 */
export function sourceAliases() {
  return workspaces().flatMap(({ path, manifest }) =>
    Object.entries(manifest.exports ?? {}).flatMap(([subpath, target]) => {
      const built = typeof target === 'string' ? target : target.default;
      if (!/^\.\/dist\/.*\.js$/.test(built ?? '')) return [];
      const source = join(path, built.replace(/^\.\/dist\//, 'src/').replace(/\.js$/, '.ts'));
      return [{ find: exactly(manifest.name + subpath.slice(1)), replacement: source }];
    }),
  );
}

/** @param {string} specifier */
function exactly(specifier) {
  return new RegExp(`^${specifier.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')}$`);
}

/** @param {string} path */
export function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { internalNames, packageNameOf, packages, textOf, type SourceFile, type WorkspacePackage } from './sources.js';

// Imports point down, and sideways only where an arrow is drawn. What an arrow reaches, it reaches all the way down:
// payment → kernel → core. To add an arrow here is to change the architecture; say why in docs/decisions.
const arrows: Record<string, string[]> = {
  '@itpay/core': [],
  '@itpay/kernel': ['@itpay/core'],
  '@itpay/gateway': ['@itpay/kernel'],
  '@itpay/payment': ['@itpay/kernel'],
  '@itpay/protocol': ['@itpay/kernel'],
  '@itpay/webhook': ['@itpay/kernel'],
  '@itpay/subscription': ['@itpay/payment'],
  '@itpay/checkout': ['@itpay/payment'],
  '@itpay/mcp': ['@itpay/payment'],
  '@itpay/data': ['@itpay/kernel'],
  '@itpay/simulator': ['@itpay/kernel'],
  '@itpay/testkit': ['@itpay/kernel'],
  '@itpay/client': ['@itpay/core'],
  // The front door opens every room of the house, and knows no adapter and no host: those are the user's choice.
  itpay: [
    '@itpay/gateway',
    '@itpay/payment',
    '@itpay/protocol',
    '@itpay/subscription',
    '@itpay/webhook',
    '@itpay/checkout',
    '@itpay/mcp',
    '@itpay/data',
    '@itpay/simulator',
  ],
};
const arrowsOfFolder: Record<string, string[]> = {
  adapters: ['@itpay/kernel'],
  hosts: ['@itpay/gateway'],
};

// Examples are applications: they may use everything.
const house = packages.filter(({ folder }) => !folder.startsWith('examples/'));
const rootDevDependencies = Object.keys(JSON.parse(textOf('package.json')).devDependencies);

it.each(house)('$name has its place in the table of arrows', (pkg) => {
  expect(arrowsOf(pkg), `add ${pkg.name} to the table in this file`).toBeDefined();
});

it('no arrow leads in a circle', () => {
  for (const name of Object.keys(arrows)) expect(reachableFrom(arrows[name]!)).not.toContain(name);
});

describe.each(house)('$name', (pkg) => {
  it('imports only the packages that its arrows lead to', () => {
    const allowed = [pkg.name, ...reachableFrom(arrowsOf(pkg) ?? [])];

    const violations = importsOf(pkg.files.filter(({ isTest }) => !isTest)).filter(
      ({ target }) => target && internalNames.has(target) && !allowed.includes(target),
    );

    expect(violations.map(describeImport)).toEqual([]);
  });
});

describe.each(packages)('$name', (pkg) => {
  it('declares every package that it imports', () => {
    const { dependencies, peerDependencies, optionalDependencies, devDependencies } = pkg.manifest;
    const forSources = Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies });
    const forTests = [...forSources, ...Object.keys(devDependencies ?? {}), ...rootDevDependencies, '@itpay/testkit'];

    const violations = importsOf(pkg.files).filter(({ file, target }) => {
      return target && target !== pkg.name && !(file.isTest ? forTests : forSources).includes(target);
    });

    expect(violations.map(describeImport)).toEqual([]);
  });

  it("imports Node's modules by their full name, node:…", () => {
    const violations = importsOf(pkg.files).filter(({ target }) => target && isBuiltin(target));

    expect(violations.map(describeImport)).toEqual([]);
  });

  it('reaches for files of its own only; tests also for test/support', () => {
    const violations = importsOf(pkg.files).filter(({ file, specifier }) => {
      if (!specifier.startsWith('.')) return false;
      const path = join(dirname(file.path), specifier);
      return !path.startsWith(`${pkg.folder}/`) && !(file.isTest && path.startsWith('test/support/'));
    });

    expect(violations.map(describeImport)).toEqual([]);
  });
});

it('core runs in a browser: nothing in it imports a module of Node', () => {
  const core = packages.filter(({ name }) => name === '@itpay/core');

  const violations = core
    .flatMap(({ files }) => importsOf(files.filter(({ isTest }) => !isTest)))
    .filter(({ specifier }) => isBuiltin(specifier));

  expect(violations.map(describeImport)).toEqual([]);
});

function arrowsOf({ name, folder }: WorkspacePackage): string[] | undefined {
  return arrows[name] ?? arrowsOfFolder[dirname(folder)];
}

function reachableFrom(names: string[]): string[] {
  return names.flatMap((name) => [name, ...reachableFrom(arrows[name] ?? [])]);
}

interface FoundImport {
  file: SourceFile;
  specifier: string;
  /** The package that it belongs to; `null` for a file and for a module of Node's. */
  target: string | null;
}

function importsOf(files: SourceFile[]): FoundImport[] {
  return files.flatMap((file) =>
    file.imports.map(({ specifier }) => ({ file, specifier, target: packageNameOf(specifier) })),
  );
}

function describeImport({ file, specifier }: FoundImport): string {
  return `${file.path} imports ${specifier}`;
}

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesBelow, internalNames, packages, textOf } from './sources.js';

// What every package.json has in common, so that a release is `lerna version` and nothing by hand.

const { version } = JSON.parse(textOf('lerna.json')) as { version: string };
const published = packages.filter(({ manifest }) => !manifest.private);
const installScripts = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish'];

describe.each(published)('$name', ({ folder, manifest }) => {
  it('has a README', () => {
    expect(filesBelow(folder)).toContain(`${folder}/README.md`);
  });

  it('has the licence and the version of the whole', () => {
    expect(manifest).toMatchObject({ license: 'Apache-2.0', version });
  });

  it('publishes what was built', () => {
    expect(manifest.files).toContain('dist');
  });
});

describe.each(packages)('$name', ({ folder, manifest }) => {
  it('runs nothing on the machine of who installs it', () => {
    expect(Object.keys(manifest.scripts ?? {}).filter((name) => installScripts.includes(name))).toEqual([]);
  });

  it('wants its siblings in exactly this version', () => {
    const { dependencies, devDependencies, peerDependencies, optionalDependencies } = manifest;
    const siblings = Object.entries({
      ...dependencies,
      ...devDependencies,
      ...peerDependencies,
      ...optionalDependencies,
    })
      .filter(([name]) => internalNames.has(name))
      .filter(([, wanted]) => wanted !== version);

    expect(siblings).toEqual([]);
  });

  it('is built by the root tsconfig.json, after the siblings that it depends on', () => {
    const built = (JSON.parse(textOf('tsconfig.json')).references as Array<{ path: string }>).map(({ path }) => path);
    expect(built).toContain(folder);

    const references = (JSON.parse(textOf(`${folder}/tsconfig.json`)).references ?? []) as Array<{ path: string }>;
    const folders = references.map(({ path }) => join(folder, path));
    const names = packages.filter((other) => folders.includes(other.folder)).map(({ name }) => name);
    const siblings = Object.keys(manifest.dependencies ?? {}).filter((name) => internalNames.has(name));
    expect(names.toSorted()).toEqual(siblings.toSorted());
  });
});

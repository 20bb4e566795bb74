import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { root, workspaces } from '../../tools/workspaces.mjs';

const run = promisify(execFile);

/** A package as the registry would get it. */
export interface Packed {
  readonly name: string;
  /** In the repository. */
  readonly path: string;
  /** The tarball. */
  readonly file: string;
  readonly unpackedBytes: number;
  readonly files: readonly string[];
  /** `.` and further entries. */
  readonly entries: readonly string[];
}

/** Packs everything that is published. What is in `dist` is what gets packed, so it was built before. */
export async function packAll(into: string): Promise<readonly Packed[]> {
  const published = workspaces().filter(({ manifest }) => manifest.private !== true);
  const flags = published.flatMap(({ manifest }) => ['-w', manifest.name]);
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', into, ...flags], {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
  });
  const packed = Object.values(JSON.parse(stdout) as Record<string, PackReport>); // a list, or by name since npm 12
  return published.map(({ manifest, path }) => {
    const report = packed.find(({ name }) => name === manifest.name)!;
    return {
      name: manifest.name,
      path,
      file: `${into}/${report.filename}`,
      unpackedBytes: report.unpackedSize,
      files: report.files.map((one) => one.path),
      entries: Object.keys(manifest.exports as object),
    };
  });
}

interface PackReport {
  readonly name: string;
  readonly filename: string;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

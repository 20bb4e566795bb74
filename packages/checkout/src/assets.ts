import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** A file that the page loads. `version` changes with its bytes and stands in its URL, so that it may be cached for good. */
export interface Asset {
  readonly path: '/assets/pay.js' | '/assets/pay.css';
  readonly type: string;
  readonly version: string;
  readonly bytes: Uint8Array;
}

export interface Assets {
  readonly script: Asset;
  readonly style: Asset;
}

/** Reads the script and the style sheet that ship with this package. */
export async function readAssets(): Promise<Assets> {
  const [script, style] = await Promise.all([
    readAsset('/assets/pay.js', 'text/javascript; charset=utf-8'),
    readAsset('/assets/pay.css', 'text/css; charset=utf-8'),
  ]);
  return { script, style };
}

/**
 * Where the page finds an asset. Relative, because the page does not know under which path a host or a proxy mounted it.
 */
export function hrefOf({ path, version }: Asset): string {
  return `..${path}?v=${version}`;
}

// The folder lies beside src and beside dist, so one path serves both.
async function readAsset(path: Asset['path'], type: string): Promise<Asset> {
  const bytes = await readFile(new URL(`..${path}`, import.meta.url));
  const version = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  return { path, type, version, bytes };
}

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** One published example: what goes in, and what others say must come out. Never edited to fit. */
export interface Vector {
  id: string;
  kind: string;
  // `any`, because the shape depends on `kind` and only the test that reads a kind knows it.
  input: any;
  expect: any;
  flags?: string[];
  notes?: string;
}

export interface VectorFile {
  vectors: Vector[];
  /** Keys and secrets that the vectors refer to by name; published as test data, useless against a provider. */
  keys?: any;
}

/** `$ITPAY_VECTORS`, else the folder that lies beside a checkout of this repository. */
export const vectorsFolder = resolve(
  process.env['ITPAY_VECTORS'] || join(import.meta.dirname, '..', '..', '..', 'shared', 'vectors'),
);

/**
 * Reads `<name>.json` from the vectors' folder.
 *
 * @returns `null` when there is no such folder, so that a suite can skip itself visibly with
 *   `describeNeeding(vectorsNeed, …)` from `needs.ts`
 * @throws when the folder is there but the file is not (a typing mistake), and with `CI=true` when the folder is missing
 */
export function loadVectors(name: string): VectorFile | null {
  if (!existsSync(vectorsFolder)) {
    if (process.env['CI'] !== 'true') return null;
    throw new Error(
      `No published vectors at ${vectorsFolder}. Set ITPAY_VECTORS to the folder that holds ${name}.json.`,
    );
  }
  return JSON.parse(readFileSync(join(vectorsFolder, `${name}.json`), 'utf8')) as VectorFile;
}

import { existsSync } from 'node:fs';
import { describe } from 'vitest';
import { vectorsFolder } from './vectors.js';

/** Something from outside the repository that a suite cannot do without. */
export interface Need {
  /** The line that would bring it in, or `null` when it is here. */
  missing: string | null;
}

/**
 * A `describe` that is skipped, and says why, while something is missing. The reason becomes part of the name, so that
 * every reporter shows it; with `CI=true` a skipped test counts as failed.
 */
export function describeNeeding({ missing }: Need, title: string, body: () => void): void {
  describe.skipIf(missing)(missing ? `${title} [skipped: ${missing}]` : title, body);
}

export const vectorsNeed: Need = {
  missing: existsSync(vectorsFolder) ? null : 'ITPAY_VECTORS=<folder of the published vectors> npm test',
};

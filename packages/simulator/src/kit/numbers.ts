import { createHash } from 'node:crypto';

/** Numbers that depend on nothing but the seed and what they number, so that two runs can be compared. */
export function seededNumbers(seed: string): (kind: string, ...parts: readonly (string | number)[]) => string {
  return (kind, ...parts) => {
    const digest = createHash('sha256')
      .update([seed, kind, ...parts].join('|'))
      .digest();
    return BigInt(`0x${digest.subarray(0, 12).toString('hex')}`)
      .toString()
      .padStart(29, '0');
  };
}

import { randomBytes } from 'node:crypto';
import { token } from '../token.js';

/** Unpredictable bytes for secrets and channel references. */
export interface Random {
  bytes(length: number): Uint8Array;
}
export const Random = token<Random>('random');

export const cryptoRandom: Random = { bytes: (length) => randomBytes(length) };

import { createRequire } from 'node:module';
import express5 from 'express';

export type { Express } from 'express';

/** Beside the current one; npm has it here under another name. It is close enough to be checked by the same types. */
const express4 = createRequire(import.meta.url)('express4') as typeof express5;

/** The versions of Express that the host package is for, by their first number. */
export const EXPRESS_VERSIONS: readonly (readonly [version: string, express: typeof express5])[] = [
  ['4', express4],
  ['5', express5],
];

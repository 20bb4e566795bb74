import { canonicalJson } from '@itpay/core';
import { z } from 'zod';
import { sha256 } from '../sha256.js';

// PostgreSQL text cannot hold U+0000, and a lone surrogate is no character at all.
const storable = (value: string) => !value.includes('\0') && value.isWellFormed();

/** Text of an operator that is kept. */
export const operatorText = (max: number) =>
  z.string().trim().min(1).max(max).refine(storable, { message: 'it holds a character that cannot be stored' });

/** Why an operator decides as it does. */
export const reasonSchema = operatorText(500).meta({
  description: 'Why; kept with the decision',
  example: 'Seen on the bank statement of 3 May',
});

/** What an operator saw: a text or an object. Only its digest is kept. */
export const evidenceSchema = z.union([z.string().min(1), z.record(z.string(), z.unknown())]).meta({
  description: 'What the decision rests on. Only its digest is kept: SHA-256 over its canonical JSON (RFC 8785)',
  example: { statement: '2025-05-03', line: 17 },
});

export const evidenceDigest = (evidence: z.infer<typeof evidenceSchema>): Buffer => sha256(canonicalJson(evidence));

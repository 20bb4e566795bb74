import { refuse } from './answer.js';

export type Json = Readonly<Record<string, unknown>>;

/** `12.34`, of fen. */
export function yuan(fen: bigint): string {
  const digits = String(fen).padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

const LARGEST = 10_000_000_000n; // 100 million yuan

/** Reads `12.34` as 1234 fen. @throws Refused */
export function fenOf(content: Json, name: string): bigint {
  const value = content[name];
  const [found, whole = '', decimals = ''] =
    /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(typeof value === 'string' ? value : '') ?? [];
  if (found === undefined) return refuse('ACQ.INVALID_PARAMETER', `${name} is not a text like 12.34`);
  const fen = BigInt(whole) * 100n + BigInt(decimals.padEnd(2, '0'));
  if (fen < 1n || fen > LARGEST) refuse('ACQ.INVALID_PARAMETER', `${name} is not between 0.01 and 100000000`);
  return fen;
}

/** A text that has to be there. @throws Refused */
export function text(content: Json, name: string, maxLength: number, pattern?: RegExp): string {
  return optionalText(content, name, maxLength, pattern) ?? refuse('ACQ.INVALID_PARAMETER', `${name} is missing`);
}

/** @throws Refused */
export function optionalText(content: Json, name: string, maxLength: number, pattern?: RegExp): string | undefined {
  const value = content[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value === '') return refuse('ACQ.INVALID_PARAMETER', `${name} is not a text`);
  if ([...value].length > maxLength) return refuse('ACQ.INVALID_PARAMETER', `${name} is longer than ${maxLength}`);
  if (pattern !== undefined && !pattern.test(value)) {
    return refuse('ACQ.INVALID_PARAMETER', `${name} is not ${String(pattern)}`);
  }
  return value;
}

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Reads `90m`, `2h` or `1d`. @throws Refused */
export function optionalPeriodMs(content: Json, name: string): number | undefined {
  const value = optionalText(content, name, 6, /^[1-9]\d{0,4}[mhd]$/);
  return value === undefined ? undefined : Number(value.slice(0, -1)) * UNITS[value.at(-1) as keyof typeof UNITS];
}

import { ItPayError } from '@itpay/core';

export type JsonObject = Readonly<Record<string, unknown>>;

/** @throws ItPayError `BODY_INVALID` that says what is wrong and, where the parser knows it, at which position */
export function parseJsonObject(bytes: Uint8Array): JsonObject {
  const text = decodeUtf8(bytes);
  const value = parse(text);
  return HAS_SUSPICIOUS_ESCAPE.test(text) ? requireStorable(value) : requireObject(value);
}

/**
 * Refuses text that has no place in the database or in a canonical request: U+0000, which PostgreSQL text cannot hold,
 * and halves of surrogate pairs, which have no UTF-8 form.
 *
 * @throws ItPayError `BODY_INVALID`
 */
export function requireStorable(value: unknown): JsonObject {
  const object = requireObject(value);
  // A list of what is left to look at, and not a recursion: a body of 256 kB can nest 100,000 deep.
  const open: unknown[] = [object];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === 'string') {
      if (UNSTORABLE.test(next)) throw bodyInvalid('The body has text with U+0000 or with half of a surrogate pair.');
    } else if (typeof next === 'object' && next !== null) {
      for (const [key, child] of Object.entries(next)) open.push(key, child);
    }
  }
  return object;
}

export function bodyInvalid(message: string): ItPayError {
  return new ItPayError('BODY_INVALID', { message });
}

// Raw control characters are not JSON and raw surrogates are not UTF-8, so both can only come in as escapes.
const HAS_SUSPICIOUS_ESCAPE = /\\u(?:0000|d[89a-f])/i;
const UNSTORABLE = /\0|\p{Surrogate}/u;

const utf8 = new TextDecoder('utf-8', { fatal: true });

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw bodyInvalid('The body is not valid UTF-8.');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const [, position] = /position (\d+)/.exec((error as SyntaxError).message) ?? [];
    throw bodyInvalid(`The body is not valid JSON${position === undefined ? '' : ` at position ${position}`}.`);
  }
}

function requireObject(value: unknown): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw bodyInvalid('The body must be one JSON object.');
}

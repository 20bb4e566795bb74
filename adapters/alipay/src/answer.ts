import type { KeyObject } from 'node:crypto';
import { verifyRsa2 } from './signature.js';

export type Fields = Readonly<Record<string, unknown>>;

/** What is proven about an answer. Only `verified` says anything about the payment. */
export type Reading =
  | { readonly verdict: 'verified'; readonly fields: Fields }
  /** It says no, and nobody signed that: `error_response` of the gateway, or of whoever stands before it. */
  | { readonly verdict: 'unsigned'; readonly fields: Fields }
  | { readonly verdict: 'forged' | 'unreadable' | 'unknown_certificate' };

/** The public keys by which an answer may be signed; null when it names a certificate that we do not have. */
export type KeysFor = (certificateSn: string | undefined) => readonly KeyObject[] | null;

const ERROR_MEMBER = 'error_response';

/**
 * Proves an answer and reads it. The signature covers the source text of one member, byte for byte, and that text is what is
 * parsed: what stands elsewhere in the document, such as a second member of the same name, is never looked at.
 *
 * @param member where the method answers: `alipay_trade_query_response`
 */
export function readAnswer(text: string, member: string, keysFor: KeysFor): Reading {
  const members = topLevelMembers(text);
  if (members === null) return { verdict: 'unreadable' };
  const content = members.get(member) ?? members.get(ERROR_MEMBER);
  const fields = content === undefined ? null : parseObject(content);
  if (content === undefined || fields === null) return { verdict: 'unreadable' };

  const signature = textOf(members.get('sign'));
  if (signature === undefined) return members.has(member) ? { verdict: 'forged' } : { verdict: 'unsigned', fields };
  const keys = keysFor(textOf(members.get('alipay_cert_sn')));
  if (keys === null) return { verdict: 'unknown_certificate' };
  return keys.some((key) => verifyRsa2(content, signature, key))
    ? { verdict: 'verified', fields }
    : { verdict: 'forged' };
}

/**
 * The members of a JSON object, each with its exact source text. Not re-encoded, because real answers escape slashes (`\/`)
 * and the signature counts that.
 *
 * @returns null when it is no JSON object, or says a name twice
 */
export function topLevelMembers(text: string): ReadonlyMap<string, string> | null {
  if (parseObject(text) === null) return null;
  const members = new Map<string, string>();
  let at = text.indexOf('{') + 1;
  while (true) {
    at = skipSpace(text, at);
    if (text[at] === '}') return members;
    if (text[at] === ',') at = skipSpace(text, at + 1);
    const nameEnd = endOfString(text, at);
    const name = JSON.parse(text.slice(at, nameEnd)) as string;
    const start = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const end = endOfValue(text, start);
    if (members.has(name)) return null;
    members.set(name, text.slice(start, end));
    at = end;
  }
}

// From here on the text is known to be JSON.

function skipSpace(text: string, at: number): number {
  while (' \t\r\n'.includes(text[at] ?? 'x')) at += 1;
  return at;
}

function endOfString(text: string, at: number): number {
  for (at += 1; text[at] !== '"'; at += 1) if (text[at] === '\\') at += 1;
  return at + 1;
}

function endOfValue(text: string, at: number): number {
  let depth = 0;
  while (true) {
    const character = text[at]!;
    if (character === '"') {
      at = endOfString(text, at);
      if (depth === 0) return at;
      continue;
    }
    if (depth === 0 && ', \t\r\n}'.includes(character)) return at;
    if (character === '{' || character === '[') depth += 1;
    if (character === '}' || character === ']') depth -= 1;
    at += 1;
    if (depth === 0 && (character === '}' || character === ']')) return at;
  }
}

function parseObject(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
  } catch {
    return null;
  }
}

function textOf(source: string | undefined): string | undefined {
  if (source === undefined) return undefined;
  const value: unknown = JSON.parse(source);
  return typeof value === 'string' ? value : undefined;
}

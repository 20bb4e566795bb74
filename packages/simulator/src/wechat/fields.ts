import { refuse } from './answer.js';

export type Json = Readonly<Record<string, unknown>>;

/** Reads a JSON body, as strictly as the real one. @throws Refused */
export function jsonBody(rawBody: Buffer): Json {
  const body = rawBody.toString('utf8');
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return refuse('PARAM_ERROR', 'the body is not JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return refuse('PARAM_ERROR', 'the body is not an object');
  }
  // JSON.parse makes 1.0 and 1e2 look like integers; what WeChat calls int is written without either.
  if (/\d[.eE]/.test(body.replace(/"(?:\\.|[^"\\])*"/g, ''))) {
    return refuse('PARAM_ERROR', 'amounts are whole numbers of fen');
  }
  return parsed as Json;
}

/** A text that has to be there, with its longest size in bytes of UTF-8. @throws Refused */
export function text(body: Json, name: string, maxBytes: number, pattern?: RegExp): string {
  return optionalText(body, name, maxBytes, pattern) ?? refuse('PARAM_ERROR', 'it is required', `/${name}`);
}

/** @throws Refused */
export function optionalText(body: Json, name: string, maxBytes: number, pattern?: RegExp): string | undefined {
  const value = body[name];
  if (value === undefined) return undefined;
  const field = `/${name}`;
  if (typeof value !== 'string' || value === '') return refuse('PARAM_ERROR', 'it is not a text', field);
  if (Buffer.byteLength(value) > maxBytes) return refuse('PARAM_ERROR', `longer than ${maxBytes} bytes`, field);
  if (/[\u{10000}-\u{10FFFF}]/u.test(value)) {
    return refuse('PARAM_ERROR', 'characters of four bytes, such as emoji', field);
  }
  if (pattern !== undefined && !pattern.test(value)) return refuse('PARAM_ERROR', `not ${String(pattern)}`, field);
  return value;
}

/** @throws Refused */
export function object(body: Json, name: string): Json {
  const value = body[name];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse('PARAM_ERROR', 'it is not an object', `/${name}`);
  }
  return value as Json;
}

/** An amount in fen, at least 1. @throws Refused */
export function fen(body: Json, name: string): number {
  const value = body[name];
  if (!Number.isSafeInteger(value) || (value as number) < 1) {
    return refuse('PARAM_ERROR', 'it is not a whole number from 1 on', `/amount/${name}`);
  }
  return value as number;
}

/** @throws Refused */
export function yuanOnly(amount: Json, required: boolean): void {
  const { currency } = amount;
  if (currency === undefined && !required) return;
  if (currency !== 'CNY') refuse('PARAM_ERROR', 'only CNY', '/amount/currency');
}

/** https without a query; plain http on this machine alone, because there is nobody to give a certificate. */
export function notifyUrl(body: Json, required: boolean): string | undefined {
  const url = required ? text(body, 'notify_url', 255) : optionalText(body, 'notify_url', 255);
  if (url === undefined) return undefined;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const here = parsed?.protocol === 'http:' && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(parsed.hostname);
  if (parsed === undefined || (parsed.protocol !== 'https:' && !here)) {
    return refuse('PARAM_ERROR', 'it is not an https address', '/notify_url');
  }
  if (url.includes('?') || url.includes('#')) refuse('PARAM_ERROR', 'a query is not allowed', '/notify_url');
  return url;
}

/** The same content has the same text, whatever the order of its members. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

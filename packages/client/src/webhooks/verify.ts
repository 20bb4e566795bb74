import { ItPayWebhookError } from '../errors.js';
import { decryptBody } from './decrypt.js';
import type { AnyEvent } from './event.js';

export type HeadersLike = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

export interface VerifyOptions {
  /** `whsec_…` (shared) or `whpk_…` (Ed25519); any of them may have signed. */
  readonly secrets: readonly string[];
  /** Private X25519 keys by `kid`, for encrypted bodies. */
  readonly privateKeys?: Readonly<Record<string, Uint8Array>> | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const TOLERANCE_SECONDS = 5 * 60;

/**
 * Checks that a webhook comes from ItPay and is recent, decrypts it where it is encrypted, and reads it. Signatures are those
 * of Standard Webhooks, `v1` and `v1a`.
 *
 * @param rawBody the bytes as they came; a body that was parsed and written again does not verify
 * @throws ItPayWebhookError when it is not, or cannot be read; TypeError for a secret in no known form
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export async function verifyWebhook(
  rawBody: string | Uint8Array,
  headers: HeadersLike,
  { secrets, privateKeys = {}, now }: VerifyOptions,
): Promise<AnyEvent> {
  if (secrets.length === 0) {
    throw new TypeError('new ItPay({ webhookSecret }): webhookSecret is missing, so no webhook can be verified.');
  }
  if (typeof rawBody !== 'string' && !(rawBody instanceof Uint8Array)) {
    throw new TypeError('The body is not as it came: give the bytes or the text of it, before anything parses them.');
  }
  const keys = await Promise.all(secrets.map(keyOf));
  const id = headerOf(headers, 'webhook-id');
  const timestamp = headerOf(headers, 'webhook-timestamp');
  const signatures = headerOf(headers, 'webhook-signature');

  // A dot within the id would let one message pass for another.
  if (id.includes('.') || !/^\d{1,12}$/.test(timestamp)) throw invalid('The signature does not fit the webhook.');
  if (Math.abs(Math.floor(now / 1_000) - Number(timestamp)) > TOLERANCE_SECONDS) {
    throw new ItPayWebhookError('too_old', 'The webhook was sent more than five minutes ago, or a clock is wrong.');
  }
  const body = typeof rawBody === 'string' ? new TextEncoder().encode(rawBody) : rawBody;
  const content = joined(new TextEncoder().encode(`${id}.${timestamp}.`), body);
  if (!(await isSigned(content, signatures, keys))) {
    throw invalid(
      'The signature does not fit the webhook. Compare webhookSecret with the secret of the endpoint, and give the body as it came.',
    );
  }
  return read(new TextDecoder().decode(body), id, privateKeys);
}

async function read(text: string, id: string, privateKeys: Readonly<Record<string, Uint8Array>>): Promise<AnyEvent> {
  const outer = parsed(text);
  if (outer['enc'] === undefined) return checked(outer, id);
  const { body, context } = await decryptBody(outer['enc'], privateKeys, id);
  const event = checked(parsed(body), id);
  if (event.type !== context.type || event.timestamp !== context.timestamp) {
    throw new ItPayWebhookError('body_invalid', 'The event inside is not the one that the encrypted body names.');
  }
  return event;
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // The error below says it.
  }
  throw new ItPayWebhookError('body_invalid', 'The body is not JSON.');
}

function checked(value: Record<string, unknown>, id: string): AnyEvent {
  const { type, sequence, data } = value;
  const { object } = (data ?? {}) as { readonly object?: unknown };
  const isObject = typeof object === 'object' && object !== null;
  if (value['id'] !== id || typeof type !== 'string' || !Number.isSafeInteger(sequence) || !isObject) {
    throw new ItPayWebhookError('body_invalid', 'The body is not the event that the header webhook-id names.');
  }
  return value as unknown as AnyEvent;
}

interface VerifyingKey {
  readonly version: 'v1' | 'v1a';
  readonly verify: (signature: BufferSource, content: BufferSource) => Promise<boolean>;
}

/** The verify of the platform compares in constant time. */
async function isSigned(content: BufferSource, signatures: string, keys: readonly VerifyingKey[]): Promise<boolean> {
  for (const entry of signatures.split(' ')) {
    const comma = entry.indexOf(',');
    const signature = fromBase64(entry.slice(comma + 1));
    if (comma < 0 || signature === null) continue;
    for (const key of keys) {
      if (key.version === entry.slice(0, comma) && (await key.verify(signature, content))) return true;
    }
  }
  return false;
}

async function keyOf(secret: string): Promise<VerifyingKey> {
  const [, kind, base64 = ''] = /^(whsec|whsk|whpk)_(.*)$/.exec(secret) ?? [];
  const bytes = fromBase64(base64);
  const length = bytes?.length ?? 0;
  if (bytes !== null && kind === 'whsec' && length >= 24 && length <= 64) {
    const hmac = { name: 'HMAC', hash: 'SHA-256' };
    const key = await crypto.subtle.importKey('raw', bytes, hmac, false, ['verify']);
    return { version: 'v1', verify: (signature, content) => crypto.subtle.verify('HMAC', key, signature, content) };
  }
  // The secret key ends with the public one.
  const point = kind === 'whpk' && length === 32 ? bytes : kind === 'whsk' && length === 64 ? bytes?.slice(32) : null;
  if (point) {
    const key = await crypto.subtle.importKey('raw', point, 'Ed25519', false, ['verify']);
    return { version: 'v1a', verify: (signature, content) => crypto.subtle.verify('Ed25519', key, signature, content) };
  }
  throw new TypeError(
    'A webhook secret is whsec_ with the base64 of 24 to 64 bytes, or whpk_ with that of an Ed25519 public key.',
  );
}

function headerOf(headers: HeadersLike, name: string): string {
  const value =
    headers instanceof Headers
      ? headers.get(name)
      : Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  if (typeof value === 'string' && value !== '') return value;
  throw new ItPayWebhookError('header_missing', `The header ${name} is missing: this is no webhook of ItPay's.`);
}

const invalid = (message: string) => new ItPayWebhookError('signature_invalid', message);

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

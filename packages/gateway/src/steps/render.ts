import type { RouteAnswer } from '@itpay/kernel';
import { isStream, type NeutralResponse } from '../neutral.js';

/** Puts an answer into the form that hosts send. What a route says about its headers wins over the defaults. */
export function render(
  answer: RouteAnswer,
  { method, requestId, apiVersion }: { method: string; requestId: string; apiVersion: string },
): NeutralResponse {
  const body = bodyOf(answer);
  const headers: Record<string, string> = {
    'itpay-request-id': requestId,
    'itpay-version': apiVersion,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  };
  if (body !== null) headers['content-type'] = typeOf(answer);
  // What compresses or collects pieces on the way would hold them back.
  if (isStream(body)) headers['cache-control'] = 'no-store, no-transform';
  if (answer.replayed === true) headers['idempotent-replayed'] = 'true';
  for (const [name, value] of Object.entries(answer.headers ?? {})) headers[name.toLowerCase()] = value;

  if (method !== 'HEAD' || body === null) return { status: answer.status, headers, body };
  if (isStream(body)) return { status: answer.status, headers, body: null };
  headers['content-length'] = String(Buffer.byteLength(body));
  return { status: answer.status, headers, body: null };
}

const typeOf = ({ content, stream }: RouteAnswer) => (content ?? stream)?.type ?? 'application/json; charset=utf-8';

function bodyOf({ body, content, stream }: RouteAnswer): NeutralResponse['body'] {
  if (stream !== undefined) return stream.chunks;
  if (content !== undefined) return content.bytes;
  if (body === undefined) return null;
  return typeof body === 'string' ? body : JSON.stringify(body);
}

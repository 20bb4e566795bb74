import { RailError } from '@itpay/kernel';
import { isSigned, signed, SIGNATURE_HEADER } from '../fake-rail/signature.js';
import type { FakeChannelConfig } from './config.js';
import { failureOfRefusal } from './failure.js';

/** An answer whose signature fits. */
export interface VerifiedAnswer {
  /** 202: the rail accepted the request, and works on it. */
  readonly status: 200 | 202;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * One signed request, and its answer once it is proven to be the rail's.
 *
 * @throws RailError for every refusal, and for an answer that proves nothing
 */
export async function call(
  { url, secret, ask }: FakeChannelConfig,
  method: 'GET' | 'POST',
  path: string,
  content: object | null,
  signal: AbortSignal,
): Promise<VerifiedAnswer> {
  const body = content === null ? '' : JSON.stringify(content);
  const headers = signed(secret, { kind: 'request', method, path, body });
  const answer = await ask({
    method,
    url: url + path,
    headers: { 'content-type': 'application/json', ...headers },
    ...(method === 'POST' && { body }),
    signal,
  });
  const { status } = answer;
  const text = answer.body.toString('utf8');

  const request = headers[SIGNATURE_HEADER] ?? '';
  if (!isSigned(secret, { kind: 'answer', request, status, body: text }, answer.headers)) {
    // A gateway before the rail may answer in its place, and proves nothing; whether the rail did it stays open.
    const category = status >= 500 ? 'channel_unavailable' : 'signature_invalid';
    throw new RailError({ category, rawCode: `http_${status}` });
  }

  const parsed = parse(text);
  if (status === 200 || status === 202) return { status, body: parsed };
  const { code } = (parsed.error ?? {}) as { code?: unknown };
  throw new RailError(
    failureOfRefusal(status, typeof code === 'string' ? code : `http_${status}`, answer.headers['retry-after'] ?? null),
  );
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new RailError({ category: 'unmapped', message: 'The answer is no JSON object.' });
}

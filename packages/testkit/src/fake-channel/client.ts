import { isSigned, signed, SIGNATURE_HEADER } from '../fake-rail/signature.js';
import type { FakeChannelConfig } from './config.js';
import { FakeChannelError, failureOfRefusal } from './failure.js';

/** An answer whose signature fits. */
export interface VerifiedAnswer {
  /** 202: the rail accepted the request, and works on it. */
  readonly status: 200 | 202;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * One signed request, and its answer once it is proven to be the rail's.
 *
 * @throws FakeChannelError for every refusal, and for an answer that proves nothing
 */
export async function call(
  { url, secret }: FakeChannelConfig,
  method: 'GET' | 'POST',
  path: string,
  content: object | null,
  signal: AbortSignal,
): Promise<VerifiedAnswer> {
  const body = content === null ? '' : JSON.stringify(content);
  const headers = signed(secret, { kind: 'request', method, path, body });
  const response = await fetch(url + path, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(method === 'POST' && { body }),
    redirect: 'error',
    signal,
  });
  const text = await response.text();
  const { status } = response;

  const request = headers[SIGNATURE_HEADER] ?? '';
  const proof = Object.fromEntries(response.headers);
  if (!isSigned(secret, { kind: 'answer', request, status, body: text }, proof)) {
    // A gateway before the rail may answer in its place, and proves nothing; whether the rail did it stays open.
    const category = status >= 500 ? 'channel_unavailable' : 'signature_invalid';
    throw new FakeChannelError({ category, rawCode: `http_${status}` });
  }

  const parsed = parse(text);
  if (status === 200 || status === 202) return { status, body: parsed };
  const { code } = (parsed.error ?? {}) as { code?: unknown };
  throw new FakeChannelError(
    failureOfRefusal(status, typeof code === 'string' ? code : `http_${status}`, response.headers.get('retry-after')),
  );
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new FakeChannelError({ category: 'unmapped', message: 'The answer is no JSON object.' });
}

import type { ChannelFailure } from './outcome.js';

export interface RailRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent exactly as it is: it is what was signed. Left out: no body. */
  readonly body?: string | Uint8Array;
  readonly signal: AbortSignal;
  /** In bytes; a longer answer proves nothing. Left out: 1 MB. */
  readonly maxBytes?: number;
}

/** What a rail answered, byte for byte, before anything about it is believed. */
export interface RailAnswer {
  readonly status: number;
  /** Names are lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const MAX_BYTES = 1024 * 1024;

/**
 * One request to a rail. Redirects are not followed: a rail does not move in the middle of a payment.
 *
 * @throws RailError when there was no whole answer; its failure says whether the request can have arrived
 */
export async function askRail({ url, signal, maxBytes = MAX_BYTES, ...request }: RailRequest): Promise<RailAnswer> {
  try {
    const response = await fetch(url, {
      ...request,
      body: request.body as RequestInit['body'],
      redirect: 'manual',
      signal,
    });
    const headers = Object.fromEntries(response.headers);
    return { status: response.status, headers, body: await bodyOf(response, maxBytes) };
  } catch (error) {
    throw error instanceof RailError ? error : new RailError(failureOf(error, signal), { cause: error });
  }
}

/** What went wrong with a call, on its way out of an adapter's method. `railFailure` is the `mapError` that reads it. */
export class RailError extends Error {
  override readonly name = 'RailError';
  readonly failure: ChannelFailure;

  constructor(failure: ChannelFailure, options?: { readonly cause?: unknown }) {
    super(failure.message ?? failure.rawCode ?? failure.category, options);
    this.failure = failure;
  }
}

/** For `Channel.mapError`: the failure of a RailError. Undefined for everything else: nobody knows what happened. */
export function railFailure(error: unknown): ChannelFailure | undefined {
  return error instanceof RailError ? error.failure : undefined;
}

// Before these, no byte of the request had left. (https://nodejs.org/api/errors.html#common-system-errors, and undici's
// and OpenSSL's names for a connection that never came up)
const NEVER_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

function failureOf(error: unknown, signal: AbortSignal): ChannelFailure {
  if (signal.aborted) return { category: 'timeout' };
  // fetch says TypeError for whatever went wrong below HTTP, with the reason in `cause`.
  const code = (error as { cause?: { code?: unknown } } | null)?.cause?.code;
  if (typeof code !== 'string') return { category: 'network' };
  return { category: NEVER_CONNECTED.has(code) ? 'not_connected' : 'network', rawCode: code };
}

async function bodyOf(response: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxBytes)
      throw new RailError({ category: 'unmapped', message: `The answer is over ${maxBytes} bytes.` });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

import type { CredentialRequest } from '@itpay/kernel';

/**
 * A request as every host can give it, without the host's classes. `url` is path and query below the mount, as received:
 * still percent-encoded.
 */
export interface NeutralRequest extends CredentialRequest {
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
  /** The body that a parser of the host left behind, parsed or as text. Set only when the bytes themselves are gone. */
  readonly parsedBody?: unknown;
  /**
   * The body's bytes, exactly as sent. Asked for at most once.
   *
   * @param limit in bytes
   * @throws ItPayError `BODY_TOO_LARGE` beyond the limit; `INTERNAL_ERROR` when a parser of the host kept no bytes
   */
  rawBody(limit: number): Promise<Uint8Array>;
}

/** An answer as every host can send it. */
export interface NeutralResponse {
  readonly status: number;
  /** Names are lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** In one piece, or piece by piece: whoever sends it reads to the end, or calls `return` when the client goes away. */
  readonly body: string | Uint8Array | AsyncIterable<string> | null;
}

export function isStream(body: NeutralResponse['body']): body is AsyncIterable<string> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}

/** The whole HTTP interface as one function. It always answers: what goes wrong becomes an error answer. */
export type Handle = (request: NeutralRequest) => Promise<NeutralResponse>;

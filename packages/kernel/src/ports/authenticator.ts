import { token } from '../token.js';

/** The header part of a request, as far as an authenticator needs it. Names are lower case. */
export interface CredentialRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly remoteAddress: string | null;
}

/** Who calls, for which account, and what it may do. */
export interface Principal {
  readonly id: string;
  readonly kind: 'api_key' | 'host_session' | 'agent_token' | 'display_token';
  readonly account: string;
  readonly livemode: boolean;
  /** `payments:read`, `payments:write`, … */
  readonly scopes: readonly string[];
  /** Stays the same when a key is rotated; idempotency keys are scoped by it. Left out: `id`. */
  readonly lineage?: string;
  /** The wire format that it gets when a request names none: a date. Left out: the newest. */
  readonly apiVersion?: string;
  readonly agentId?: string;
  readonly humanId?: string;
}

/**
 * Says who calls. The default knows API keys; a host may bring its own (its session, its JWT). It has no side effects.
 *
 * @returns null when the request carries no credential that it knows
 * @throws ItPayError `API_KEY_INVALID` and its kin when a credential is there and is refused
 */
export interface Authenticator {
  authenticate(request: CredentialRequest): Promise<Principal | null>;
  /**
   * Called once the body is there, for a signature over it. Left out: nothing about the body is checked.
   *
   * @param body its bytes as sent, or null when a body parser of the host kept none
   * @throws ItPayError `SIGNATURE_INVALID` or `SIGNATURE_EXPIRED`
   */
  verifyBody?(request: CredentialRequest, principal: Principal, body: Uint8Array | null): Promise<void>;
}
export const Authenticator = token<Authenticator>('authenticator');

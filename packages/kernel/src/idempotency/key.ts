import { hash } from 'node:crypto';
import { canonicalJson, ItPayError } from '@itpay/core';

/** An idempotency key as the database knows it: who used which key on which route, and for which request. */
export interface IdempotencyKey {
  readonly scopeHash: Buffer;
  readonly requestHash: Buffer;
}

/** What makes two uses of one key the same use. */
export interface KeyScope {
  readonly account: string;
  readonly livemode: boolean;
  /** The API key's lineage, stable over rotation, or the host's principal. */
  readonly caller: string;
  readonly method: string;
  /** The template, `/v1/payment-intents/{id}`, not the path. */
  readonly route: string;
  readonly key: string;
}

/**
 * @param request path parameters, query and body; compared as canonical JSON (RFC 8785)
 * @throws ItPayError `IDEMPOTENCY_KEY_INVALID` unless the key is 1 to 255 printable ASCII characters
 */
export function idempotencyKey(scope: KeyScope, request: unknown): IdempotencyKey {
  if (!/^[\x20-\x7e]{1,255}$/.test(scope.key)) throw new ItPayError('IDEMPOTENCY_KEY_INVALID');
  return {
    scopeHash: sha256(
      canonicalJson([scope.account, scope.livemode, scope.caller, scope.method, scope.route, scope.key]),
    ),
    requestHash: sha256(canonicalJson(request)),
  };
}

const sha256 = (text: string) => hash('sha256', text, 'buffer');

import { ItPayError } from '@itpay/core';
import {
  maybeOne,
  one,
  token,
  type Actor,
  type AuditLog,
  type Clock,
  type Database,
  type IdGenerator,
  type Random,
  type Token,
} from '@itpay/kernel';
import type { KeyCache } from './key-cache.js';
import { formatKey, hashSecret, maskKey, newKeyText } from './key-text.js';
import { requireKnownScopes, SCOPE_PRESETS, type ScopePreset } from './scopes.js';
import { INSERT, LIST, LOCK, REVOKE, type ApiKeyRow } from './store.js';

/** An API key as it can be shown at any time: without its secret. */
export interface ApiKey {
  readonly id: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly label: string;
  readonly scopes: readonly string[];
  /** `itpay_test_0123456789ab_…wxyz` */
  readonly masked: string;
  /** Stays the same over rotation. */
  readonly lineage: string;
  readonly status: 'active' | 'revoked' | 'expired';
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
}

export type NewApiKey = {
  readonly account: string;
  readonly livemode: boolean;
  /** 1 to 100 characters; says to people what the key is for. */
  readonly label: string;
  /** Left out: the key works until it is revoked. */
  readonly expiresAt?: Date;
} & (
  | { readonly scopes: readonly string[]; readonly preset?: never }
  | { readonly preset: ScopePreset; readonly scopes?: never }
);

export interface ApiKeysDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly random: Random;
  readonly audit: AuditLog;
  readonly cache: Pick<KeyCache, 'forget'>;
  /** All that exist; see `knownScopes`. */
  readonly scopes: ReadonlySet<string>;
}

/** Makes, lists and revokes API keys. Each change leaves an audit entry in its own transaction. */
export class ApiKeys {
  static readonly token: Token<ApiKeys> = token<ApiKeys>('gateway.api-keys');

  readonly #deps: ApiKeysDeps;

  constructor(deps: ApiKeysDeps) {
    this.#deps = deps;
  }

  /**
   * @returns the key, and `token`: what its holder sends. It is not stored, so nobody can be shown it a second time.
   * @throws ItPayError `PARAMETER_INVALID` naming the option, or `RESOURCE_NOT_FOUND` when there is no such account
   */
  async create(input: NewApiKey): Promise<{ key: ApiKey; token: string }> {
    const { database, ids, random, audit } = this.#deps;
    const now = this.#deps.clock.now();
    const text = newKeyText(input.livemode, random);
    const values = {
      id: ids.next('key'),
      account: input.account,
      livemode: input.livemode,
      keyId: text.keyId,
      secretHash: hashSecret(text.secret),
      last4: text.secret.slice(-4),
      label: requireLabel(input.label),
      scopes: requireKnownScopes(input.scopes ?? SCOPE_PRESETS[input.preset], this.#deps.scopes),
      expiresAt: requireFuture(input.expiresAt ?? null, now),
      now,
    };
    return database.transaction(async (tx) => {
      const row = await maybeOne(tx, INSERT, values);
      if (row === null) {
        throw new ItPayError('RESOURCE_NOT_FOUND', { details: { object: 'account', id: input.account } });
      }
      await audit.append(tx, actorFor(row), [
        { action: 'api_key.created', objectId: row.id, fromState: null, toState: 'active' },
      ]);
      return { key: toApiKey(row, now), token: formatKey(text) };
    });
  }

  /** The keys of an account, of both modes and in every state, newest first. */
  async list(account: string): Promise<ApiKey[]> {
    const now = this.#deps.clock.now();
    return (await this.#deps.database.query(LIST, { account })).map((row) => toApiKey(row, now));
  }

  /**
   * Ends a key for good: at once in this process, within ten seconds in others. A key that is revoked already stays so.
   *
   * @throws ItPayError `RESOURCE_NOT_FOUND`
   */
  async revoke(id: string): Promise<ApiKey> {
    const { database, audit, cache } = this.#deps;
    const now = this.#deps.clock.now();
    return database.transaction(async (tx) => {
      const row = await maybeOne(tx, LOCK, { id });
      if (row === null) throw new ItPayError('RESOURCE_NOT_FOUND', { details: { object: 'API key', id } });
      if (row.status === 'revoked') return toApiKey(row, now);

      const revoked = await one(tx, REVOKE, { id, now });
      await audit.append(tx, actorFor(row), [
        { action: 'api_key.revoked', objectId: id, fromState: 'active', toState: 'revoked' },
      ]);
      tx.afterCommit(() => cache.forget(row.key_id));
      return toApiKey(revoked, now);
    });
  }
}

// Keys are made and revoked by the host's code or on its command line; no route does it.
const actorFor = ({ account, livemode }: ApiKeyRow): Actor => ({ account, livemode, id: 'host', requestId: null });

function toApiKey(row: ApiKeyRow, now: Date): ApiKey {
  const expired = row.status === 'active' && row.expires_at !== null && row.expires_at <= now;
  return {
    id: row.id,
    account: row.account,
    livemode: row.livemode,
    label: row.label,
    scopes: row.scopes,
    masked: maskKey({ livemode: row.livemode, keyId: row.key_id, last4: row.last4 }),
    lineage: row.lineage,
    status: expired ? 'expired' : row.status,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
  };
}

function requireLabel(label: string): string {
  if (label.length >= 1 && label.length <= 100) return label;
  throw new ItPayError('PARAMETER_INVALID', { message: 'The label of a key has 1 to 100 characters.', param: 'label' });
}

function requireFuture(expiresAt: Date | null, now: Date): Date | null {
  if (expiresAt === null || expiresAt > now) return expiresAt;
  throw new ItPayError('PARAMETER_INVALID', { message: 'A key must expire in the future.', param: 'expiresAt' });
}

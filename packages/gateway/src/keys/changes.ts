import { API_VERSION, ItPayError } from '@itpay/core';
import {
  API_VERSIONS,
  isApiVersion,
  maybeOne,
  one,
  type Actor,
  type AuditLog,
  type Clock,
  type IdGenerator,
  type Outbox,
  type Principal,
  type PubSub,
  type Random,
  type Secrets,
  type Tx,
} from '@itpay/kernel';
import { parseRange } from './allowlist.js';
import { statusOf, toApiKey, toWireKey, type ApiKey } from './api-key.js';
import { grantOf, reachOf, requireBoundsWithin, requireScopesWithin, type Grant } from './grant.js';
import { KEY_TOPIC, type KeyCache } from './key-cache.js';
import { formatKey, hashSecret, newKeyText } from './key-text.js';
import { presetScopes, requireKnownScopes, type ScopePreset } from './scopes.js';
import { INSERT, LOCK, REVOKE, ROTATE, UPDATE, type ApiKeyRow } from './store.js';

/** What a key is made of, whoever makes it. */
export type KeyInput = {
  /** 1 to 100 characters; says to people what the key is for. */
  readonly label: string;
  /** Left out: the key works until it is revoked. */
  readonly expiresAt?: Date | null | undefined;
  /** Addresses and CIDRs, IPv4 and IPv6, from which the key works: at most 50. Left out: from everywhere. */
  readonly ipAllowlist?: readonly string[] | undefined;
  /** Each request with the key must carry `ItPay-Signature`. It stays so for the life of the key. Left out: false. */
  readonly requireSignature?: boolean | undefined;
  /** The wire format for requests that name none: a date. Left out: the newest of today, also after an update. */
  readonly apiVersion?: string | undefined;
} & (
  | { readonly scopes: readonly string[]; readonly preset?: undefined }
  | { readonly preset: ScopePreset; readonly scopes?: undefined }
);

/** What can be changed about a key. Left out: stays. */
export interface KeyUpdate {
  readonly label?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly ipAllowlist?: readonly string[] | undefined;
  /** Null: no end. */
  readonly expiresAt?: Date | null | undefined;
  readonly apiVersion?: string | undefined;
}

/** A key at the moment of its making. Neither secret can be shown a second time. */
export interface MadeKey {
  readonly key: ApiKey;
  /** What its holder sends as `Authorization: Bearer`. Only its hash is stored. */
  readonly token: string;
  /** What its holder signs with; null unless the key requires signatures. */
  readonly signingSecret: string | null;
}

/** How long a rotated key works beside its successor unless somebody says otherwise, in milliseconds. (Protocol, 11.1) */
export const ROTATION_OVERLAP_MS = 24 * 3_600_000;
/** In milliseconds: 7 days. */
export const MAX_ROTATION_OVERLAP_MS = 7 * 24 * 3_600_000;
export const MAX_RANGES = 50;
/** The purpose under which signing secrets are sealed. */
export const SIGNING_PURPOSE = 'api-key-signing';

export interface ChangeDeps {
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly random: Random;
  readonly secrets: Pick<Secrets, 'seal'>;
  readonly audit: AuditLog;
  readonly outbox: Outbox;
  readonly pubsub: Pick<PubSub, 'publish'>;
  readonly cache: Pick<KeyCache, 'forget'>;
  /** All that exist; see `knownScopes`. */
  readonly scopes: ReadonlySet<string>;
}

/**
 * Changes keys inside a transaction, with event and audit entry.
 *
 * `by` is the principal behind a request, which can hand on only what it has itself; null is the host's own code, which may
 * do everything.
 */
export class KeyChanges {
  readonly #deps: ChangeDeps;

  constructor(deps: ChangeDeps) {
    this.#deps = deps;
  }

  async create(tx: Tx, actor: Actor, input: KeyInput, by: Principal | null): Promise<MadeKey> {
    const now = this.#deps.clock.now();
    const checked = {
      label: requireLabel(input.label),
      scopes: this.#scopesOf(input),
      ipAllowlist: requireRanges(input.ipAllowlist ?? []),
      apiVersion: requireVersion(input.apiVersion ?? API_VERSION),
      expiresAt: requireFuture(input.expiresAt ?? null, now),
    };
    const requireSignature = input.requireSignature ?? false;
    if (by !== null) {
      const [grant] = await this.#lock(tx, actor, [], by, now);
      requireScopesWithin(grant!, checked.scopes);
      requireBoundsWithin(grant!, { ...checked, requireSignature });
    }
    return this.#insert(tx, actor, {
      id: this.#deps.ids.next('key'),
      lineage: null,
      ...checked,
      requireSignature,
      now,
    });
  }

  async rotate(tx: Tx, actor: Actor, id: string, overlapMs: number, by: Principal | null): Promise<MadeKey> {
    const now = this.#deps.clock.now();
    requireOverlap(overlapMs);
    const [grant, row] = await this.#lock(tx, actor, [id], by, now);
    if (grant !== null) requireScopesWithin(grant, row!.scopes);
    const old = requireActive(row!, now, 'rotate');
    const life = old.expires_at && old.expires_at.getTime() - old.created_at.getTime();
    const expiresAt = life === null ? null : new Date(now.getTime() + life);
    // The successor of one's own key is as long-lived as that was. Of another key, it must not outlive one's own.
    if (grant !== null && grant.keyId !== id) requireBoundsWithin(grant, { ...reachOf(old), expiresAt });

    const { ids, audit, outbox } = this.#deps;
    const replacedBy = ids.next('key');
    const overlapEnd = now.getTime() + overlapMs;
    const rotated = await one(tx, ROTATE, {
      id,
      now,
      replacedBy,
      expiresAt: new Date(Math.min(overlapEnd, old.expires_at?.getTime() ?? Infinity)),
    });
    await audit.append(tx, actor, [
      { action: 'api_key.rotated', objectId: id, fromState: 'active', toState: 'rotating' },
    ]);
    await outbox.append(tx, actor, [
      { type: 'api_key.rotated', objectId: id, object: toWireKey(toApiKey(rotated, now)) },
    ]);
    this.#announce(tx, old);
    return this.#insert(tx, actor, {
      id: replacedBy,
      lineage: old.lineage,
      label: old.label,
      scopes: old.scopes,
      ipAllowlist: old.ip_allowlist,
      requireSignature: old.signing_secret !== null,
      apiVersion: old.api_version,
      expiresAt,
      now,
    });
  }

  async update(tx: Tx, actor: Actor, id: string, changes: KeyUpdate, by: Principal | null): Promise<ApiKey> {
    const now = this.#deps.clock.now();
    const checked = {
      ...(changes.label !== undefined && { label: requireLabel(changes.label) }),
      ...(changes.scopes !== undefined && { scopes: requireKnownScopes(changes.scopes, this.#deps.scopes) }),
      ...(changes.ipAllowlist !== undefined && { ipAllowlist: requireRanges(changes.ipAllowlist) }),
      ...(changes.apiVersion !== undefined && { apiVersion: requireVersion(changes.apiVersion) }),
      ...(changes.expiresAt !== undefined && { expiresAt: requireFuture(changes.expiresAt, now) }),
    };
    const [grant, row] = await this.#lock(tx, actor, [id], by, now);
    if (grant !== null) {
      requireScopesWithin(grant, [...row!.scopes, ...(checked.scopes ?? [])]);
      requireBoundsWithin(grant, checked);
    }
    const old = requireActive(row!, now, 'update');
    const updated = await one(tx, UPDATE, {
      id,
      label: old.label,
      scopes: old.scopes,
      ipAllowlist: old.ip_allowlist,
      apiVersion: old.api_version,
      expiresAt: old.expires_at,
      ...checked,
    });
    await this.#deps.audit.append(tx, actor, [
      { action: 'api_key.updated', objectId: id, fromState: 'active', toState: 'active' },
    ]);
    this.#announce(tx, old);
    return toApiKey(updated, now);
  }

  async revoke(tx: Tx, actor: Actor, id: string, by: Principal | null): Promise<ApiKey> {
    const now = this.#deps.clock.now();
    const [grant, row] = await this.#lock(tx, actor, [id], by, now);
    if (grant !== null) requireScopesWithin(grant, grant.keyId === id ? [] : row!.scopes);
    if (row!.status === 'revoked') return toApiKey(row!, now);

    const revoked = toApiKey(await one(tx, REVOKE, { id, now }), now);
    const { audit, outbox } = this.#deps;
    await audit.append(tx, actor, [
      { action: 'api_key.revoked', objectId: id, fromState: statusOf(row!, now), toState: 'revoked' },
    ]);
    await outbox.append(tx, actor, [{ type: 'api_key.revoked', objectId: id, object: toWireKey(revoked) }]);
    this.#announce(tx, row!);
    return revoked;
  }

  async #insert(
    tx: Tx,
    actor: Actor,
    {
      requireSignature,
      lineage,
      ...values
    }: Omit<Parameters<typeof toValues>[0], 'actor' | 'text' | 'signingSecret'> & {
      readonly requireSignature: boolean;
    },
  ): Promise<MadeKey> {
    const { random, secrets, audit, outbox } = this.#deps;
    const text = newKeyText(actor.livemode, random);
    const signingSecret = requireSignature ? newSigningSecret(random) : null;
    const sealed = signingSecret === null ? null : secrets.seal(SIGNING_PURPOSE, signingSecret);
    const row = await maybeOne(tx, INSERT, toValues({ ...values, lineage, actor, text, signingSecret: sealed }));
    if (row === null) {
      throw new ItPayError('RESOURCE_NOT_FOUND', { details: { object: 'account', id: actor.account } });
    }
    const key = toApiKey(row, values.now);
    await audit.append(tx, actor, [
      { action: 'api_key.created', objectId: key.id, fromState: null, toState: 'active' },
    ]);
    await outbox.append(tx, actor, [{ type: 'api_key.created', objectId: key.id, object: toWireKey(key) }]);
    return { key, token: formatKey(text), signingSecret };
  }

  /** Locks the key in question and the caller's own. Without a caller there is no grant. */
  async #lock(
    tx: Tx,
    { account, livemode }: Actor,
    ids: readonly string[],
    by: Principal | null,
    now: Date,
  ): Promise<[Grant | null, ApiKeyRow | null]> {
    const rows = await tx.query(LOCK, { ids: by === null ? ids : [...ids, by.id], account, livemode });
    const find = (id: string | undefined) => rows.find((row) => row.id === id) ?? null;
    const grant = by && grantOf(by, find(by.id), now);
    if (ids.length > 0 && find(ids[0]) === null) throw keyNotFound(ids[0]!);
    return [grant, find(ids[0])];
  }

  #scopesOf({ scopes, preset }: KeyInput): readonly string[] {
    const { scopes: known } = this.#deps;
    if ((scopes === undefined) === (preset === undefined)) {
      throw new ItPayError('PARAMETER_INVALID', {
        message: 'Say what the key may do with permissions or with preset, one of the two.',
        param: 'permissions',
      });
    }
    return requireKnownScopes(scopes ?? presetScopes(preset!, known), known);
  }

  #announce(tx: Tx, { key_id }: ApiKeyRow): void {
    const { cache, pubsub } = this.#deps;
    // The others look again when they hear of it, and must not find then what was true before.
    tx.afterCommit(() => void cache.forget(key_id).then(() => pubsub.publish(KEY_TOPIC, key_id)));
  }
}

export const keyNotFound = (id: string) => new ItPayError('RESOURCE_NOT_FOUND', { details: { object: 'API key', id } });

interface InsertValues {
  readonly id: string;
  readonly actor: Actor;
  readonly text: ReturnType<typeof newKeyText>;
  /** Null: the first of its line. */
  readonly lineage: string | null;
  readonly label: string;
  readonly scopes: readonly string[];
  readonly ipAllowlist: readonly string[];
  /** Sealed. */
  readonly signingSecret: Buffer | null;
  readonly apiVersion: string | null;
  readonly expiresAt: Date | null;
  readonly now: Date;
}

function toValues({ actor, text, lineage, ...values }: InsertValues) {
  return {
    ...values,
    account: actor.account,
    livemode: actor.livemode,
    lineage: lineage ?? values.id,
    keyId: text.keyId,
    secretHash: hashSecret(text.secret),
    last4: text.secret.slice(-4),
  };
}

const newSigningSecret = (random: Random) => `itpay_sig_${Buffer.from(random.bytes(32)).toString('base64url')}`;

function requireActive(row: ApiKeyRow, now: Date, requested: string): ApiKeyRow {
  const current = statusOf(row, now);
  if (current === 'active') return row;
  throw new ItPayError('INVALID_STATE_TRANSITION', {
    details: {
      object: 'API key',
      id: row.id,
      current,
      requested,
      allowed: current === 'revoked' ? [] : ['revoke'],
      ...(row.replaced_by !== null && { replaced_by: row.replaced_by }),
    },
  });
}

function requireLabel(label: string): string {
  if (label.length >= 1 && label.length <= 100) return label;
  throw invalid('label', 'The label of a key has 1 to 100 characters.');
}

function requireFuture(expiresAt: Date | null, now: Date): Date | null {
  if (expiresAt === null || expiresAt > now) return expiresAt;
  throw invalid('expires_at', 'A key must expire in the future.');
}

function requireRanges(texts: readonly string[]): readonly string[] {
  if (texts.length > MAX_RANGES) throw invalid('ip_allowlist', `A key is bound to at most ${MAX_RANGES} ranges.`);
  for (const text of texts) parseRange(text);
  return [...new Set(texts)];
}

function requireVersion(version: string): string {
  if (isApiVersion(version)) return version;
  throw invalid(
    'api_version',
    `There is no API version ${version}. There are: ${API_VERSIONS.map((known) => known.version).join(', ')}.`,
  );
}

function requireOverlap(overlapMs: number): void {
  if (Number.isInteger(overlapMs) && overlapMs >= 0 && overlapMs <= MAX_ROTATION_OVERLAP_MS) return;
  throw invalid('overlap_seconds', 'A rotated key works on for 0 seconds to 7 days.');
}

const invalid = (param: string, message: string) => new ItPayError('PARAMETER_INVALID', { message, param });

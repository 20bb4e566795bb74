import { maybeOne, token, type Actor, type Clock, type Database, type Token, type Tx } from '@itpay/kernel';
import { toApiKey, type ApiKey } from './api-key.js';
import {
  keyNotFound,
  ROTATION_OVERLAP_MS,
  type KeyChanges,
  type KeyInput,
  type KeyUpdate,
  type MadeKey,
} from './changes.js';
import { FIND_ANY, LIST } from './store.js';

export type NewApiKey = KeyInput & {
  readonly account: string;
  readonly livemode: boolean;
};

export interface ApiKeysDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly changes: KeyChanges;
}

/**
 * API keys for the host's own code, which may do everything. Each change commits together with its event and its audit
 * entry; this process heeds it at once, others within ten seconds, mostly sooner.
 */
export class ApiKeys {
  static readonly token: Token<ApiKeys> = token<ApiKeys>('gateway.api-keys');

  readonly #deps: ApiKeysDeps;

  constructor(deps: ApiKeysDeps) {
    this.#deps = deps;
  }

  /**
   * @returns the key, `token`: what its holder sends, and `signingSecret`. Nobody can be shown them a second time.
   * @throws ItPayError `PARAMETER_INVALID` naming the option, or `RESOURCE_NOT_FOUND` when there is no such account
   */
  async create({ account, livemode, ...input }: NewApiKey): Promise<MadeKey> {
    const { database, changes } = this.#deps;
    return database.transaction((tx) => changes.create(tx, hostOf({ account, livemode }), input, null));
  }

  /**
   * Replaces a key by a new one that may do the same, under the same bounds. The old one works beside it for a while, so
   * that it can be exchanged without a gap. A key that expires gets a successor with as long a life as it had itself.
   *
   * @param options.overlapMs how long the old key works on, at most 7 days; 0 ends it at once. Left out: 24 hours
   * @returns the new key with its secrets; idempotency keys of the old one stay valid for it
   * @throws ItPayError `RESOURCE_NOT_FOUND`, `PARAMETER_INVALID`, or `INVALID_STATE_TRANSITION` unless the key is active
   */
  async rotate(
    id: string,
    { overlapMs = ROTATION_OVERLAP_MS }: { readonly overlapMs?: number } = {},
  ): Promise<MadeKey> {
    return this.#change(id, (tx, actor) => this.#deps.changes.rotate(tx, actor, id, overlapMs, null));
  }

  /**
   * Changes label, scopes, addresses, end or wire version of a key.
   *
   * @throws ItPayError `RESOURCE_NOT_FOUND`, `PARAMETER_INVALID`, or `INVALID_STATE_TRANSITION` unless the key is active
   */
  async update(id: string, changes: KeyUpdate): Promise<ApiKey> {
    return this.#change(id, (tx, actor) => this.#deps.changes.update(tx, actor, id, changes, null));
  }

  /**
   * Ends a key for good: at once in this process, within ten seconds in others. A key that is revoked already stays so.
   *
   * @throws ItPayError `RESOURCE_NOT_FOUND`
   */
  async revoke(id: string): Promise<ApiKey> {
    return this.#change(id, (tx, actor) => this.#deps.changes.revoke(tx, actor, id, null));
  }

  /** @throws ItPayError `RESOURCE_NOT_FOUND` */
  async get(id: string): Promise<ApiKey> {
    const row = await maybeOne(this.#deps.database, FIND_ANY, { id });
    if (row === null) throw keyNotFound(id);
    return toApiKey(row, this.#deps.clock.now());
  }

  /** The keys of an account, of both modes and in every state, newest first. */
  async list(account: string): Promise<ApiKey[]> {
    const now = this.#deps.clock.now();
    return (await this.#deps.database.query(LIST, { account })).map((row) => toApiKey(row, now));
  }

  // The host names a key alone; account and mode, which never change, are the key's own.
  async #change<T>(id: string, work: (tx: Tx, actor: Actor) => Promise<T>): Promise<T> {
    return this.#deps.database.transaction(async (tx) => {
      const row = await maybeOne(tx, FIND_ANY, { id });
      if (row === null) throw keyNotFound(id);
      return work(tx, hostOf(row));
    });
  }
}

const hostOf = ({ account, livemode }: Pick<Actor, 'account' | 'livemode'>): Actor => ({
  account,
  livemode,
  id: 'host',
  requestId: null,
});

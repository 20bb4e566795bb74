import { ItPayError } from '@itpay/core';
import type { Clock } from './ports/clock.js';
import { maybeOne, type Database } from './ports/database.js';
import type { IdGenerator } from './ports/id-generator.js';
import { statement } from './statement.js';
import { token, type Token } from './token.js';

/** A merchant, and the tenant to whom every row belongs. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
}

export class Accounts {
  static readonly token: Token<Accounts> = token<Accounts>('accounts');

  readonly #database: Database;
  readonly #clock: Clock;
  readonly #ids: IdGenerator;

  constructor(database: Database, clock: Clock, ids: IdGenerator) {
    this.#database = database;
    this.#clock = clock;
    this.#ids = ids;
  }

  /**
   * @param name unique, 1 to 100 characters; shown to operators only
   * @throws ItPayError `RESOURCE_ALREADY_EXISTS` when the name is taken
   */
  async create(name: string): Promise<Account> {
    const created = await this.#insert(name);
    if (created === null) {
      throw new ItPayError('RESOURCE_ALREADY_EXISTS', { message: `An account named "${name}" exists.`, param: 'name' });
    }
    return created;
  }

  /** The account of that name; created when there is none, also when two processes ask at once. */
  async ensure(name: string): Promise<Account> {
    const found = (await this.findByName(name)) ?? (await this.#insert(name)) ?? (await this.findByName(name));
    if (found === null) throw new Error(`The account "${name}" was deleted while it was looked up.`);
    return found;
  }

  async findByName(name: string): Promise<Account | null> {
    const row = await maybeOne(this.#database, FIND_BY_NAME, { name });
    return row && fromRow(row);
  }

  async find(id: string): Promise<Account | null> {
    const row = await maybeOne(this.#database, FIND, { id });
    return row && fromRow(row);
  }

  /** All accounts, oldest first. */
  async list(): Promise<Account[]> {
    return (await this.#database.query(LIST, {})).map(fromRow);
  }

  async #insert(name: string): Promise<Account | null> {
    if (name.length === 0 || name.length > 100) {
      throw new ItPayError('PARAMETER_INVALID', { message: 'An account name has 1 to 100 characters.', param: 'name' });
    }
    const row = await maybeOne(this.#database, INSERT, { id: this.#ids.next('m'), name, now: this.#clock.now() });
    return row && fromRow(row);
  }
}

interface AccountRow {
  readonly id: string;
  readonly name: string;
  readonly created_at: Date;
}
const fromRow = (row: AccountRow): Account => ({ id: row.id, name: row.name, createdAt: row.created_at });

const INSERT = statement<{ id: string; name: string; now: Date }, AccountRow>(
  'account_insert',
  `insert into {schema}.accounts (id, name, created_at) values (:id, :name, :now)
   on conflict (name) do nothing returning id, name, created_at`,
);
const FIND_BY_NAME = statement<{ name: string }, AccountRow>(
  'account_find_by_name',
  `select id, name, created_at from {schema}.accounts where name = :name`,
);
const FIND = statement<{ id: string }, AccountRow>(
  'account_find',
  `select id, name, created_at from {schema}.accounts where id = :id`,
);
const LIST = statement<object, AccountRow>(
  'account_list',
  `select id, name, created_at from {schema}.accounts order by id`,
);

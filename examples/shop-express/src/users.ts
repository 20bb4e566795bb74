import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { Knex } from 'knex';

export interface User {
  readonly id: number;
  readonly email: string;
  readonly name: string;
  readonly staff: boolean;
}

const derive = promisify(scrypt) as (password: string, salt: Buffer, length: number) => Promise<Buffer>;

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  return `${salt.toString('base64url')}.${(await derive(password, salt, 32)).toString('base64url')}`;
}

async function isPassword(password: string, stored: string): Promise<boolean> {
  const [salt = '', hash = ''] = stored.split('.').map((part) => Buffer.from(part, 'base64url'));
  return timingSafeEqual(Buffer.from(hash), await derive(password, Buffer.from(salt), 32));
}

/** Null for a wrong address and for a wrong password; both take the same time. */
export async function findByPassword(db: Knex, email: string, password: string): Promise<User | null> {
  const row = await db('shop.users').where({ email: email.trim().toLowerCase() }).first();
  const right = await isPassword(password, row?.password_hash ?? NOBODY);
  return row !== undefined && right ? toUser(row) : null;
}

/** Null when the address has an account already. */
export async function register(
  db: Knex,
  { email, name, password }: { readonly email: string; readonly name: string; readonly password: string },
): Promise<User | null> {
  const [row] = await db('shop.users')
    .insert({ email: email.trim().toLowerCase(), name: name.trim(), password_hash: await hashPassword(password) })
    .onConflict('email')
    .ignore()
    .returning('*');
  return row === undefined ? null : toUser(row);
}

export function toUser({ id, email, name, staff }: User): User {
  return { id, email, name, staff };
}

const NOBODY = await hashPassword(randomBytes(16).toString('hex'));

import { createHash, randomBytes } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import type { Knex } from 'knex';
import { toUser, type User } from './users.js';

const COOKIE = 'doi_session';
const LIFETIME_MS = 30 * 86_400_000;

/** A visitor with a cart, or somebody who signed in. */
export interface Session {
  readonly id: string;
  readonly user: User | null;
}

/** The session of a request; null for a visitor who has neither a cart nor an account. */
export const sessionOf = (res: Response): Session | null => res.locals['session'] ?? null;

/** Who signed in. Only behind `signedIn` or `staffOnly`. */
export const userOf = (res: Response): User => sessionOf(res)!.user!;

/** Reads the cookie. The database knows its hash, so that a copy of the table opens no session. */
export function readSession(db: Knex): RequestHandler {
  return async (req, res, next) => {
    const token = new RegExp(`(?:^|; )${COOKIE}=([\\w-]{43})(?:;|$)`).exec(req.headers.cookie ?? '')?.[1];
    if (token !== undefined) res.locals['session'] = await find(db, hashOf(token));
    next();
  };
}

/** Begins a session, or gives the one that is there a new name, as a sign-in must. The cart stays. */
export async function beginSession(db: Knex, res: Response, user: User | null): Promise<Session> {
  const token = randomBytes(32).toString('base64url');
  const row = { id: hashOf(token), user_id: user?.id ?? null, expires_at: new Date(Date.now() + LIFETIME_MS) };
  const before = sessionOf(res);
  if (before === null) await db('shop.sessions').insert(row);
  else await db('shop.sessions').where({ id: before.id }).update(row);
  setCookie(res, token, LIFETIME_MS);
  return (res.locals['session'] = { id: row.id, user });
}

export async function endSession(db: Knex, res: Response): Promise<void> {
  const session = sessionOf(res);
  if (session !== null) await db('shop.sessions').where({ id: session.id }).delete();
  setCookie(res, '', 0);
}

/** Sends those who have not signed in to the sign-in page. */
export const signedIn: RequestHandler<any> = (req, res, next) => {
  if (sessionOf(res)?.user) return next();
  res.redirect(303, `/sign-in?next=${encodeURIComponent(req.method === 'GET' ? req.originalUrl : '/cart')}`);
};

/** For everybody else these pages do not exist. */
export const staffOnly: RequestHandler<any> = (_req, res, next) =>
  next(sessionOf(res)?.user?.staff ? undefined : 'route');

async function find(db: Knex, id: string): Promise<Session | null> {
  const row = await db('shop.sessions as s')
    .leftJoin('shop.users as u', 'u.id', 's.user_id')
    .where('s.id', id)
    .where('s.expires_at', '>', new Date())
    .first('u.*', 's.id as session_id');
  return row === undefined ? null : { id: row.session_id, user: row.id === null ? null : toUser(row) };
}

const hashOf = (token: string) => createHash('sha256').update(token).digest('base64url');

// SameSite=Lax: no other site's form can act in a customer's name.
function setCookie(res: Response, token: string, maxAge: number): void {
  res.cookie(COOKIE, token, { httpOnly: true, sameSite: 'lax', secure: res.req.secure, maxAge, path: '/' });
}

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { inject } from 'vitest';
import { whenFileEnds } from './cleanup.js';
import type { Need } from './needs.js';

/** Which database a `*.db.test.ts` runs on. Each of these files runs twice, once per back end. */
export function backend(): 'pglite' | 'postgres' {
  const chosen = inject('backend');
  if (!chosen) throw new Error('Only a file named *.db.test.ts runs on a database back end; rename this one.');
  return chosen;
}

/** For tests outside of `*.db.test.ts` that want a real server: `describeNeeding(postgresNeed(), …)`. */
export function postgresNeed(): Need {
  return { missing: inject('postgres')?.missing ?? null };
}

export interface FreshDatabase {
  url: string;
  /** Ends what is still connected and removes the database. Happens by itself when the test file ends. */
  drop(): Promise<void>;
}

/** An empty database of its own on the run's PostgreSQL server. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const server = inject('postgres')?.url;
  if (!server) throw new Error('No PostgreSQL here. Put the suite into describeNeeding(postgresNeed(), …).');

  const name = `itpay_test_${randomBytes(6).toString('hex')}`;
  await administer(server, `create database ${name}`);
  const drop = () => administer(server, `drop database if exists ${name} with (force)`);
  whenFileEnds(drop);

  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop };
}

/** An empty folder, for PGlite or for files; removed when the test file ends. */
export async function freshDirectory(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'itpay-test-'));
  whenFileEnds(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** A connection for one statement: `create database` and `drop database` refuse to run inside a transaction. */
async function administer(server: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isItPayError } from '@itpay/core';
import { openPglite, openPostgres } from '@itpay/data';
import { migrate, type BlobStore, type Database, type Logger, type MigrationSet, type Tx } from '@itpay/kernel';
import { CommandError } from '../cli/errors.js';
import { batchSize, copyTable } from './copy.js';
import { digestOf, tablesThatDiffer, type Digest } from './digest.js';
import { filesOf, type Files } from './files.js';
import { markerFile, markPromoted, promotedTo } from './marker.js';
import { printAlike, sessionOn, type Session } from './session.js';
import { differencesOf, otherTables, sequencesOf, tablesOf, type Sequence, type Table } from './tables.js';
import {
  appliedSteps,
  assertUsable,
  installationId,
  lockTables,
  NOTHING_CHANGED,
  occupationOf,
  openForCopy,
  stepsAgainst,
  type Occupation,
} from './target.js';

export interface PromoteOptions {
  /** The directory of the embedded installation: database, files and secret key. */
  readonly dataDir: string;
  /** URL of the PostgreSQL database that it moves to. */
  readonly to: string;
  /** Holds the framework's tables on both sides. */
  readonly schema: string;
  /** The steps of this version with the configured plugins. */
  readonly sets: readonly MigrationSet[];
  readonly preparedStatements?: boolean | undefined;
  /** Where files go; null leaves them where they are. */
  readonly blobStore: BlobStore | null;
  readonly logger: Logger;
  readonly now: () => Date;
  /** Told what is done at the moment, a line each time. */
  readonly tell: (line: string) => void;
  /** Called once when everything is known and nothing has changed yet. It throws to end it there. */
  readonly agree: (facts: readonly string[]) => Promise<void>;
}

export interface Promotion {
  readonly tables: number;
  readonly rows: number;
  /** False: an earlier run had moved everything, and was ended before it could say so. */
  readonly moved: boolean;
  /** Files that were copied into the blob store. */
  readonly filesCopied: number;
  /** Files that stay in the directory. */
  readonly filesLeft: number;
}

/**
 * Moves an embedded installation to PostgreSQL: all tables of the schema in one transaction there, verified before it
 * commits. The embedded directory stays as it is, with a marker file that keeps it from being started.
 *
 * @throws CommandError when it cannot be done; PostgreSQL is then as it was
 */
export async function promote(options: PromoteOptions): Promise<Promotion> {
  const { dataDir, schema, logger, now, tell } = options;
  await assertThere(dataDir);
  const directory = join(dataDir, 'db');
  const source = await openPglite({ directory, schema, logger, onProgress: tell }).catch((error: unknown) => {
    throw stillRunning(error, dataDir);
  });
  try {
    const done = await moveOpen(source, options);
    await markPromoted(dataDir, { to: addressOf(options.to), schema, at: now().toISOString() });
    return done;
  } finally {
    await source.close();
  }
}

/** The same for a database that nobody else has open, without the marker. */
export async function moveOpen(source: Database, options: PromoteOptions): Promise<Promotion> {
  const { dataDir, schema, to: url, logger, preparedStatements, blobStore } = options;
  const snapshot = await source.transaction((tx) => look(tx, options));
  const files = await filesOf(dataDir);
  const target = await openPostgres({ url, schema, poolSize: 1, logger, preparedStatements });
  try {
    const moved = !(await target.transaction((tx) => holdsItAlready(tx, snapshot, options)));
    if (moved) await options.agree(factsOf(snapshot, files, options));
    if (blobStore !== null) await copyFiles(files, blobStore, options);
    if (moved) await copyAll(source, target, snapshot, options);
    return {
      tables: snapshot.tables.length,
      rows: rowsOf(snapshot.digests),
      moved,
      filesCopied: blobStore === null ? 0 : files.keys.length,
      filesLeft: blobStore === null ? files.keys.length : 0,
    };
  } finally {
    await target.close();
  }
}

/** `postgres://host:5432/shop`: a URL without user, password and query. */
export function addressOf(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

async function assertThere(dataDir: string): Promise<void> {
  if (!existsSync(join(dataDir, 'db', 'pglite'))) {
    throw new CommandError(
      `There is no embedded database in ${dataDir}. Name its directory with --from, or with ITPAY_DATA_DIR.`,
    );
  }
  const promoted = await promotedTo(dataDir);
  if (promoted === null) return;
  throw new CommandError(
    `The database in ${dataDir} was moved to ${promoted.to} at ${promoted.at}. To move it once more, as it was then, ` +
      `delete ${markerFile(dataDir)}.`,
  );
}

function stillRunning(error: unknown, dataDir: string): unknown {
  if (!isItPayError(error) || error.code !== 'DATABASE_LOCKED') return error;
  const { pid, host } = error.details as { pid: number | null; host: string | null };
  return new CommandError(
    `Process ${pid ?? '?'} on ${host ?? '?'} uses the embedded database in ${dataDir}. Stop it, so that no payment comes ` +
      `in while the database moves, and call this again. ${NOTHING_CHANGED}`,
  );
}

/** What the embedded database holds; nobody can change it while it is open here. */
interface Snapshot {
  readonly tables: readonly Table[];
  readonly sequences: readonly Sequence[];
  readonly digests: ReadonlyMap<string, Digest>;
  readonly installation: string | null;
  readonly left: readonly string[];
}

async function look(tx: Tx, { dataDir, schema, sets, tell }: PromoteOptions): Promise<Snapshot> {
  const session = await sessionOn(tx);
  await printAlike(session);
  const tables = await tablesOf(session, schema);
  const applied = await appliedSteps(session, tables);
  if (applied.length === 0) {
    throw new CommandError(`The database in ${dataDir} has no schema "${schema}" of ItPay. Name it with --schema.`);
  }
  const { missing, unknown } = stepsAgainst(applied, sets);
  if (unknown.length > 0) {
    throw new CommandError(
      `The database in ${dataDir} has steps that nobody here knows: ${unknown.join(', ')}. A newer version made them, or ` +
        'a plugin that the configuration does not list: use that version, and name the configuration: itpay --config FILE promote.',
    );
  }
  if (missing.length > 0) {
    throw new CommandError(
      `The database in ${dataDir} is of an older version, or of one with fewer plugins: it lacks ${missing.join(', ')}. ` +
        'Keep a copy of the directory, run "itpay migrate" on it (without DATABASE_URL), and call this again.',
    );
  }
  tell(`Reading ${tables.length} tables of ${dataDir} …`);
  return {
    tables,
    sequences: await sequencesOf(session, schema),
    digests: await digestsOf(session, tables),
    installation: await installationId(session, tables),
    left: await otherTables(session, schema),
  };
}

async function digestsOf(session: Session, tables: readonly Table[]): Promise<ReadonlyMap<string, Digest>> {
  const digests = new Map<string, Digest>();
  for (const table of tables) digests.set(table.name, await digestOf(session, table));
  return digests;
}

const rowsOf = (digests: ReadonlyMap<string, Digest>) => [...digests.values()].reduce((sum, { rows }) => sum + rows, 0);

/**
 * Looks at the target and changes nothing.
 *
 * @returns true when an earlier run committed there, and was ended before it marked the directory
 * @throws CommandError when something is there that a move would overwrite
 */
async function holdsItAlready(tx: Tx, snapshot: Snapshot, options: PromoteOptions): Promise<boolean> {
  const session = await sessionOn(tx);
  await printAlike(session);
  await assertUsable(session);
  const tables = await tablesOf(session, options.schema);
  if (tables.length === 0) return false;
  const occupation = await occupationOf(session, tables, snapshot.digests);
  if (occupation.installation !== null && occupation.installation === snapshot.installation) {
    const same = differencesOf(snapshot.tables, tables).length === 0;
    const changed = same ? tablesThatDiffer(snapshot.digests, await digestsOf(session, tables)) : ['the tables'];
    if (changed.length === 0) return true;
    throw new CommandError(
      `This installation is in "${options.schema}" of ${addressOf(options.to)} already, and is not the same there any ` +
        `more (${changed.join(', ')}): processes have gone on with one of the two. ${NOTHING_CHANGED}`,
    );
  }
  assertFree(tables, occupation, await appliedSteps(session, tables), options);
  return false;
}

// Nothing is ever overwritten: only what "itpay migrate" leaves may be there.
function assertFree(
  tables: readonly Table[],
  { occupied, installation }: Occupation,
  applied: readonly string[],
  { schema, sets, to }: PromoteOptions,
): void {
  const where = `The schema "${schema}" of ${addressOf(to)}`;
  const wayOut = `Choose another database, or drop the schema when nobody needs what is in it. ${NOTHING_CHANGED}`;
  if (installation === null || applied.length === 0) {
    throw new CommandError(
      `${where} holds tables that are not ItPay's: ${tables.map(({ name }) => name).join(', ')}. ${wayOut}`,
    );
  }
  if (occupied.length > 0) {
    const what = occupied.map(({ table, rows }) => `${table} (${rows})`).join(', ');
    throw new CommandError(`${where} holds an installation that was used already: ${what}. ${wayOut}`);
  }
  const { unknown } = stepsAgainst(applied, sets);
  if (unknown.length > 0) {
    throw new CommandError(`${where} is of a newer version, or of other plugins: ${unknown.join(', ')}. ${wayOut}`);
  }
}

function factsOf({ tables, digests, left }: Snapshot, files: Files, options: PromoteOptions): readonly string[] {
  const { dataDir, schema, to, blobStore } = options;
  const filesGo = blobStore === null ? 'stay in the directory' : 'are copied into the blob store';
  return [
    `from   ${dataDir}: ${tables.length} tables with ${rowsOf(digests)} rows`,
    `to     "${schema}" of ${addressOf(to)}`,
    ...(files.keys.length === 0 ? [] : [`files  ${files.keys.length} ${filesGo}`]),
    ...(left.length === 0 ? [] : [`left   tables outside of "${schema}", which are not ItPay's: ${left.join(', ')}`]),
  ];
}

async function copyFiles(files: Files, blobStore: BlobStore, { tell }: PromoteOptions): Promise<void> {
  const say = tenths('files', files.keys.length, tell);
  await files.copyTo(blobStore, say).catch((error: unknown) => {
    throw new CommandError(
      `The files could not be copied into the blob store: ${(error as Error).message} The database was not touched; ` +
        'call this again when the store answers.',
    );
  });
}

async function copyAll(source: Database, target: Database, snapshot: Snapshot, options: PromoteOptions): Promise<void> {
  const work = source.transaction(async (reading) => {
    const from = await sessionOn(reading);
    await printAlike(from);
    await target.transaction((writing) => fill(from, writing, target, snapshot, options));
  });
  await work.catch((error: unknown) => {
    if (error instanceof CommandError || isItPayError(error)) throw error;
    throw new CommandError(
      `It did not go through: ${(error as Error).message}\nUnless the connection broke at the very end, PostgreSQL is as ` +
        'it was. Call this again: it begins anew, or finds that everything is there.',
    );
  });
}

async function fill(
  from: Session,
  writing: Tx,
  target: Database,
  snapshot: Snapshot,
  options: PromoteOptions,
): Promise<void> {
  const { schema, sets, tell } = options;
  const to = await sessionOn(writing);
  // In this transaction, so that of a run that ends in the middle not even a schema is left. It waits for another one.
  const onWriting = { ...target, query: writing.query.bind(writing), transaction: inside(writing) };
  tell(`Making the tables …`);
  const ran = await migrate(onWriting, sets);
  await printAlike(to);
  const tables = await tablesOf(to, schema);
  await lockTables(to, tables);
  // Unless every step ran right now, somebody may have been here since we looked.
  const isNew = ran.length === sets.reduce((sum, { migrations }) => sum + migrations.length, 0);
  if (!isNew)
    assertFree(tables, await occupationOf(to, tables, snapshot.digests), await appliedSteps(to, tables), options);
  const differences = differencesOf(snapshot.tables, tables);
  if (differences.length > 0) {
    throw new CommandError(
      `The tables of the two sides are not the same: ${differences.join('; ')}. Tables that are not ItPay's belong into ` +
        `another schema: alter table … set schema …. ${NOTHING_CHANGED}`,
    );
  }

  const { restore } = await openForCopy(to, schema, tables);
  for (const table of snapshot.tables) {
    const { rows, largestRow } = snapshot.digests.get(table.name)!;
    if (rows === 0) continue;
    const onRows = tenths(table.name, rows, tell);
    await copyTable({ from, to, table, rowsAtOnce: batchSize(largestRow), onRows });
  }
  for (const { sqlName, next } of snapshot.sequences) await to.rows(`alter sequence ${sqlName} restart with ${next}`);
  await restore();

  tell('Comparing counts and checksums …');
  const changed = tablesThatDiffer(snapshot.digests, await digestsOf(to, tables));
  if (changed.length > 0) {
    throw new CommandError(
      `PostgreSQL did not store what it was given: ${changed.join(', ')} differ. Is there a rule or a trigger on them? ` +
        NOTHING_CHANGED,
    );
  }
  for (const { sqlName } of tables) await to.rows(`analyze ${sqlName}`);
}

const inside =
  (tx: Tx): Database['transaction'] =>
  (work) =>
    work(tx);

/** A line for each tenth, and for the whole. */
function tenths(name: string, total: number, tell: (line: string) => void): (done: number) => void {
  let told = 0;
  return (done) => {
    const tenth = Math.floor((10 * done) / total);
    if (tenth > told) tell(`  ${name} ${done}/${total}`);
    told = tenth;
  };
}

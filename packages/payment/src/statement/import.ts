import { ItPayError } from '@itpay/core';
import { channelInstanceKey, type Actor, type Channel, type StatementPart } from '@itpay/kernel';
import { keeperOf } from '../inflow/keeper.js';
import type { PaymentServices } from '../services.js';
import { sha256 } from '../sha256.js';
import { checkPart } from './check-part.js';
import { NO_COUNTS, type Statement, type StatementSource, type ToldStatement } from './statement.js';
import { toldStatement, warningsFor } from './warnings.js';
import { writeRows, type OnProgress } from './write-rows.js';

/** How large a file may be in this process, in bytes. Over HTTP it is less. */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;

export interface StatementImport {
  /** The channel that the file tells about: `bank_transfer`. */
  readonly channel: string;
  /** The file, unchanged: all of it, or as it arrives. At most 64 MiB. */
  readonly file: Uint8Array | AsyncIterable<Uint8Array>;
  /** Its name, for people and for readers that need one. */
  readonly name?: string | null | undefined;
  /** Called again and again while rows are written down. */
  readonly onProgress?: OnProgress | undefined;
}

export interface ImportedStatement {
  readonly statement: Statement;
  /** False when these bytes were read before. */
  readonly isNew: boolean;
}

/**
 * Reads a file of a bank or a rail. The whole file is read before anything is written; then its rows are written down one
 * after the other, each together with what follows from it, so that whatever dies in between, the same file goes on. The same
 * bytes are one statement, and the same line is one row, in whichever file it stands.
 *
 * @throws ItPayError `CHANNEL_NOT_SUPPORTED`; `CHANNEL_CAPABILITY_UNSUPPORTED` for a channel that reads no files;
 *   `PERMISSION_DENIED` for an account that does not keep the books of the installation; `BODY_TOO_LARGE`;
 *   `STATEMENT_INVALID`, `AMOUNT_PRECISION_UNSUPPORTED` for a file of which nothing was written
 */
export async function importStatement(
  services: PaymentServices,
  actor: Actor,
  { channel: id, file, name = null, onProgress }: StatementImport,
): Promise<ImportedStatement> {
  const channel = requireReader(services, actor, id);
  await requireKeeper(services, actor);
  const bytes = await bytesOf(file);
  return readStatement(services, actor, channel, {
    source: 'upload',
    digest: sha256(bytes),
    name,
    day: null,
    parts: () => channel.parseStatement!(piecesOf(bytes), { name }),
    onProgress,
  });
}

/** What is read, wherever it comes from. */
export interface StatementReading {
  readonly source: StatementSource;
  /** SHA-256 of what tells it from every other. */
  readonly digest: Uint8Array;
  readonly name: string | null;
  readonly day: string | null;
  /** Reads it from its beginning; called twice. */
  parts(): AsyncIterable<StatementPart>;
  readonly onProgress?: OnProgress | undefined;
}

/** Reads a statement unless it was read before. */
export async function readStatement(
  services: PaymentServices,
  actor: Actor,
  channel: Channel,
  reading: StatementReading,
): Promise<ImportedStatement> {
  const { database, statements, clock, audit } = services;
  const known = await statements.findByDigest(database, channelInstanceKey(channel), reading.digest);
  if (known?.status === 'finished') return { statement: known, isNew: false };

  const survey = await surveyOf(reading.parts());
  const begun = known ?? (await begin(services, actor, channel, reading, survey));
  if (begun.status === 'finished') return { statement: begun, isNew: false };
  await writeRows(services, actor, channel, begun, { ...survey, ...reading });
  await database.transaction(async (tx) => {
    const counts = await statements.countsOf(tx, begun.id, survey.rows);
    if (!(await statements.finish(tx, begun.id, counts, clock.now()))) return;
    await audit.append(tx, actor, [
      {
        action: 'statement.import',
        objectId: begun.id,
        fromState: 'reading',
        toState: 'finished',
        evidenceDigest: reading.digest,
      },
    ]);
  });
  const finished = (await statements.find(database, begun, begun.id))!;
  return { statement: finished, isNew: known === null };
}

/** What a whole file says about itself; known before the first row is written. */
export interface Survey {
  readonly rows: number;
  readonly told: readonly ToldStatement[];
  /** By the statements in the file, in their order. */
  readonly balancesAgree: readonly (boolean | null)[];
}

async function surveyOf(parts: AsyncIterable<StatementPart>): Promise<Survey> {
  const told: ToldStatement[] = [];
  const balancesAgree: (boolean | null)[] = [];
  let rows = 0;
  let rowsOfThis = 0;
  for await (const part of parts) {
    checkPart(part);
    if (part.part === 'statement') {
      balancesAgree.push(null);
      rowsOfThis = 0;
    } else if (part.part === 'row') {
      rows += 1;
      rowsOfThis += 1;
    } else {
      balancesAgree[balancesAgree.length - 1] = part.facts.balancesAgree;
      told.push(toldStatement(part.facts, rowsOfThis));
    }
  }
  return { rows, told, balancesAgree };
}

async function begin(
  services: PaymentServices,
  actor: Actor,
  channel: Channel,
  { source, digest, name, day }: StatementReading,
  { told }: Survey,
): Promise<Statement> {
  const { database, statements, clock, ids, audit } = services;
  const channelInstance = channelInstanceKey(channel);
  const statement: Statement = {
    id: ids.next('stm'),
    account: actor.account,
    livemode: actor.livemode,
    channel: channel.id,
    channelInstance,
    merchantAccount: channel.merchantAccount,
    fileDigest: digest,
    fileName: name,
    source,
    day,
    status: 'reading',
    facts: told,
    counts: NO_COUNTS,
    warnings: warningsFor(told, await statements.earlierFacts(database, channelInstance)),
    createdBy: actor.id,
    createdAt: clock.now(),
    finishedAt: null,
  };
  return database.transaction(async (tx) => {
    // Somebody else may have brought it a moment ago; then both write its rows, and each row is written once.
    if (!(await statements.insert(tx, statement))) {
      return (await statements.findByDigest(tx, channelInstance, digest))!;
    }
    await audit.append(tx, actor, [
      {
        action: 'statement.import',
        objectId: statement.id,
        fromState: null,
        toState: 'reading',
        evidenceDigest: digest,
      },
    ]);
    return statement;
  });
}

/**
 * The channel that reads files.
 *
 * @throws ItPayError `CHANNEL_NOT_SUPPORTED`, `CHANNEL_CAPABILITY_UNSUPPORTED`
 */
export function requireReader({ channels }: PaymentServices, { livemode }: Actor, id: string): Channel {
  const mode = livemode ? 'live' : 'test';
  const channel = channels.get(id, mode);
  const readers = channels.list(mode).filter(({ parseStatement }) => parseStatement !== undefined);
  const readersText =
    readers.length === 0
      ? `No ${mode} channel reads files.`
      : `Those that read files: ${readers.map((reader) => reader.id).join(', ')}.`;
  if (channel === undefined) {
    throw new ItPayError('CHANNEL_NOT_SUPPORTED', {
      message: `No ${mode} channel "${id}" is configured. ${readersText}`,
      param: 'channel',
      details: { channel: id, allowed: readers.map((reader) => reader.id) },
    });
  }
  if (channel.parseStatement === undefined) {
    throw new ItPayError('CHANNEL_CAPABILITY_UNSUPPORTED', {
      message: `The channel "${id}" reads no files. ${readersText}`,
      param: 'channel',
      details: { channel: id, capability: 'statement' },
    });
  }
  return channel;
}

/**
 * A statement tells about the payments of all accounts, so one account of the installation brings it.
 *
 * @throws ItPayError `PERMISSION_DENIED`
 */
export async function requireKeeper(services: PaymentServices, { account }: Actor): Promise<void> {
  const keeper = await keeperOf(services);
  if (keeper.id === account) return;
  throw new ItPayError('PERMISSION_DENIED', {
    message:
      'A statement tells about the payments of every account of this installation, so its first account brings it. Use a ' +
      'key of that account.',
  });
}

async function bytesOf(file: StatementImport['file']): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of file instanceof Uint8Array ? [file] : file) {
    size += chunk.length;
    if (size > MAX_FILE_BYTES) {
      throw new ItPayError('BODY_TOO_LARGE', {
        message: `The file is larger than ${MAX_FILE_BYTES} bytes. Ask the bank for statements of shorter periods.`,
        param: 'file',
        details: { limit: MAX_FILE_BYTES },
      });
    }
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

const PIECE_BYTES = 64 * 1024;

/** Small pieces, so that what a reader makes of one stays small. */
async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}

import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Journal, JournalEntry } from './journal.js';
import { LONGEST_BODY, type Consumer, type Reply } from './webhooks/consumer.js';

// What needs Node. The rest of the package runs without it.

/**
 * A journal in a folder, one file for each write that is under way. It holds what you send, such as descriptions and
 * metadata, and no keys.
 *
 * @param directory made when it is missing; of one account, and on a disk that outlives the process
 */
export function fileJournal(directory: string): Journal {
  const fileOf = (key: string) => join(directory, `${createHash('sha256').update(key).digest('hex')}.json`);
  return {
    async put(entry) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      if ((await read(fileOf(entry.key))) !== null) return;
      // Written beside, then moved: a crash leaves a whole file or none.
      const draft = join(directory, `${randomUUID()}.tmp`);
      const file = await open(draft, 'wx', 0o600);
      try {
        await file.writeFile(JSON.stringify(entry));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, fileOf(entry.key));
      await syncFolder(directory);
    },
    async done(key) {
      await rm(fileOf(key), { force: true });
    },
    async pending() {
      const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return [];
        throw error;
      });
      const found = await Promise.all(
        names.filter((name) => name.endsWith('.json')).map((name) => read(join(directory, name))),
      );
      return found
        .filter((entry) => entry !== null)
        .toSorted((a, b) => a.createdAt.localeCompare(b.createdAt) || a.key.localeCompare(b.key));
    },
  };
}

/** Makes the name of a new file durable, where the system can. */
async function syncFolder(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(directory, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** @returns null when there is no such entry, or no more */
async function read(path: string): Promise<JournalEntry | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    return JSON.parse(text) as JournalEntry;
  } catch (cause) {
    throw new Error(`${path} is damaged. Find out what became of its write, then move the file away.`, { cause });
  }
}

/** A request of Node's, with what Express and others may have put on it. */
type NodeRequest = IncomingMessage & { readonly body?: unknown; readonly rawBody?: unknown };

/** The receiver as a handler for `node:http`, Express and Connect: `app.post('/hooks', toNodeHandler(consumer))`. */
export function toNodeHandler(
  consumer: Pick<Consumer, 'reply' | 'fail'>,
): (request: NodeRequest, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const { status, text } = await replyTo(consumer, request);
    const headers = { 'content-type': 'text/plain; charset=utf-8', ...(status === 413 && { connection: 'close' }) };
    response.writeHead(status, headers);
    response.end(status === 204 ? undefined : text);
  };
}

async function replyTo(consumer: Pick<Consumer, 'reply' | 'fail'>, request: NodeRequest): Promise<Reply> {
  if (request.method !== 'POST') return { status: 405, text: 'Webhooks are sent with POST.' };
  const kept = [request.rawBody, request.body].find((body) => body instanceof Uint8Array || typeof body === 'string');
  if (kept !== undefined) return consumer.reply(kept as Uint8Array | string, request.headers);
  if (request.readableEnded) {
    consumer.fail(new TypeError(BODY_IS_GONE));
    return { status: 500, text: 'The receiver failed. Send it again later.' };
  }
  const body = await readBody(request);
  if (body === 'broken') return { status: 400, text: 'The body ended too early.' };
  if (body === 'too_large') return { status: 413, text: 'This is larger than any webhook.' };
  return consumer.reply(body, request.headers);
}

function readBody(request: IncomingMessage): Promise<Buffer | 'broken' | 'too_large'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request
      .on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length <= LONGEST_BODY) chunks.push(chunk);
        else resolve('too_large');
      })
      .once('end', () => resolve(Buffer.concat(chunks)))
      .once('error', () => resolve('broken'))
      .once('close', () => resolve('broken'));
  });
}

const BODY_IS_GONE =
  'A body parser took the bytes of the webhook, and the signature covers them. Put the handler before express.json(), or ' +
  'keep them: express.json({ verify: (req, _res, bytes) => { req.rawBody = bytes } }).';

import type { IncomingMessage, ServerResponse } from 'node:http';
import { ItPayError } from '@itpay/core';
import { isStream, type NeutralRequest, type NeutralResponse } from './neutral.js';
import { bodyTooLarge } from './steps/read-body.js';

/** What body parsers leave behind. */
export interface ParsedByHost {
  readonly body?: unknown;
  /** The bytes, or the text that they were. */
  readonly rawBody?: unknown;
}

export interface FromNodeOptions {
  /** Path and query below the mount, still percent-encoded. */
  readonly url: string;
  /** Where the host's body parsers put what they read. Left out: the request itself, as in Express. */
  readonly parsed?: ParsedByHost;
  /** For the log, when a signed request has lost its bytes: the line that keeps them, in this host. */
  readonly keepBytes?: string;
}

/**
 * A request of `node:http`, which is what Express, Koa and Fastify pass on, in the neutral form. It works before and after
 * the host's body parsers.
 */
export function fromNode(req: IncomingMessage, res: ServerResponse, options: FromNodeOptions): NeutralRequest {
  return new NodeRequest(req, res, options);
}

/** Sends an answer. Nothing happens when the response was sent already, for example by a host's own time limit. */
export function writeNode(res: ServerResponse, { status, headers, body }: NeutralResponse): void {
  if (res.headersSent) {
    if (isStream(body)) void body[Symbol.asyncIterator]().return?.();
    return;
  }
  // Always, because hosts preset it: Koa to 404.
  res.statusCode = status;
  for (const [name, value] of Object.entries(headers)) {
    // Beside those of the host, such as its session.
    if (name === 'set-cookie') res.appendHeader(name, value);
    else res.setHeader(name, value);
  }
  if (isStream(body)) void pipe(body, res);
  else res.end(body ?? undefined);
}

/** Writes piece by piece, as fast as the client reads, and stops when it has gone or the pieces cannot be made. */
async function pipe(chunks: AsyncIterable<string>, res: ServerResponse): Promise<void> {
  res.flushHeaders();
  try {
    for await (const chunk of chunks) {
      if (res.closed) return;
      if (!res.write(chunk)) await roomIn(res);
    }
    res.end();
  } catch {
    // The status is out already; a connection that breaks is how the client learns of it.
    res.destroy();
  }
}

function roomIn(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      res.off('drain', done).off('close', done);
      resolve();
    };
    res.once('drain', done).once('close', done);
  });
}

class NodeRequest implements NeutralRequest {
  readonly method: string;
  readonly url: string;
  readonly remoteAddress: string | null;
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;
  readonly #parsed: ParsedByHost;
  readonly #keepBytes: string;
  #signal: AbortSignal | null = null;

  constructor(req: IncomingMessage, res: ServerResponse, { url, parsed, keepBytes = KEEP_BYTES }: FromNodeOptions) {
    this.method = req.method ?? 'GET';
    this.url = url;
    this.remoteAddress = req.socket.remoteAddress ?? null;
    this.#req = req;
    this.#res = res;
    this.#parsed = parsed ?? (req as ParsedByHost);
    this.#keepBytes = keepBytes;
  }

  get headers(): NeutralRequest['headers'] {
    // Only Set-Cookie is ever a list, and no request carries it.
    return this.#req.headers as NeutralRequest['headers'];
  }

  /** Made when somebody asks for it; most requests end without. */
  get signal(): AbortSignal {
    this.#signal ??= closedEarly(this.#res);
    return this.#signal;
  }

  get parsedBody(): unknown {
    return isReadable(this.#req) || this.#keptBytes() !== null ? undefined : this.#parsed.body;
  }

  async rawBody(limit: number): Promise<Uint8Array> {
    const kept = this.#keptBytes();
    if (kept === null && isReadable(this.#req)) return readStream(this.#req, limit);
    if (kept === null) throw bytesGone(this.#keepBytes);
    if (kept.length > limit) throw bodyTooLarge(limit);
    return kept;
  }

  /** The bytes as a parser kept them: `express.json({ verify })` in `rawBody`; `express.raw` and `express.text` in `body`. */
  #keptBytes(): Uint8Array | null {
    const { rawBody, body } = this.#parsed;
    const kept = rawBody ?? (this.#req.readableEnded ? body : undefined);
    if (typeof kept === 'string') return bytesBehind(kept, this.#req.headers);
    return kept instanceof Uint8Array ? kept : null;
  }
}

/**
 * `complete` is no help: it says that all bytes arrived, not that somebody took them. Of a stream that somebody else reads,
 * some may be missing.
 */
const isReadable = (req: IncomingMessage) => !req.readableEnded && !req.readableDidRead;

/**
 * Text gives the bytes back only when they were UTF-8: what is not leaves U+FFFD, a byte order mark is dropped, and another
 * charset has another length.
 */
function bytesBehind(text: string, headers: IncomingMessage['headers']): Uint8Array | null {
  if (text.includes('\uFFFD')) return null;
  const bytes = Buffer.from(text);
  const announced = headers['content-encoding'] === undefined ? headers['content-length'] : undefined;
  return announced === undefined || Number(announced) === bytes.length ? bytes : null;
}

const KEEP_BYTES = 'Hand it to ItPay before anything reads it, or keep the bytes in req.rawBody.';

function bytesGone(keepBytes: string): ItPayError {
  return new ItPayError('INTERNAL_ERROR', {
    message: `A body parser took the bytes of this request. ${keepBytes}`,
  });
}

function readStream(req: IncomingMessage, limit: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (outcome: () => void) => {
      req.off('data', onData).off('end', onEnd).off('error', onLost).off('close', onLost);
      outcome();
    };
    const onData = (chunk: Buffer | string) => {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      size += bytes.length;
      chunks.push(bytes);
      if (size <= limit) return;
      settle(() => reject(bodyTooLarge(limit)));
      req.resume(); // to the end, unkept: a client that still sends would not see the answer
    };
    const onEnd = () => settle(() => resolve(Buffer.concat(chunks, size)));
    const onLost = () => settle(() => reject(cutOff()));
    // A stream that is gone emits nothing more; waiting for it would never end.
    if (req.destroyed) return onLost();
    req.on('data', onData).on('end', onEnd).on('error', onLost).on('close', onLost);
  });
}

function cutOff(): ItPayError {
  return new ItPayError('BODY_INVALID', { message: 'The connection closed before the body was complete.' });
}

/** Aborts when the connection closes before the answer is out. */
function closedEarly(res: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const onClose = () => {
    if (!res.writableFinished) controller.abort();
  };
  if (res.closed) onClose();
  else res.once('close', onClose);
  return controller.signal;
}

import { appendFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Bank } from './bank.js';
import { booksToJson } from './books.js';
import { CallbackQueue } from './callback-queue.js';
import { control, type ControlContext } from './control.js';
import { perform, readRequest } from './requests.js';
import { Refusal } from './refusal.js';
import { refusal, respond, type Reply } from './respond.js';
import { Script } from './script.js';
import { isSigned, signed, SIGNATURE_HEADER } from './signature.js';

export interface FakeRailServerOptions {
  /** Shared with the channel. */
  readonly secret: string;
  /** Left out: a free one. */
  readonly port?: number;
  /** Decides transaction numbers. */
  readonly seed?: string | number | undefined;
  /** `auto`: callbacks go out at once, and again until they are acknowledged. Left out: when the test says so. */
  readonly callbacks?: 'auto' | 'manual' | undefined;
  /** A file that gets one line of JSON for each request and each change, written before anybody hears of it. */
  readonly journal?: string | undefined;
}

export interface RunningServer {
  readonly url: string;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 64 * 1024;

/** The bank as a server of its own, on the loopback interface. */
export async function listen(options: FakeRailServerOptions): Promise<RunningServer> {
  const { secret, journal, port = 0 } = options;
  const write = (entry: object) => {
    if (journal !== undefined) appendFileSync(journal, `${booksToJson({ at: new Date(), ...entry })}\n`);
  };
  const callbacks = new CallbackQueue(secret, options.callbacks === 'auto');
  const bank = new Bank({
    seed: String(options.seed ?? 'fake rail'),
    journal: write,
    notify: (event, url) => {
      write({ type: 'callback', ...event });
      callbacks.push(event, url);
    },
  });
  const context: ControlContext = { bank, script: new Script(), callbacks };

  const server = createServer((request, response) => {
    void handle(context, secret, request, response).catch((error: unknown) => {
      if (!response.headersSent)
        send(response, 500, JSON.stringify({ error: { code: 'internal', message: String(error) } }));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => close(server) };
}

async function handle(
  context: ControlContext,
  secret: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = 'GET', url: path = '/' } = request;
  const rawBody = await bodyOf(request);
  if (method === 'GET' && path === '/books') return send(response, 200, booksToJson(context.bank.books()));
  if (method === 'GET' && path === '/control/callbacks') {
    return send(response, 200, JSON.stringify(context.callbacks.pending()));
  }
  if (path.startsWith('/control/')) return handleControl(context, path.slice('/control/'.length), rawBody, response);

  const reply = await replyTo(context, secret, { method, path, rawBody, headers: singleHeaders(request) });
  if (reply.kind === 'hang') return; // The other side waits until its own time is over.
  if (reply.kind === 'reset') {
    request.socket.resetAndDestroy();
    return;
  }
  const { status, body } = reply;
  const requestSignature = singleHeaders(request)[SIGNATURE_HEADER] ?? '';
  const proof = signed(reply.badSignature ? `${secret} of somebody else` : secret, {
    kind: 'answer',
    request: requestSignature,
    status,
    body,
  });
  send(response, status, body, { ...reply.headers, ...proof });
}

interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly rawBody: Buffer;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

async function replyTo(
  { bank, script }: ControlContext,
  secret: string,
  { method, path, rawBody, headers }: SignedRequest,
): Promise<Reply> {
  if (!isSigned(secret, { kind: 'request', method, path, body: rawBody }, headers)) {
    return refusal('unauthorized', 'The signature does not fit, or the timestamp is too old.');
  }
  try {
    const request = readRequest(method, path, rawBody);
    if (request === null) return refusal('not_found', 'There is no such path.');
    const { operation, merchant, reference, key } = request;
    // A file is about no order.
    if (operation !== 'fetchStatement') bank.receive(operation, merchant, reference, key);
    const behaviour = script.next(operation, [reference, ...(key === null ? [] : [key])]);
    const refundStatus = behaviour === 'pending' ? 'processing' : 'succeeded';
    return await respond(behaviour, () => perform(bank, request, refundStatus));
  } catch (error) {
    if (error instanceof Refusal) return refusal(error.code, error.message);
    throw error;
  }
}

async function handleControl(
  context: ControlContext,
  command: string,
  rawBody: Buffer,
  response: ServerResponse,
): Promise<void> {
  try {
    const result = await control(context, command, JSON.parse(rawBody.toString('utf8') || '{}'));
    if (result === undefined)
      return send(response, 404, JSON.stringify({ message: `There is no /control/${command}.` }));
    send(response, 200, booksToJson(result));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    send(response, 400, JSON.stringify({ message }));
  }
}

function send(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
  // Each request has a connection of its own: a kept one may be closed just when it is used again, and a test would see
  // a reset that nobody scripted.
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close', ...headers }).end(body);
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new RangeError('The body is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function singleHeaders({ headers }: IncomingMessage): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

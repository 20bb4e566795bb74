import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { CallbackRewrite, Callbacks, DeliverOptions, RailEvent, WrittenCallback } from './callbacks.js';
import { Script, type Behaviour, type ScriptRule } from './script.js';

/** A request as it came in, byte for byte. */
export interface IncomingRailRequest {
  readonly method: string;
  /** With its query, still percent-encoded: what clients sign. */
  readonly path: string;
  /** Names are lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly rawBody: Buffer;
}

export interface RailReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** A request that was understood and whose signature fits. */
export interface Understood<Operation extends string> {
  readonly operation: Operation;
  /** The numbers that it names: order, capture, refund. */
  readonly references: readonly string[];
  /** Does the work and answers. `pending`: accepts only, where the rail has that. */
  perform(how: { readonly pending: boolean }): RailReply;
}

/** What the payer does, or the passing of time. */
export interface Act {
  readonly action: 'scan' | 'pay' | 'decline' | 'expire' | 'settle_refund';
  /** The order number, or the text of its code; for `settle_refund` the refund number. */
  readonly reference: string;
  /** In minor units, as text. Left out: what the order asks for. */
  readonly amount?: string;
  /** How often; each is a payment of its own. */
  readonly times?: number;
  /** ISO 8601. Left out: now. */
  readonly paidAt?: string;
  /** With `settle_refund`. Left out: succeeded. `abnormal`: the money does not reach the payer (WeChat). */
  readonly status?: 'succeeded' | 'failed' | 'abnormal';
}

/** One rail: how it reads requests, what it does, and how it says things. The kit does the rest. */
export interface RailProtocol<Operation extends string, Event extends RailEvent> {
  readonly name: string;
  readonly operations: readonly Operation[];
  readonly callbacks: Callbacks<Event>;
  /**
   * Verifies and reads a request, as strictly as the real rail.
   *
   * @returns what to do; or the rail's refusal; or null when there is no such path
   */
  receive(request: IncomingRailRequest): Understood<Operation> | RailReply | null;
  /** How the rail refuses an operation, in its own words. */
  refuse(operation: Operation, why: 'decline' | '429' | '500'): RailReply;
  /** The same answer about another order, amount or currency, for clients that must notice. */
  falsify(reply: RailReply, what: 'reference' | 'amount' | 'currency'): RailReply;
  /** Signs an answer; with `badly`, with a key that is not the rail's. Refusals of `receive` are signed here as well. */
  sign(reply: RailReply, request: IncomingRailRequest, badly: boolean): RailReply;
  /** @throws Error with a sentence for the person who asked */
  act(act: Act): unknown;
  /** Everything that the rail knows, as JSON can tell it. */
  books(): unknown;
  /**
   * Says where notifications go, on rails whose orders do not.
   *
   * @throws Error with a sentence for the person who asked
   */
  register?(notifyUrl: string): void;
  /** A daily file. Null: there is none of this kind. */
  file?(kind: string, date: string): { readonly name: string; readonly content: Buffer } | null;
}

export interface RunningRail {
  readonly url: string;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 256 * 1024;

/** Runs a rail as a local server, on the loopback interface. Below `/control/` it listens to whoever plays with it. */
export async function serveRail<Operation extends string, Event extends RailEvent>(
  rail: RailProtocol<Operation, Event>,
  { port = 0 }: { readonly port?: number } = {},
): Promise<RunningRail> {
  const script = new Script(rail.operations);
  const acts: Acts = new Map();
  const server = createServer((request, response) => {
    void handle(rail, script, acts, request, response).catch((error: unknown) => {
      if (!response.headersSent) send(response, { status: 500, body: `The simulator broke: ${String(error)}` });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => close(server) };
}

async function handle<Operation extends string, Event extends RailEvent>(
  rail: RailProtocol<Operation, Event>,
  script: Script<Operation>,
  acts: Acts,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = 'GET', url: path = '/' } = incoming;
  const request = { method, path, headers: singleHeaders(incoming), rawBody: await bodyOf(incoming) };
  if (path.startsWith('/control/')) return send(response, await control(rail, script, acts, request));

  const understood = rail.receive(request);
  if (understood === null) return send(response, { status: 404, body: '' });
  if (!('perform' in understood)) return send(response, rail.sign(understood, request, false));
  const behaviour = script.next(understood.operation, understood.references);
  const reply = await play(rail, understood, behaviour);
  if (reply === 'hang') return; // The other side waits until its own time is over.
  if (reply === 'reset') {
    incoming.socket.resetAndDestroy();
    return;
  }
  send(response, rail.sign(reply, request, behaviour === 'bad_signature'));
}

/** Plays one scripted behaviour around the work. */
async function play<Operation extends string>(
  rail: RailProtocol<Operation, any>,
  { operation, perform }: Understood<Operation>,
  behaviour: Behaviour,
): Promise<RailReply | 'hang' | 'reset'> {
  if (behaviour.startsWith('slow:')) await wait(Number(behaviour.slice('slow:'.length)));
  if (behaviour === 'timeout_before') return 'hang';
  if (behaviour === 'decline' || behaviour === '429') return rail.refuse(operation, behaviour);
  if (behaviour === '500_before') return rail.refuse(operation, '500');

  const reply = perform({ pending: behaviour === 'pending' });
  switch (behaviour) {
    case 'timeout_after':
      return 'hang';
    case 'reset_after':
      return 'reset';
    case '500_after':
      return rail.refuse(operation, '500');
    case 'garbage':
      return { status: 200, body: '<html>Welcome</html>' };
    case 'wrong_reference':
    case 'wrong_amount':
    case 'wrong_currency':
      return rail.falsify(reply, behaviour.slice('wrong_'.length) as 'reference' | 'amount' | 'currency');
    default:
      return reply;
  }
}

async function control<Operation extends string>(
  rail: RailProtocol<Operation, any>,
  script: Script<Operation>,
  acts: Acts,
  { method, path, rawBody }: IncomingRailRequest,
): Promise<RailReply> {
  const [command = '', query = ''] = path.slice('/control/'.length).split('?');
  try {
    if (method === 'GET') return await read(rail, command, new URLSearchParams(query));
    const body = JSON.parse(rawBody.toString('utf8') || '{}') as never;
    switch (command) {
      case 'script':
        script.add((body as { rules: readonly ScriptRule[] }).rules);
        return json({});
      case 'script/clear':
        script.clear();
        return json({});
      case 'act':
        return json({ result: actOnce(rail, acts, body as Act & { key?: string }) });
      case 'settings': {
        const { callbacks, notifyUrl } = body as { callbacks?: 'auto' | 'manual'; notifyUrl?: string };
        if (callbacks !== undefined) rail.callbacks.options.automatic = callbacks === 'auto';
        if (notifyUrl !== undefined) registerAt(rail, notifyUrl);
        return json({});
      }
      case 'callbacks/deliver':
        return json(await rail.callbacks.deliver(body as DeliverOptions));
      case 'callbacks/rewrite': {
        const { callback, change } = body as { callback: WrittenCallback; change: CallbackRewrite };
        return json(rail.callbacks.rewrite(callback, change));
      }
      default:
        return json({ message: `There is no POST /control/${command}.` }, 404);
    }
  } catch (error) {
    return json({ message: error instanceof Error ? error.message : String(error) }, 400);
  }
}

function registerAt(rail: RailProtocol<string, any>, notifyUrl: string): void {
  if (rail.register === undefined) throw new Error(`Each order of ${rail.name} says where its notifications go.`);
  if (!URL.canParse(notifyUrl)) throw new Error('"notifyUrl" is no address.');
  rail.register(notifyUrl);
}

/** What came of the acts that had a key, by it. */
type Acts = Map<string, unknown>;

/** Under one key, once. What was refused may be tried again. */
function actOnce(rail: RailProtocol<string, any>, acts: Acts, { key, ...act }: Act & { key?: string }): unknown {
  if (key !== undefined && acts.has(key)) return acts.get(key);
  const result = rail.act(act) ?? null;
  if (key !== undefined) acts.set(key, result);
  return result;
}

async function read(rail: RailProtocol<string, any>, command: string, query: URLSearchParams): Promise<RailReply> {
  if (command === 'books') return json(rail.books());
  if (command === 'callbacks') return json(await rail.callbacks.pending());
  if (command === 'file') {
    const file = rail.file?.(query.get('kind') ?? '', query.get('date') ?? '') ?? null;
    if (file !== null)
      return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: file.content };
  }
  return json({ message: `There is no GET /control/${command}.` }, 404);
}

/** An amount is text in JSON, because it may be larger than a double holds. */
function json(value: unknown, status = 200): RailReply {
  const body = JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? String(item) : item));
  return { status, headers: { 'content-type': 'application/json' }, body };
}

function send(response: ServerResponse, { status, headers, body }: RailReply): void {
  // Each request has a connection of its own: a kept one may be closed just when it is used again, and its user would
  // see a reset that nobody scripted.
  response.writeHead(status, { ...headers, connection: 'close' }).end(body);
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

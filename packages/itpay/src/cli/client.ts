import { randomUUID } from 'node:crypto';
import { isItPayError, ItPayError } from '@itpay/core';
import type { Command } from './command.js';
import { chooseAccount } from './choose-account.js';
import { ApiError, CommandError, UsageError } from './errors.js';
import { withItPay } from './load-options.js';

/** The API, over HTTP or in this process. */
export interface Client {
  /**
   * @returns the JSON of the answer
   * @throws ApiError when the API refuses; CommandError when nobody answers
   */
  request(method: Method, path: string, options?: RequestOptions): Promise<any>;
  /**
   * Brings a file of a bank or a rail.
   *
   * @returns the JSON of the statement
   * @throws ApiError or ItPayError when the file is refused; CommandError when nobody answers
   */
  importStatement(statement: StatementFile): Promise<any>;
  /**
   * Fetches a file.
   *
   * @param link its `download_url`, from an answer just now
   * @throws ApiError when the link has ended; CommandError when nobody answers
   */
  download(link: string): Promise<Uint8Array>;
  /** Lets work go on that was put into the background: does it, where nobody else can, or gives a server a moment. */
  goOn(): Promise<void>;
  /** Nobody else can write while this client is open: it has the embedded database. */
  readonly alone: boolean;
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export interface RequestOptions {
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: object;
  readonly signal?: AbortSignal;
}

export interface StatementFile {
  readonly channel: string;
  readonly name: string;
  readonly file: Uint8Array;
  /** Called where the file is read in this process. */
  readonly onProgress: (done: { readonly rows: number; readonly of: number }) => void;
}

export interface ConnectionOptions {
  readonly url?: string;
  readonly apiKey?: string;
  readonly account?: string;
  readonly live?: boolean;
  readonly json?: boolean;
}

/** Adds the options that say where a command finds the API. */
export function withConnection(command: Command, { modes = true }: { readonly modes?: boolean } = {}): Command {
  command
    .option('--url <url>', 'a running ItPay: the address of its mount (default: ITPAY_URL)')
    .option('--api-key <key>', 'its API key; other users of the machine can see it, so prefer ITPAY_API_KEY')
    .option('--account <name>', 'without --url: name or id of the account (default: the only one)');
  if (modes) command.option('--live', 'without --url: real money (default: test mode)');
  return command.option('--json', 'print JSON');
}

/**
 * Runs a command against the API: of the server at `--url`, else of the installation itself, opened in this process.
 *
 * @throws UsageError when the options contradict each other
 */
export async function withClient<T>(command: Command, work: (client: Client) => Promise<T>): Promise<T> {
  const options = command.opts<ConnectionOptions>();
  const url = options.url ?? nonEmpty(process.env.ITPAY_URL);
  const apiKey = options.apiKey ?? nonEmpty(process.env.ITPAY_API_KEY);
  if (url !== undefined) return work(httpClient(checkUrl(url), requireKey(apiKey, options)));
  if (options.apiKey !== undefined) {
    throw new UsageError('An API key is for a server. Say which: --url http://localhost:3000/itpay.');
  }
  try {
    return await withItPay(command, async (pay, { alone }) => {
      const account = await chooseAccount(pay, options.account);
      return work(localClient(pay, pay.as({ account, livemode: options.live === true, id: 'command-line' }), alone));
    });
  } catch (error) {
    throw isItPayError(error) && error.code === 'DATABASE_LOCKED' ? askTheServer(error) : error;
  }
}

/**
 * For commands that wait for what others do.
 *
 * @throws UsageError when nobody else can do anything
 */
export function requireOthersWriting({ alone }: Client, orElse: string): void {
  if (!alone) return;
  throw new UsageError(
    'The embedded database is open in this command, so no server can use it and nothing will happen. Start the server, ' +
      `and ask it: --url http://localhost:3000/itpay, with ITPAY_API_KEY. ${orElse}`,
  );
}

type Opened = Parameters<Parameters<typeof withItPay>[1]>[0];

function localClient(pay: Opened, { call, payments }: ReturnType<Opened['as']>, alone: boolean): Client {
  const request: Client['request'] = async (method, path, { query, body, signal } = {}) => {
    const answer = await call({ method, path, query, body, signal, idempotencyKey: keyFor(method) });
    return bodyOrThrow(answer.status, answer.body);
  };
  return {
    alone,
    request,
    async importStatement(file) {
      const { statement } = await payments.importStatement(file);
      return request('GET', `/v1/statements/${statement.id}`);
    },
    download: async (link) => bytesOrThrow(await followed(await pay.fetch(new Request(link)))),
    goOn: () => (alone ? pay.settle() : moment()),
  };
}

/** In milliseconds. Longer than any answer takes that is not a long poll. */
const HTTP_LIMIT_MS = 60_000;
/** The same for a file with tens of thousands of rows. */
const IMPORT_LIMIT_MS = 15 * 60_000;

function httpClient(url: string, apiKey: string): Client {
  async function send(method: Method, path: string, { query = {}, body, type, limitMs, signal }: Sent) {
    const target = new URL(url + path);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) target.searchParams.set(name, String(value));
    }
    const key = keyFor(method);
    const limit = AbortSignal.timeout(limitMs);
    const response = await fetch(target, {
      method,
      redirect: 'error', // a redirect would take the key along
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(key !== undefined && { 'idempotency-key': key }),
        ...(body !== undefined && { 'content-type': type }),
      },
      ...(body !== undefined && { body }),
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw new CommandError(`${url} does not answer: ${reasonOf(error)}. Is the server running, and is --url right?`);
    });
    const text = await response.text();
    return bodyOrThrow(response.status, text === '' ? null : jsonOf(text, url, response.status));
  }
  return {
    alone: false,
    request: (method, path, { query, body, signal } = {}) =>
      send(method, path, {
        query,
        ...(body !== undefined && { body: JSON.stringify(body) }),
        type: 'application/json',
        limitMs: HTTP_LIMIT_MS,
        signal,
      }),
    importStatement: ({ channel, name, file }) =>
      send('POST', '/v1/statements', {
        query: { channel, name },
        body: file,
        type: 'application/octet-stream',
        limitMs: IMPORT_LIMIT_MS,
      }),
    // The link has the public address of the server, which need not lead anywhere from here.
    async download(link) {
      const target = url + link.slice(link.indexOf('/v1/'));
      const signal = AbortSignal.timeout(HTTP_LIMIT_MS);
      const response = await fetch(target, { redirect: 'manual', signal }).catch((error: unknown) => {
        throw new CommandError(`${url} does not answer: ${reasonOf(error)}.`);
      });
      return bytesOrThrow(await followed(response));
    },
    goOn: moment,
  };
}

const moment = () => new Promise<void>((resolve) => setTimeout(resolve, 500));

/** Where files are kept in a store that hands them out itself, a link leads there. Nothing but the address goes along. */
async function followed(response: Response): Promise<Response> {
  const location = response.headers.get('location');
  if (response.status !== 302 || location === null) return response;
  const { origin } = new URL(location);
  const signal = AbortSignal.timeout(HTTP_LIMIT_MS);
  const file = await fetch(location, { redirect: 'error', signal }).catch((error: unknown) => {
    throw new CommandError(`The store of files at ${origin} does not answer: ${reasonOf(error)}.`);
  });
  if (!file.ok) throw new CommandError(`The store of files at ${origin} refuses the link (${file.status}).`);
  return file;
}

async function bytesOrThrow(response: Response): Promise<Uint8Array> {
  const bytes = Buffer.from(await response.arrayBuffer());
  if (response.ok) return bytes;
  bodyOrThrow(response.status, jsonOf(bytes.toString(), response.url, response.status));
  return bytes;
}

interface Sent {
  readonly query?: RequestOptions['query'];
  readonly body?: string | Uint8Array;
  readonly type: string;
  readonly limitMs: number;
  readonly signal?: AbortSignal | undefined;
}

function bodyOrThrow(status: number, body: any): unknown {
  if (status < 400) return body;
  const { error, request_id: requestId } = body ?? {};
  throw new ApiError(
    status,
    error?.code ?? `HTTP ${status}`,
    error?.message ?? 'The server gave no reason.',
    requestId,
  );
}

function jsonOf(text: string, url: string, status: number): any {
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandError(
      `${url} answers (${status}), but not as ItPay does. --url is the address of the mount: http://localhost:3000/itpay.`,
    );
  }
}

const keyFor = (method: Method) => (method === 'GET' ? undefined : randomUUID());

function checkUrl(url: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url.replace(/\/+$/, '');
  throw new UsageError(`--url: "${url}" is not a URL. Use the address of the mount: http://localhost:3000/itpay.`);
}

function requireKey(apiKey: string | undefined, { account, live }: ConnectionOptions): string {
  if (apiKey === undefined) {
    throw new UsageError('With --url, set ITPAY_API_KEY to a key of that server. "itpay keys create" makes one.');
  }
  if (account !== undefined || live !== undefined) {
    throw new UsageError('With --url, the API key says for which account and mode. Leave --account and --live out.');
  }
  return apiKey;
}

function askTheServer(error: ItPayError): ItPayError {
  return new ItPayError('DATABASE_LOCKED', {
    message:
      `${error.message} If it is your ItPay server, ask that one: set ITPAY_API_KEY to one of its keys and add ` +
      '--url http://localhost:3000/itpay (the address of its mount).',
    details: error.details,
    cause: error,
  });
}

// fetch hides the reason in a cause: "fetch failed".
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  return (cause as NodeJS.ErrnoException).code ?? cause.message;
}

// A variable that is set to nothing counts as not set.
const nonEmpty = (text: string | undefined) => (text === undefined || text === '' ? undefined : text);

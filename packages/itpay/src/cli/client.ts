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
  /** Nobody else can write while this client is open: it has the embedded database. */
  readonly alone: boolean;
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export interface RequestOptions {
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: object;
  readonly signal?: AbortSignal;
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
      const { call } = pay.as({ account, livemode: options.live === true, id: 'command-line' });
      return work(localClient(call, alone));
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

type Call = ReturnType<Parameters<Parameters<typeof withItPay>[1]>[0]['as']>['call'];

function localClient(call: Call, alone: boolean): Client {
  return {
    alone,
    async request(method, path, { query, body, signal } = {}) {
      const answer = await call({ method, path, query, body, signal, idempotencyKey: keyFor(method) });
      return bodyOrThrow(answer.status, answer.body);
    },
  };
}

/** In milliseconds. Longer than any answer takes that is not a long poll. */
const HTTP_LIMIT_MS = 60_000;

function httpClient(url: string, apiKey: string): Client {
  return {
    alone: false,
    async request(method, path, { query = {}, body, signal } = {}) {
      const target = new URL(url + path);
      for (const [name, value] of Object.entries(query)) {
        if (value !== undefined) target.searchParams.set(name, String(value));
      }
      const key = keyFor(method);
      const limit = AbortSignal.timeout(HTTP_LIMIT_MS);
      const response = await fetch(target, {
        method,
        redirect: 'error', // a redirect would take the key along
        headers: {
          authorization: `Bearer ${apiKey}`,
          ...(key !== undefined && { 'idempotency-key': key }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
      }).catch((error: unknown) => {
        signal?.throwIfAborted();
        throw new CommandError(
          `${url} does not answer: ${reasonOf(error)}. Is the server running, and is --url right?`,
        );
      });
      const text = await response.text();
      return bodyOrThrow(response.status, text === '' ? null : jsonOf(text, url, response.status));
    },
  };
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

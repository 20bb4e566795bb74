import { lookup as lookupInSystem } from 'node:dns/promises';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { isIP } from 'node:net';
import type { Dispatcher, Pool } from 'undici';
import { hostOf, inspectUrl, isPublicAddress } from './addresses.js';

export interface SenderOptions {
  /** Origins such as `http://localhost:4000` that may be called whatever their address is. */
  allowedOrigins?: readonly string[] | undefined;
  /** Whether plain HTTP is called at all; a single request may say otherwise. Default: no. */
  allowHttp?: boolean | undefined;
  /** How names become addresses. Default: the system's resolver with its hosts file. Never asked about an address. */
  lookup?: ((hostname: string) => Promise<readonly string[]>) | undefined;
  /** For all of it: lookup, connection, request, answer. Default: 15 s. */
  timeoutMs?: number | undefined;
  userAgent: string;
}

export interface SendRequest {
  url: string;
  /** Beside `user-agent`. What frames the request (`host`, `content-length`, `connection` …) is not for the caller. */
  headers: Readonly<Record<string, string>>;
  body: string | Uint8Array;
  /** For this request alone, such as one in test mode. */
  allowHttp?: boolean | undefined;
}

/** Why there was no answer. A refusal means that nothing was sent. */
export type SendFailure =
  | 'refused_url'
  | 'refused_address'
  | 'dns'
  | 'connection'
  | 'tls'
  | 'timeout'
  /** Something answered, and it was not HTTP. */
  | 'invalid_answer';

export type SendResult =
  | {
      kind: 'answered';
      /** A redirect is an answer like others; it is not followed. */
      status: number;
      latencyMs: number;
      /** What came of the first kilobyte, as text that every database takes. */
      excerpt: string;
      /** The header as it came; see `parseRetryAfter`. */
      retryAfter?: string;
    }
  | {
      kind: 'failed';
      error: SendFailure;
      /** For the receiver's owner; names no address. */ message: string;
      latencyMs: number;
    };

export interface Sender {
  /**
   * Posts once. Resolves the name once, checks every address, and connects to a checked one; environment proxies and a
   * global dispatcher of undici have no part in it. An answer counts from its status line on: when the rest of it is slow,
   * `excerpt` is what came in time.
   *
   * @returns also whatever goes wrong on the way
   * @throws TypeError for headers that cannot be sent, or after `close`
   */
  send(request: SendRequest): Promise<SendResult>;
  /** Waits for what is being sent, then closes the connections. */
  close(): Promise<void>;
}

const DEFAULT_TIMEOUT_MS = 15_000;
const EXCERPT_BYTES = 1024;
const ANSWER_HEADER_BYTES = 16 * 1024;
/** How many addresses of one name are tried. */
const ADDRESSES_TRIED = 4;
/** An address that stays silent must leave time for the next one. */
const CONNECT_TIMEOUT_MS = 4_000;
const POOLS_KEPT = 256;

/** @throws TypeError when an allowed origin is not one */
export function createSender(options: SenderOptions): Sender {
  const { userAgent, timeoutMs = DEFAULT_TIMEOUT_MS, lookup = systemLookup } = options;
  const allowedOrigins = (options.allowedOrigins ?? []).map(originFrom);
  const pools = createPools();
  const running = new Set<Promise<unknown>>();
  let closed = false;

  async function post(request: SendRequest, { signal }: Deadline): Promise<Outcome> {
    const allowHttp = request.allowHttp ?? options.allowHttp ?? false;
    const inspection = inspectUrl(request.url, { allowHttp, allowedOrigins });
    if (!inspection.ok) return failed(`refused_${inspection.refused}`, inspection.message);

    const { url, allowed } = inspection;
    const found = await resolve(url, allowed, lookup, signal);
    if (!Array.isArray(found)) return found;

    let outcome = failed('dns', 'The host of the URL has no address.');
    for (const address of found.slice(0, ADDRESSES_TRIED)) {
      const attempt = await postTo(await pools.get(url, address), url, request, signal);
      outcome = attempt.outcome;
      // Only an address that took no connection is passed over: at any other the request may have arrived.
      if (attempt.connected) break;
    }
    return outcome;
  }

  async function postTo(pool: Pool, url: URL, { headers, body }: SendRequest, signal: AbortSignal) {
    try {
      const answer = await pool.request({
        method: 'POST',
        path: url.pathname + url.search,
        headers: { ...headers, 'user-agent': userAgent },
        body,
        signal,
        // The deadline covers both.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      return { connected: true, outcome: await readAnswer(answer) };
    } catch (error) {
      if (signal.aborted) {
        return { connected: true, outcome: failed('timeout', `There was no answer within ${timeoutMs / 1000} s.`) };
      }
      return { connected: !(error instanceof NotConnected), outcome: describe(error) };
    }
  }

  return {
    send: async (request) => {
      if (closed) throw new TypeError('This webhook sender is closed. Create another one.');
      assertHeaders(request.headers);
      const startedAt = performance.now();
      const deadline = startDeadline(timeoutMs);
      const sending = post(request, deadline).finally(deadline.stop);
      running.add(sending);
      try {
        return { ...(await sending), latencyMs: Math.round(performance.now() - startedAt) };
      } finally {
        running.delete(sending);
      }
    },
    close: async () => {
      closed = true;
      await Promise.allSettled(running);
      await pools.close();
    },
  };
}

type WithoutLatency<Result> = Result extends unknown ? Omit<Result, 'latencyMs'> : never;
type Outcome = WithoutLatency<SendResult>;

function failed(error: SendFailure, message: string): Outcome {
  return { kind: 'failed', error, message };
}

/** The addresses to connect to: all of them checked, unless the host allowed the origin. */
async function resolve(
  url: URL,
  allowed: boolean,
  lookup: NonNullable<SenderOptions['lookup']>,
  signal: AbortSignal,
): Promise<string[] | Outcome> {
  const host = hostOf(url);
  if (isIP(host) !== 0) return [host];

  let addresses: readonly string[];
  try {
    addresses = await Promise.race([lookup(host), rejectAt(signal)]);
  } catch (error) {
    if (signal.aborted) return failed('timeout', 'The host of the URL was not found in time.');
    return failed('dns', `The host of the URL was not found${inBrackets(codeOf(error))}.`);
  }
  // One address that is not public refuses them all: whoever mixes them hopes that the other one is taken.
  const fit = (address: string) => (allowed ? isIP(address) !== 0 : isPublicAddress(address));
  if (!addresses.every(fit)) {
    return failed('refused_address', 'The host of the URL has an address that is not public.');
  }
  return [...addresses];
}

async function systemLookup(hostname: string): Promise<string[]> {
  // What getaddrinfo says, hosts file included, in its order.
  const found = await lookupInSystem(hostname, { all: true, verbatim: true });
  return found.map(({ address }) => address);
}

/**
 * Reads as much as the log keeps, and drops the rest with its connection. From here on the status is known, so a slow or
 * broken rest of the answer changes nothing.
 */
async function readAnswer({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<Outcome> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > EXCERPT_BYTES) break; // leaving the loop destroys the stream
    }
  } catch {
    // Cut by the deadline or by the receiver; what came before is kept.
  }
  const retryAfter = [headers['retry-after']].flat()[0]?.slice(0, 100);
  return {
    kind: 'answered',
    status: statusCode,
    excerpt: excerptOf(Buffer.concat(chunks)),
    ...(retryAfter !== undefined && { retryAfter }),
  };
}

function excerptOf(bytes: Buffer): string {
  // A stream decoder keeps back the character that the cut went through. PostgreSQL's text takes no NUL.
  const text = new TextDecoder().decode(bytes.subarray(0, EXCERPT_BYTES), { stream: true });
  return text.replaceAll('\0', '\uFFFD');
}

interface Deadline {
  signal: AbortSignal;
  stop(): void;
}

function startDeadline(timeoutMs: number): Deadline {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), timeoutMs);
  return { signal: controller.signal, stop: () => clearTimeout(timer) };
}

function rejectAt(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

/** No connection came about, so nothing was sent. */
class NotConnected extends Error {}

/**
 * Connections, kept for reuse under the origin and the address they lead to. A name that changes its address gets another
 * pool; a pool never learns another address.
 */
function createPools() {
  const pools = new Map<string, Pool>();
  return {
    get: async ({ origin }: URL, address: string): Promise<Pool> => {
      const { Pool: OpenPool, buildConnector } = await import('undici');
      const key = `${origin} ${address}`;
      let pool = pools.get(key);
      if (pool === undefined) {
        const connect = buildConnector({ timeout: CONNECT_TIMEOUT_MS, allowH2: false });
        pool = new OpenPool(origin, {
          allowH2: false,
          pipelining: 1,
          maxHeaderSize: ANSWER_HEADER_BYTES,
          // The socket is given an address, so nothing is resolved again; `host` stays the URL's, for SNI and certificate.
          connect: (target, done) =>
            connect({ ...target, hostname: address }, (error, socket) => {
              if (error) done(new NotConnected(error.message, { cause: error }), null);
              else done(null, socket);
            }),
        });
      }
      // Least recently used first.
      pools.delete(key);
      pools.set(key, pool);
      if (pools.size > POOLS_KEPT) {
        const [oldest, unused] = pools.entries().next().value!;
        pools.delete(oldest);
        void unused.close();
      }
      return pool;
    },
    close: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.close()));
      pools.clear();
    },
  };
}

const TLS_CODE =
  /^(?:ERR_TLS|ERR_SSL|ERR_OSSL|EPROTO|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_CA|INVALID_PURPOSE|HOSTNAME_)/;
const TIMEOUT_CODES = ['UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT'];

/** Codes only: the texts of the system hold addresses, and the log of attempts is read by the receiver's owner. */
function describe(error: unknown): Outcome {
  const code = codeOf(error instanceof NotConnected ? error.cause : error);
  if (TIMEOUT_CODES.includes(code)) return failed('timeout', 'The receiver took no connection in time.');
  if (TLS_CODE.test(code)) return failed('tls', `TLS with the receiver failed${inBrackets(code)}.`);
  if ((error as Error).name === 'HTTPParserError' || code === 'UND_ERR_HEADERS_OVERFLOW') {
    return failed('invalid_answer', `What came back was not an HTTP answer${inBrackets(code)}.`);
  }
  return failed('connection', `The connection to the receiver failed${inBrackets(code)}.`);
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : '';
}

function inBrackets(code: string): string {
  return code === '' ? '' : ` (${code})`;
}

const FRAMING = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

function assertHeaders(headers: SendRequest['headers']): void {
  for (const [name, value] of Object.entries(headers)) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    if (FRAMING.has(name.toLowerCase())) throw new TypeError(`The header ${name} of a webhook is set by the sender.`);
  }
}

function originFrom(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`) return url.origin;
  throw new TypeError(`The allowed origin "${text}" is not one. Write scheme, host and port: http://localhost:4000.`);
}

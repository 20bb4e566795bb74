import { ItPay, type ItPayOptions } from '../src/index.js';

export interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: any;
  /** A file, as it was sent. */
  readonly raw?: Uint8Array;
}

/** What a scripted server does with one request: answers, breaks the connection, or stays silent. */
export type Act = Response | Error | 'silence' | ((sent: Sent) => Response | Promise<Response>);

export const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'itpay-request-id': 'req_1', ...headers },
  });

/** An error as ItPay answers it. */
export const refusal = (status: number, code: string, { retryable = false, ...headers } = {} as Refusal) =>
  json(
    status,
    {
      error: {
        type: 'server',
        code,
        message: `It is ${code}.`,
        retryable,
        doc_url: `https://shop.example/errors/${code}`,
      },
      request_id: 'req_1',
    },
    headers as Record<string, string>,
  );
type Refusal = { retryable?: boolean; 'retry-after'?: string };

export const broken = () =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNRESET' }) });

/** A client over a server that follows a script, by a clock that only sleeping moves. */
export function scripted(script: readonly Act[], options: ItPayOptions = {}) {
  const sent: Sent[] = [];
  const slept: number[] = [];
  const acts = [...script];
  let now = Date.parse('2026-11-22T10:00:00.000Z');
  const fetch = (async (url: string, init: RequestInit) => {
    const headers = init.headers as Record<string, string>;
    const body = typeof init.body === 'string' ? JSON.parse(init.body) : undefined;
    const raw = init.body instanceof Uint8Array ? { raw: init.body } : {};
    const one = { method: init.method!, url, headers, body, ...raw };
    sent.push(one);
    const act = acts.shift();
    if (act === undefined) throw new Error(`The script has no answer to ${one.method} ${url}.`);
    if (act === 'silence') {
      return new Promise<Response>((_, reject) => {
        init.signal!.addEventListener('abort', () => reject(init.signal!.reason), { once: true });
      });
    }
    if (act instanceof Error) throw act;
    return typeof act === 'function' ? act(one) : act;
  }) as unknown as typeof globalThis.fetch;
  const runtime = {
    now: () => now,
    random: () => 0,
    async sleep(ms: number, signal?: AbortSignal) {
      signal?.throwIfAborted();
      slept.push(ms);
      now += ms;
    },
  };
  const client = new ItPay({
    apiKey: 'itpay_test_0123456789ab_secret',
    baseUrl: 'https://shop.example/itpay',
    fetch,
    runtime,
    ...options,
  });
  return { client, sent, slept, left: acts, advance: (ms: number) => void (now += ms) };
}

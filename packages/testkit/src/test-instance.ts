import type { Clock, Logger } from '@itpay/kernel';
import { capturedLogger, type CapturedLogger } from './captured-logger.js';
import { fakeClock, type FakeClock } from './fake-clock.js';

/** What `createItPay` returns, as far as a test instance needs it. */
export interface TestablePay {
  readonly account: { readonly id: string };
  readonly keys: {
    create(input: {
      account: string;
      livemode: boolean;
      label: string;
      preset: 'merchant_full';
    }): Promise<{ readonly token: string }>;
  };
  fetch(request: Request): Promise<Response>;
  settle(): Promise<void>;
  stop(): Promise<void>;
}

/** The options that a test instance sets itself; everything else is the test's. */
export interface TestInstanceOptions {
  readonly publicUrl: string;
  /** The mode of calls in the test's own process. Default: `test`. */
  readonly mode: 'live' | 'test';
  readonly account: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** False: jobs run when the test calls `settle`, and not beside it. */
  readonly work: boolean;
  /** Off unless the test says otherwise: by a clock that stands still, no allowance ever comes back. */
  readonly rateLimits: any; // what `createItPay` takes, which this package does not know
}

export interface TestRequest {
  /** Left out: the test key. Null: no credential. */
  readonly key?: string | null;
  /** Left out on POST, PATCH and DELETE: a fresh one. Null: none. */
  readonly idempotencyKey?: string | null;
  /** Sent as JSON; a string is sent as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface TestAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The answer as JSON; undefined when it is none. */
  readonly body: any;
}

export interface TestInstance<Pay extends TestablePay> {
  readonly pay: Pay;
  readonly clock: FakeClock;
  readonly logger: CapturedLogger;
  readonly testKey: string;
  readonly liveKey: string;
  /** Sends a request through the whole gateway, without a network. `path` is below the mount: `/v1/payment-intents`. */
  request(method: string, path: string, options?: TestRequest): Promise<TestAnswer>;
  /** Runs all jobs that are due by the fake clock. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * A whole ItPay for a test: fake clock, captured log, a test key and a live key, and jobs that run when the test says so.
 *
 * @param create `createItPay`
 * @param options what the test is about: `plugins`, and `database` or `dataDir` for where to store
 * @example const t = await testInstance(createItPay, { plugins: [promptpay()], dataDir: await mkdtemp('/tmp/pay-') });
 */
export async function testInstance<Pay extends TestablePay, const Options extends object>(
  create: (options: Options & TestInstanceOptions) => Promise<Pay>,
  options: Options & Partial<TestInstanceOptions>,
): Promise<TestInstance<Pay>> {
  const clock = fakeClock();
  const logger = capturedLogger();
  const publicUrl = options.publicUrl ?? 'https://shop.example/itpay';
  const own = { publicUrl, mode: 'test', account: 'Test Shop', clock, logger, work: false, rateLimits: false } as const;
  const pay = await create({ ...own, ...options } as Options & TestInstanceOptions);
  const newKey = async (livemode: boolean) => {
    const { token } = await pay.keys.create({
      account: pay.account.id,
      livemode,
      label: livemode ? 'live' : 'test',
      preset: 'merchant_full',
    });
    return token;
  };
  const testKey = await newKey(false);
  const liveKey = await newKey(true);
  let requests = 0;

  return {
    pay,
    clock,
    logger,
    testKey,
    liveKey,
    settle: () => pay.settle(),
    stop: () => pay.stop(),
    async request(method, path, { key = testKey, idempotencyKey, body, headers, signal } = {}) {
      const all = new Headers();
      if (key !== null) all.set('authorization', `Bearer ${key}`);
      if (method !== 'GET' && idempotencyKey !== null) {
        all.set('idempotency-key', idempotencyKey ?? `test-${requests++}`);
      }
      if (body !== undefined) all.set('content-type', 'application/json');
      for (const [name, value] of Object.entries(headers ?? {})) all.set(name, value);
      const request = new Request(`${publicUrl}${path}`, {
        method,
        headers: all,
        body: body === undefined || typeof body === 'string' ? (body as string | undefined) : JSON.stringify(body),
        signal,
      });
      const response = await pay.fetch(request);
      const text = await response.text();
      return { status: response.status, headers: response.headers, text, body: parsed(text) };
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import { API_VERSION } from './generated/api.js';
import type { Journal } from './journal.js';

export interface ItPayOptions {
  /** Default: `ITPAY_API_KEY`. A client without a key can verify webhooks only. */
  readonly apiKey?: string | undefined;
  /** The address of the mount: `https://shop.example/itpay`. Default: `ITPAY_BASE_URL`. */
  readonly baseUrl?: string | undefined;
  /** For keys with `require_signature`: what was shown as `signing_secret` beside the key. */
  readonly signingSecret?: string | undefined;
  /** `channel` of payments that are created without `channel` and `allowed_channels`. */
  readonly defaultChannel?: string | undefined;
  /** For each attempt of a request, in milliseconds. Default: 30 000. */
  readonly timeoutMs?: number | undefined;
  /** How often a request is repeated, 0 to 3. Default: 3. */
  readonly maxRetries?: number | undefined;
  /** `whsec_…` or `whpk_…`; several while a secret is being replaced. Default: `ITPAY_WEBHOOK_SECRET`. */
  readonly webhookSecret?: string | readonly string[] | undefined;
  /** Private X25519 keys, 32 bytes each, by `kid`: for endpoints whose bodies are encrypted. */
  readonly webhookPrivateKeys?: Readonly<Record<string, Uint8Array>> | undefined;
  /** Where writes are written down before they are sent. Default: nowhere. */
  readonly journal?: Journal | undefined;
  /** The version of the API to speak. Default: the one that the types of this package describe. */
  readonly apiVersion?: string | undefined;
  /** Default: the global `fetch`. */
  readonly fetch?: typeof fetch | undefined;
  /** For tests: what time it is, how to wait, and chance. */
  readonly runtime?: Partial<Runtime> | undefined;
}

export interface Runtime {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** 0 to below 1. */
  random(): number;
}

/** The options, checked and complete. */
export interface Settings {
  readonly apiKey: string | undefined;
  readonly baseUrl: string | undefined;
  readonly signingSecret: string | undefined;
  readonly defaultChannel: string | undefined;
  readonly timeoutMs: number;
  readonly maxRetries: number;
  readonly webhookSecrets: readonly string[];
  readonly webhookPrivateKeys: Readonly<Record<string, Uint8Array>>;
  readonly journal: Journal | undefined;
  readonly apiVersion: string;
  readonly fetch: typeof fetch;
  readonly runtime: Runtime;
}

/** @throws TypeError that names the option, and never repeats its value */
export function readOptions(options: ItPayOptions): Settings {
  const { timeoutMs = 30_000, maxRetries = 3, apiVersion = API_VERSION } = options;
  const apiKey = options.apiKey ?? environment('ITPAY_API_KEY');
  const baseUrl = options.baseUrl ?? environment('ITPAY_BASE_URL');
  const secrets = options.webhookSecret ?? environment('ITPAY_WEBHOOK_SECRET') ?? [];
  const webhookSecrets = typeof secrets === 'string' ? [secrets] : [...secrets];

  if (apiKey === undefined && webhookSecrets.length === 0) throw missing('apiKey', 'ITPAY_API_KEY');
  if (apiKey !== undefined && baseUrl === undefined) throw missing('baseUrl', 'ITPAY_BASE_URL');
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw wrong('apiKey', 'is empty, or has characters that no key has. Copy the whole key, and nothing else.');
  }
  if (baseUrl !== undefined && !isHttpUrl(baseUrl)) {
    throw wrong('baseUrl', 'is not the address of a mount, such as https://shop.example/itpay.');
  }
  if (!(timeoutMs > 0 && timeoutMs <= 2 ** 31 - 1)) throw wrong('timeoutMs', 'is not a number of milliseconds.');
  if (!(Number.isInteger(maxRetries) && maxRetries >= 0 && maxRetries <= 3)) {
    throw wrong('maxRetries', 'is not a whole number from 0 to 3.');
  }
  if (!/^\d{4}-\d{2}-\d{2}$/.test(apiVersion)) throw wrong('apiVersion', `is not a date, such as ${API_VERSION}.`);
  if (!webhookSecrets.every((secret) => /^wh(sec|sk|pk)_/.test(secret))) {
    throw wrong('webhookSecret', 'does not begin with whsec_ or whpk_. It was shown when the endpoint was created.');
  }
  const given = options.fetch ?? globalThis.fetch;
  if (typeof given !== 'function') throw wrong('fetch', 'is missing, and this platform has none.');

  return {
    apiKey,
    baseUrl: baseUrl?.replace(/\/+$/, ''),
    signingSecret: options.signingSecret,
    defaultChannel: options.defaultChannel,
    timeoutMs,
    maxRetries,
    webhookSecrets,
    webhookPrivateKeys: options.webhookPrivateKeys ?? {},
    journal: options.journal,
    apiVersion,
    // A browser's fetch refuses to be called as a method of something else.
    fetch: (input, init) => given(input, init),
    runtime: { ...systemRuntime, ...options.runtime },
  };
}

const wrong = (option: string, problem: string) => new TypeError(`new ItPay({ ${option} }): ${option} ${problem}`);
const missing = (option: string, variable: string) => wrong(option, `is missing. Set it, or ${variable}.`);

function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && username + password + search + hash === '';
}

// A variable that is set to nothing counts as not set. Browsers have no process.
function environment(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return process?.env?.[name] || undefined;
}

const systemRuntime: Runtime = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const stop = () => {
        clearTimeout(timer);
        reject(signal!.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop);
        resolve();
      }, ms);
      signal?.addEventListener('abort', stop, { once: true });
    }),
};

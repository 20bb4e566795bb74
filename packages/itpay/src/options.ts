import { ItPayError } from '@itpay/core';
import { readRedisSettings, type RedisSettings, type S3Options } from '@itpay/data';
import {
  clientAddress,
  isWebOrigin,
  rateLimitsFrom,
  type CorsOptions,
  type RateLimitOptions,
  type TrustProxy,
} from '@itpay/gateway';
import type {
  AnyPlugin,
  BlobStore,
  Clock,
  CredentialRequest,
  IdGenerator,
  JobQueue,
  Logger,
  Principal,
  Random,
  TokenBucket,
} from '@itpay/kernel';
import { POLICIES, type PaymentPolicy } from '@itpay/payment';
import type { WebhookOptions } from '@itpay/webhook';
import type { Knex } from 'knex';

/** What a host says about its ItPay. Only `publicUrl` and `plugins` have no default. */
export interface ItPayOptions<P extends readonly AnyPlugin[] = readonly AnyPlugin[]> {
  /** Where the mount is reached from outside: `https://shop.example/itpay`. All links are built from it. */
  readonly publicUrl: string;
  /** Channels and other plugins. Payment, gateway and pay page are there already. */
  readonly plugins: P;

  /** A PostgreSQL URL. Left out: an embedded PostgreSQL in `dataDir`, for one process. */
  readonly database?: string;
  /** The host's own knex instance on PostgreSQL, in place of `database`. It stays the host's: it is never closed here. */
  readonly knex?: Knex;
  /** Holds all tables of the framework. Default: `itpay`. */
  readonly schema?: string;
  /** `auto` (default) brings the schema up to date at start; `check` refuses to start when it is not. */
  readonly migrate?: 'auto' | 'check';
  /** False behind a pooler that hands each statement to another connection (PgBouncer). Default: true. */
  readonly preparedStatements?: boolean;

  /**
   * A Redis that the processes of an installation share, for wakes between them, rate limits, cached keys and jobs:
   * `redis://:password@host:6379`, or `rediss:`; or `{ cluster: [urls] }` for some nodes of a Redis Cluster. It may lose
   * everything and be away: then it is slower, and no payment, event or job is lost. `prefix` tells installations apart whose
   * databases and schemas have the same names. Needs the package `ioredis`. Default: none.
   */
  readonly redis?: RedisSettings;

  /** For the embedded database, its secret key and QR images. Default: `./.itpay`. */
  readonly dataDir?: string;
  /**
   * At least 32 random characters; a list while a key is being replaced (the first signs and seals, all verify and open). Or a
   * file with one key per line, newest first, which is read again every two seconds, so that a key is replaced without a stop.
   * Default: the environment's `ITPAY_SECRET_KEY`, separated by commas or lines, or `ITPAY_SECRET_KEY_FILE`; with the embedded
   * database the file `secret.key` in `dataDir`, which the first start makes. None where a plugin replaces `Secrets`.
   */
  readonly secretKey?: string | readonly string[] | { readonly file: string };

  /** Name or id of the account of calls in this process. Left out: the only one; the first start makes one. */
  readonly account?: string;
  /** The mode of calls in this process. Default: `live`. */
  readonly mode?: 'live' | 'test';
  /**
   * What shall happen with money that is not what was asked for, for the account of calls in this process: `late`, `over`
   * and `under`, each `accept`, `auto_refund` or `park`. Default: late and over go back, under lies parked.
   */
  readonly paymentPolicy?: Partial<PaymentPolicy>;
  /** False in a process that shall not run jobs and deliver events. Default: true. */
  readonly work?: boolean;
  /**
   * What brings jobs to the processes that run them: a queue of your own, closed when ItPay stops, or `'table'` for none, when
   * each process looks into the table. Default: BullMQ when `redis` is given, else `'table'`.
   */
  readonly queue?: JobQueue | 'table';
  /**
   * How fast jobs of one lane may start, over all processes: `{ 'channel:wechat': { perSecond: 1, burst: 5 } }` for those that
   * ask WeChat Pay for files, each merchant account for itself. Default: no limits.
   */
  readonly jobLimits?: Readonly<Record<string, TokenBucket>>;

  /** The host's own sessions in place of API keys: says who calls, or null. */
  readonly authenticate?: (request: CredentialRequest) => Principal | null | Promise<Principal | null>;
  /** Lets pages of these origins call `/v1` from a browser: `{ origins: ['https://admin.example'] }`. Default: none. */
  readonly cors?: CorsOptions;
  /**
   * Limits for each caller, over the defaults: `{ merchant: { perSecond: 500 } }`. With `store: 'redis'`, the default when
   * `redis` is given, and with `'postgres'` processes share them; with `'memory'`, the default without, each process counts for
   * itself. False: no limits, because something in front of ItPay has them.
   */
  readonly rateLimits?: false | ({ readonly store?: 'memory' | 'postgres' | 'redis' } & RateLimitOptions);
  /**
   * The proxies in front of this process, which say who the client is: how many (`1`), or where (`['10.0.0.0/8']`). Default:
   * none; what a request says about its client is not believed.
   */
  readonly trustProxy?: TrustProxy;
  /**
   * Webhooks: which receivers are allowed beyond public https ones (`allowedOrigins`, `allowHttp`), and how long events are
   * kept (`retentionDays`).
   */
  readonly webhooks?: WebhookOptions;
  /**
   * Where the simulators of networked channels listen, by the channel's name, so that `/v1/test-helpers` can let the payer
   * act there: `{ wechat: 'http://127.0.0.1:4010' }`. Default: none.
   */
  readonly simulators?: Readonly<Record<string, string>>;
  /**
   * A bucket of S3, or of a store that speaks its protocol, for QR images and reports: `{ bucket: 'shop-files', region:
   * 'eu-central-1' }`. Needs the packages `@aws-sdk/client-s3` and `@aws-sdk/s3-request-presigner`. Default: files in `dataDir`.
   */
  readonly s3?: S3Options;
  /** The host's own store of files, in place of `s3`. Its `close`, where it has one, is called when ItPay stops. */
  readonly blobStore?: BlobStore;
  /**
   * pino, or anything with its `debug`, `info`, `warn` and `error`: secrets are taken out before it is called. Default:
   * pino, JSON lines on standard output, at the level of `LOG_LEVEL` (`info`).
   */
  readonly logger?: Logger;
  /** How long `stop` waits for what runs, in milliseconds. Default: 30 000. */
  readonly stopTimeoutMs?: number;
  readonly clock?: Clock;
  readonly ids?: IdGenerator;
  readonly random?: Random;
  /** Told about each step of a slow start: the first one of an embedded database, and migrations. */
  readonly onProgress?: (message: string) => void;
}

/** The options with their defaults, checked. */
export interface CheckedOptions extends ItPayOptions {
  readonly schema: string;
  readonly dataDir: string;
  readonly mode: 'live' | 'test';
  readonly onProgress: (message: string) => void;
}

/** @throws ItPayError `CONFIGURATION_INVALID` that names the option and the way out */
export function checkOptions(options: ItPayOptions): CheckedOptions {
  const checked = {
    ...options,
    publicUrl: checkPublicUrl(options.publicUrl),
    schema: options.schema ?? 'itpay',
    dataDir: options.dataDir ?? '.itpay',
    mode: options.mode ?? 'live',
    onProgress: options.onProgress ?? (() => {}),
  };
  if (!/^[a-z_][a-z0-9_]{0,39}$/.test(checked.schema)) {
    throw invalid(
      'schema',
      `"${checked.schema}" is not a schema name. Use lower case letters, digits and "_", at most 40.`,
    );
  }
  if (checked.mode !== 'live' && checked.mode !== 'test') {
    throw invalid('mode', `"${String(checked.mode)}" is not a mode. Use "live" or "test".`);
  }
  if (options.database !== undefined && options.knex !== undefined) {
    throw invalid('database', 'Give database (a URL) or knex (your own instance), not both.');
  }
  if (options.s3 !== undefined && options.blobStore !== undefined) {
    throw invalid('s3', 'Give s3 (a bucket) or blobStore (your own store), not both.');
  }
  if (options.redis !== undefined) readRedisSettings(options.redis);
  const wrongOrigin = options.cors?.origins.find((origin) => !isWebOrigin(origin));
  if (wrongOrigin !== undefined) {
    throw invalid(
      'cors',
      `"${wrongOrigin}" is no origin. Write scheme, host and port only, as in "https://admin.example".`,
    );
  }
  if (options.trustProxy !== undefined) clientAddress(options.trustProxy);
  if (options.rateLimits) {
    const { store = 'memory', ...rates } = options.rateLimits;
    if (!['memory', 'postgres', 'redis'].includes(store)) {
      throw invalid('rateLimits', 'store is "memory", "postgres" or "redis".');
    }
    if (store === 'redis' && options.redis === undefined) {
      throw invalid('rateLimits', 'Its store is "redis", and there is none. Give the option redis (REDIS_URL) too.');
    }
    rateLimitsFrom(rates);
  }
  for (const [when, policy] of Object.entries(options.paymentPolicy ?? {})) {
    if (!['late', 'over', 'under'].includes(when) || !POLICIES.includes(policy)) {
      throw invalid('paymentPolicy', `late, over and under are each one of ${POLICIES.join(', ')}.`);
    }
  }
  const { queue } = options;
  if (queue !== undefined && queue !== 'table' && typeof queue?.offer !== 'function') {
    throw invalid('queue', 'Give "table", or a queue of your own with offer, receive and close.');
  }
  for (const [lane, { perSecond, burst }] of Object.entries(options.jobLimits ?? {})) {
    if (perSecond > 0 && perSecond <= 1_000 && burst >= 1 && burst <= 10_000) continue;
    throw invalid('jobLimits', `Of ${lane}: perSecond is above 0 and at most 1000, burst from 1 to 10000.`);
  }
  for (const [channel, url] of Object.entries(options.simulators ?? {})) {
    if (!isHttpUrl(url)) {
      throw invalid('simulators', `${channel} has no address such as "http://127.0.0.1:4010".`);
    }
  }
  const { stopTimeoutMs } = options;
  if (stopTimeoutMs !== undefined && !(stopTimeoutMs >= 0 && stopTimeoutMs <= 3_600_000)) {
    throw invalid('stopTimeoutMs', 'Give milliseconds from 0 to 3600000 (an hour).');
  }
  if (!Array.isArray(options.plugins)) {
    throw invalid('plugins', 'Give a list, such as [promptpay({ target: "0812345678" })].');
  }
  return checked;
}

function isHttpUrl(url: unknown): boolean {
  return typeof url === 'string' && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}

function checkPublicUrl(publicUrl: string): string {
  if (typeof publicUrl !== 'string' || !URL.canParse(publicUrl)) {
    throw invalid('publicUrl', 'Give the URL under which the mount is reached, such as "https://shop.example/itpay".');
  }
  const url = new URL(publicUrl);
  if (!/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw invalid('publicUrl', `"${publicUrl}" must be an http or https URL without query and fragment.`);
  }
  return publicUrl.replace(/\/+$/, '');
}

export function invalid(option: string, advice: string): ItPayError {
  return new ItPayError('CONFIGURATION_INVALID', {
    message: `The option ${option} is not usable. ${advice}`,
    param: option,
  });
}

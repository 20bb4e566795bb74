import { createPublicKey, type KeyObject } from 'node:crypto';
import { ItPayError } from '@itpay/core';
import type { Channel } from '@itpay/kernel';
import { ACQUIRERS, type AcquirerName, type AcquirerProfile } from './profile.js';
import { readQris } from './read.js';
import { rsaKey } from './signature.js';

/** A merchant of an acquirer that speaks SNAP. All of it comes from the acquirer's portal, or was made for it. */
export interface SnapMerchant {
  /** One of those known here, or how another one speaks SNAP. */
  readonly acquirer: AcquirerName | AcquirerProfile;
  readonly merchantId: string;
  /** `X-CLIENT-KEY`. */
  readonly clientId: string;
  /** `X-PARTNER-ID`. Left out: the same as `clientId`. */
  readonly partnerId?: string | undefined;
  /** For HMAC signatures. Left out where the acquirer uses RSA both ways. */
  readonly clientSecret?: string | undefined;
  /** Our RSA private key, as PEM; the acquirer has its public half. */
  readonly privateKey: string;
  /** The acquirer's RSA public key, as PEM. */
  readonly publicKey: string;
  /** `CHANNEL-ID`, where the acquirer gives each merchant one. */
  readonly channelId?: string | undefined;
  readonly subMerchantId?: string | undefined;
  readonly storeId?: string | undefined;
  readonly terminalId?: string | undefined;
  /** `ORIGIN`, where the acquirer wants it: `https://shop.example`. */
  readonly origin?: string | undefined;
  /** Sent with every new order, such as DANA's `envInfo` or DOKU's `postalCode`. */
  readonly additionalInfo?: Readonly<Record<string, unknown>> | undefined;
}

/** A merchant in the acquirer's sandbox, or of a simulator. */
export interface SnapTestMerchant extends SnapMerchant {
  /** Where a simulator listens: `http://127.0.0.1:4012`. Left out: the acquirer's sandbox. */
  readonly baseUrl?: string | undefined;
}

export interface QrisOptions {
  readonly live?: SnapMerchant | undefined;
  readonly test?: SnapTestMerchant | undefined;
  /** The text of a printed merchant code, instead of an acquirer's API. Payments are then confirmed from its report. */
  readonly static?: string | undefined;
  /**
   * Beside `static`: reads the acquirer's report, so that what it shows counts: `parseCsv` of
   * `@itpay/channel-bank-transfer` with the report's columns, say. Left out: an operator records what it shows.
   */
  readonly statement?: StatementReader | undefined;
  /** The time by which notifications and tokens are fresh. Left out: the machine's. */
  readonly now?: (() => Date) | undefined;
}

/** The options of one merchant, checked and read. */
export interface SnapConfig {
  readonly mode: 'live' | 'test';
  readonly simulated: boolean;
  readonly profile: AcquirerProfile;
  readonly baseUrl: string;
  readonly merchantId: string;
  readonly clientId: string;
  readonly partnerId: string;
  /** Empty where no HMAC is made. */
  readonly clientSecret: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly channelId: string;
  readonly origin: string | null;
  /** What every order carries beside its own fields. */
  readonly orderFields: Readonly<Record<string, unknown>>;
  readonly now: () => Date;
}

export type QrisConfig =
  | { readonly kind: 'snap'; readonly merchants: readonly [SnapConfig, ...SnapConfig[]] }
  | { readonly kind: 'static'; readonly payload: string; readonly statement: StatementReader | undefined };

/** Reads a file of the acquirer, see `Channel`. */
export type StatementReader = NonNullable<Channel['parseStatement']>;

const OPTIONS = ['live', 'test', 'static', 'statement', 'now'];
const FIELDS = [
  'acquirer',
  'merchantId',
  'clientId',
  'partnerId',
  'clientSecret',
  'privateKey',
  'publicKey',
  'channelId',
  'subMerchantId',
  'storeId',
  'terminalId',
  'origin',
  'additionalInfo',
];

/**
 * Checks the options while a person is looking.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` naming the option; never repeating what it holds
 */
export function configOf(options: QrisOptions): QrisConfig {
  if (!isObject(options)) throw invalid('live', 'is missing: the options are an object with live, test or static.');
  const misspelt = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (misspelt !== undefined) throw invalid(misspelt, `is not an option. There are ${OPTIONS.join(', ')}.`);

  const { live, test, static: payload, statement, now = () => new Date() } = options;
  if (typeof now !== 'function') throw invalid('now', 'is not a function that returns a Date.');
  if (payload !== undefined) {
    if (live !== undefined || test !== undefined) {
      throw invalid('static', 'is set beside live or test. A printed code stands instead of an acquirer; keep one.');
    }
    if (statement !== undefined && typeof statement !== 'function') {
      throw invalid('statement', 'is not a function such as (file, { name }) => parseCsv(file, { … }).');
    }
    return { kind: 'static', payload: checkedStatic(payload), statement };
  }
  if (statement !== undefined) throw invalid('statement', 'is for a printed code. An acquirer is asked instead.');
  const [first, ...others] = [
    ...(live === undefined ? [] : [merchantOf('live', live, now)]),
    ...(test === undefined ? [] : [merchantOf('test', test, now)]),
  ];
  if (first === undefined) throw invalid('live', 'is missing, and so are test and static. Give one of them.');
  return { kind: 'snap', merchants: [first, ...others] };
}

function checkedStatic(payload: unknown): string {
  const text = typeof payload === 'string' ? payload.trim() : '';
  const reading = readQris(text);
  if (!reading.ok) throw invalid('static', `is no QRIS merchant code. ${reading.reason}`);
  if (reading.code.method !== 'static' || reading.code.amount !== null) {
    throw invalid('static', 'is a code for one payment. Give the text of the printed code, which holds no amount.');
  }
  return text;
}

function merchantOf(mode: 'live' | 'test', merchant: SnapTestMerchant, now: () => Date): SnapConfig {
  const refuse = (field: string, problem: string) => invalid(`${mode}.${field}`, problem);
  if (!isObject(merchant)) throw invalid(mode, 'is not an object with acquirer, merchantId, clientId and the keys.');
  const allowed = mode === 'test' ? [...FIELDS, 'baseUrl'] : FIELDS;
  const misspelt = Object.keys(merchant).find((field) => !allowed.includes(field));
  if (misspelt !== undefined) throw refuse(misspelt, `is not an option. There are ${allowed.join(', ')}.`);

  const profile = profileOf(merchant.acquirer, refuse);
  const { merchantId, clientId, partnerId = clientId, clientSecret = '', origin = null, additionalInfo } = merchant;
  if (!isText(merchantId, 64)) throw refuse('merchantId', 'is not text of 1 to 64 characters. The acquirer gives it.');
  if (!isText(clientId, 64)) throw refuse('clientId', 'is not text of 1 to 64 characters: the X-CLIENT-KEY.');
  if (!isText(partnerId, 64)) throw refuse('partnerId', 'is not text of 1 to 64 characters: the X-PARTNER-ID.');
  const hmac = profile.requestSignature === 'hmac' || profile.notifySignature === 'hmac';
  if (hmac ? !isText(clientSecret, 1024) : typeof clientSecret !== 'string') {
    throw refuse(
      'clientSecret',
      `is missing. ${profile.name} signs with it; its portal shows it beside the client id.`,
    );
  }
  const privateKey = isText(merchant.privateKey, 16_384) ? rsaKey(merchant.privateKey, 'private') : null;
  if (privateKey === null) {
    throw refuse('privateKey', 'is no RSA private key of at least 2048 bits as PEM. It is yours: openssl genrsa 2048.');
  }
  const publicKey = isText(merchant.publicKey, 16_384) ? rsaKey(merchant.publicKey, 'public') : null;
  if (publicKey === null) {
    throw refuse(
      'publicKey',
      'is no RSA public key of at least 2048 bits as PEM. It is the one that the acquirer shows.',
    );
  }
  if (publicKey.equals(createPublicKey(privateKey))) {
    throw refuse('publicKey', 'is the public half of your own key. Give the key of the acquirer.');
  }
  const channelId = merchant.channelId ?? profile.channelId;
  if (!isText(channelId, 32))
    throw refuse('channelId', `is missing. ${profile.name} gives each merchant a CHANNEL-ID.`);
  if (origin !== null && !isText(origin, 255)) throw refuse('origin', 'is no address such as https://shop.example.');
  if (additionalInfo !== undefined && !isObject(additionalInfo)) throw refuse('additionalInfo', 'is not an object.');

  return {
    mode,
    simulated: mode === 'test' && merchant.baseUrl !== undefined,
    profile,
    baseUrl: baseUrlOf(mode, merchant.baseUrl, profile, refuse),
    merchantId,
    clientId,
    partnerId,
    clientSecret,
    privateKey,
    publicKey,
    channelId,
    origin,
    orderFields: {
      ...textField('subMerchantId', merchant, refuse),
      ...textField('storeId', merchant, refuse),
      ...textField('terminalId', merchant, refuse),
      ...(additionalInfo !== undefined && { additionalInfo }),
    },
    now,
  };
}

type Refuse = (field: string, problem: string) => ItPayError;

function profileOf(acquirer: unknown, refuse: Refuse): AcquirerProfile {
  if (typeof acquirer === 'string' && Object.hasOwn(ACQUIRERS, acquirer)) return ACQUIRERS[acquirer as AcquirerName];
  const names = Object.keys(ACQUIRERS).join(', ');
  if (!isObject(acquirer)) throw refuse('acquirer', `is none of ${names}. For another one give a profile.`);
  const profile = acquirer as unknown as AcquirerProfile;
  const missing =
    missingIn(acquirer, ACQUIRERS.aspi) ?? missingIn(profile.paths, ACQUIRERS.aspi.paths)?.replace(/^/, 'paths.');
  if (missing !== undefined) {
    throw refuse(`acquirer.${missing}`, "is missing. Start from the standard: { ...ACQUIRERS.aspi, name: '…' }.");
  }
  const { token, generate, query, cancel, refund } = profile.paths;
  if (![token ?? '/', generate, query, cancel ?? '/', refund ?? '/', profile.notifyPath].every(isPath)) {
    throw refuse('acquirer.paths', 'holds something else than paths such as /v1.0/qr/qr-mpm-generate.');
  }
  for (const [field, words] of Object.entries<readonly string[]>(WORDS)) {
    if (!words.includes(profile[field as keyof typeof WORDS])) {
      throw refuse(`acquirer.${field}`, `is none of ${words.join(', ')}.`);
    }
  }
  if (profile.refunds !== 'none' && refund === null) throw refuse('acquirer.paths.refund', 'is missing for refunds.');
  if (profile.requestSignature === 'hmac' && token === null) {
    throw refuse('acquirer.paths.token', 'is missing. The HMAC is made with an access token.');
  }
  return profile;
}

function missingIn(given: unknown, model: object): string | undefined {
  return Object.keys(model).find((field) => (given as Record<string, unknown> | null)?.[field] === undefined);
}

const WORDS = {
  requestSignature: ['hmac', 'rsa'],
  notifySignature: ['hmac', 'rsa'],
  timestamp: ['offset', 'utc'],
  externalId: ['attempt', 'reference'],
  emptyBody: ['hash', 'blank', 'omit'],
  refunds: ['none', 'full', 'history'],
} as const satisfies Partial<Record<keyof AcquirerProfile, readonly string[]>>;

function baseUrlOf(mode: 'live' | 'test', own: unknown, profile: AcquirerProfile, refuse: Refuse): string {
  const url = own ?? (mode === 'live' ? profile.baseUrl : profile.sandboxUrl);
  if (typeof url !== 'string' || !URL.canParse(url)) {
    const field = mode === 'live' ? 'acquirer.baseUrl' : 'baseUrl';
    throw refuse(field, 'is no address such as https://api.example.co.id. Where does the acquirer listen?');
  }
  const { origin, protocol, pathname, search } = new URL(url);
  if (pathname !== '/' || search !== '')
    throw refuse('baseUrl', 'has a path. Paths belong to acquirer.paths: they are signed.');
  // Without TLS nobody proves who answers.
  if (mode === 'live' && protocol !== 'https:') throw refuse('acquirer.baseUrl', 'is not https.');
  return origin;
}

function textField(name: 'subMerchantId' | 'storeId' | 'terminalId', merchant: SnapMerchant, refuse: Refuse): object {
  const value = merchant[name];
  if (value === undefined) return {};
  if (!isText(value, 64)) throw refuse(name, 'is not text of 1 to 64 characters.');
  return { [name]: value };
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.length <= maxLength;
}

function isPath(value: unknown): boolean {
  return typeof value === 'string' && /^\/[\x21-\x3e\x40-\x7e]*$/.test(value);
}

function invalid(option: string, problem: string): ItPayError {
  return new ItPayError('CONFIGURATION_INVALID', {
    message: `qris({ ${option} }): ${option} ${problem}`,
    param: option,
  });
}

import { createPublicKey, type KeyObject } from 'node:crypto';
import { ItPayError } from '@itpay/core';
import { rsaKey, serialOf } from './signature.js';
import { HOSTS, PUBLIC_KEY_PREFIX } from './wire.js';

/** A merchant of WeChat Pay. All of it is in the merchant console (pay.weixin.qq.com), under account and API security. */
export interface WechatMerchant {
  /** The merchant number. */
  readonly mchid: string;
  /** The app (official account, mini program or open platform) that is bound to the merchant number: `wx…`. */
  readonly appid: string;
  /** The APIv3 key: 32 letters and digits, set by you in the console. Notifications and certificates are encrypted with it. */
  readonly apiV3Key: string;
  /** The merchant API private key: the content of `apiclient_key.pem`. */
  readonly merchantPrivateKey: string;
  /** The serial number of the merchant API certificate, in hex. */
  readonly merchantSerial: string;
  /** The WeChat Pay public key, as PEM. With `platformPublicKeyId`. */
  readonly platformPublicKey?: string | undefined;
  /** `PUB_KEY_ID_…`. With `platformPublicKey`. */
  readonly platformPublicKeyId?: string | undefined;
  /**
   * True for a merchant whose answers are signed with platform certificates; they are downloaded. Together with a public key
   * while WeChat moves the merchant from the one to the other.
   */
  readonly platformCertificates?: boolean | undefined;
}

/** A merchant of a simulated WeChat; WeChat itself has no sandbox. */
export interface WechatTestMerchant extends WechatMerchant {
  /** Where the simulator listens: `http://127.0.0.1:4010`. */
  readonly baseUrl: string;
}

/** At least one of the two. */
export interface WechatOptions {
  readonly live?: WechatMerchant | undefined;
  readonly test?: WechatTestMerchant | undefined;
  /** The time by which answers and notifications are fresh. Left out: the machine's. */
  readonly now?: (() => Date) | undefined;
}

/** The options of one merchant, checked and read. */
export interface MerchantConfig {
  readonly mode: 'live' | 'test';
  readonly mchid: string;
  readonly appid: string;
  readonly apiV3Key: string;
  readonly merchantPrivateKey: KeyObject;
  readonly merchantSerial: string;
  readonly publicKey: { readonly id: string; readonly key: KeyObject } | null;
  readonly certificates: boolean;
  /** Where to send requests; further ones when the first is not there. */
  readonly hosts: readonly [string, ...string[]];
  readonly now: () => Date;
}

const FIELDS = [
  'mchid',
  'appid',
  'apiV3Key',
  'merchantPrivateKey',
  'merchantSerial',
  'platformPublicKey',
  'platformPublicKeyId',
  'platformCertificates',
] as const;

/**
 * Checks the options while a person is looking.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` naming the option; never repeating what it holds
 */
export function merchantsOf(options: WechatOptions): readonly [MerchantConfig, ...MerchantConfig[]] {
  if (!isObject(options)) throw invalid('live', 'is missing: the options are an object with live, test or both.');
  const { live, test, now = () => new Date(), ...unknown } = options;
  const [misspelt] = Object.keys(unknown);
  if (misspelt !== undefined) throw invalid(misspelt, 'is not an option. The options are live, test and now.');
  if (typeof now !== 'function') throw invalid('now', 'is not a function that returns a Date.');

  const merchants = [
    ...(live === undefined ? [] : [merchantOf('live', live, now)]),
    ...(test === undefined ? [] : [merchantOf('test', test, now)]),
  ];
  const [first, ...others] = merchants;
  if (first === undefined)
    throw invalid('live', 'is missing, and test too. Give the merchant of at least one of them.');
  return [first, ...others];
}

/** Checks one merchant. @throws ItPayError `CONFIGURATION_INVALID` */
export function merchantOf(
  mode: 'live' | 'test',
  merchant: WechatMerchant | WechatTestMerchant,
  now: () => Date,
): MerchantConfig {
  const refuse = (field: string, problem: string) => invalid(`${mode}.${field}`, problem);
  if (!isObject(merchant)) throw invalid(mode, 'is not an object with mchid, appid, apiV3Key and the keys.');
  const allowed: readonly string[] = mode === 'test' ? [...FIELDS, 'baseUrl'] : FIELDS;
  const misspelt = Object.keys(merchant).find((field) => !allowed.includes(field));
  if (misspelt !== undefined) throw refuse(misspelt, `is not an option. There are ${allowed.join(', ')}.`);

  const { mchid, appid, apiV3Key, merchantPrivateKey, merchantSerial } = merchant;
  const { platformCertificates: certificates = false } = merchant;
  if (!isText(mchid, /^\d{6,32}$/))
    throw refuse('mchid', 'is not text of digits only: the merchant number, in quotes.');
  if (!isText(appid, /^wx[0-9A-Za-z]{6,30}$/)) {
    throw refuse('appid', 'is no app id. It begins with wx, and is bound to the merchant number in the console.');
  }
  if (!isText(apiV3Key, /^[\x21-\x7e]{32}$/)) {
    throw refuse('apiV3Key', 'is not 32 letters and digits. It is the APIv3 key, and not the older API key.');
  }
  const privateKey = isText(merchantPrivateKey) ? rsaKey(merchantPrivateKey, 'private') : null;
  if (privateKey === null) {
    throw refuse('merchantPrivateKey', 'is no RSA private key as PEM. Give the content of apiclient_key.pem.');
  }
  if (!isText(merchantSerial, /^[0-9A-Fa-f]{8,40}$/)) {
    throw refuse(
      'merchantSerial',
      'is no serial number of 8 to 40 hex digits. The console shows it beside the API certificate.',
    );
  }
  if (typeof certificates !== 'boolean') throw refuse('platformCertificates', 'is not true or false.');
  const publicKey = publicKeyOf(merchant, privateKey, refuse);
  if (publicKey === null && !certificates) {
    throw refuse(
      'platformPublicKey',
      'is missing, so that no answer could be believed. Give it with platformPublicKeyId, or platformCertificates: true ' +
        'for a merchant that has certificates instead.',
    );
  }
  return {
    mode,
    mchid,
    appid,
    apiV3Key,
    merchantPrivateKey: privateKey,
    merchantSerial: serialOf(merchantSerial),
    publicKey,
    certificates,
    hosts: mode === 'live' ? HOSTS : [baseUrlOf((merchant as WechatTestMerchant).baseUrl, refuse)],
    now,
  };
}

type Refuse = (field: string, problem: string) => ItPayError;

function publicKeyOf(
  { platformPublicKey: publicKey, platformPublicKeyId: publicKeyId }: WechatMerchant,
  privateKey: KeyObject,
  refuse: Refuse,
): MerchantConfig['publicKey'] {
  if (publicKey === undefined && publicKeyId === undefined) return null;
  if (!isText(publicKeyId, /^PUB_KEY_ID_[0-9A-Za-z]{1,64}$/)) {
    throw refuse('platformPublicKeyId', `is not the id that begins with ${PUBLIC_KEY_PREFIX}, beside the public key.`);
  }
  const isPublic = isText(publicKey, /-----BEGIN PUBLIC KEY-----/);
  const key = isPublic ? rsaKey(publicKey!, 'public') : null;
  if (key === null) {
    throw refuse(
      'platformPublicKey',
      'is no RSA public key as PEM. Give the content of the pub_key.pem from the console.',
    );
  }
  // The mistake that is easiest to make: with the own key nothing of WeChat's would ever verify.
  if (key.equals(createPublicKey(privateKey))) {
    throw refuse('platformPublicKey', 'belongs to merchantPrivateKey. Give the key of WeChat Pay and not your own.');
  }
  return { id: publicKeyId!, key };
}

function baseUrlOf(baseUrl: unknown, refuse: Refuse): string {
  const problem = 'is no address such as http://127.0.0.1:4010, where the simulator listens.';
  if (!isText(baseUrl)) throw refuse('baseUrl', problem);
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  const plain = url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.search && !url.username;
  if (!plain) throw refuse('baseUrl', problem);
  return url.origin;
}

function isText(value: unknown, form = /./): value is string {
  return typeof value === 'string' && form.test(value);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** The message names the option and never repeats its value. */
function invalid(option: string, problem: string): ItPayError {
  return new ItPayError('CONFIGURATION_INVALID', { message: `wechat({ … }): ${option} ${problem}`, param: option });
}

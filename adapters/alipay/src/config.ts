import { createPublicKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { ItPayError } from '@itpay/core';
import type { KeysFor } from './answer.js';
import { certificateSn, chainsTo, isValidAt, readCertificates, rootCertificateSn } from './certificate.js';
import { readPrivateKey, readPublicKey } from './signature.js';
import { PRODUCTION_GATEWAY, SANDBOX_GATEWAY } from './wire.js';

/**
 * An app of a merchant, from the console at open.alipay.com. It is in one of two modes, which the console shows: with a
 * public key of Alipay, or with three certificates.
 */
export interface AlipayAccount {
  /** 16 digits. */
  readonly appId: string;
  /** The merchant's own number (PID): 16 digits that begin with 2088. It receives the money. */
  readonly sellerId: string;
  /** The app's private RSA key of 2048 bits or more: PKCS#8 or PKCS#1, with or without its armour. */
  readonly appPrivateKey: string;
  /** Alipay's public key for this app, as the console shows it once yours is uploaded. Not your own public key. */
  readonly alipayPublicKey?: string | undefined;
  /** The app's certificate: the content of `appCertPublicKey_….crt`. */
  readonly appCert?: string | undefined;
  /** Alipay's certificate: `alipayCertPublicKey_RSA2.crt`. During a change list both: the old one and the new one. */
  readonly alipayCert?: string | readonly string[] | undefined;
  /** Alipay's bundle of roots: `alipayRootCert.crt`. */
  readonly alipayRootCert?: string | undefined;
  /** The login name of the account that receives captures of holds. Left out: `sellerId` says it. */
  readonly payeeLogonId?: string | undefined;
  /**
   * Set it when your contract has fund authorization: money can be held first and taken later. `category` is the trade that
   * the contract names, such as `RENT_CAR`. Left out: every payment is taken at once.
   */
  readonly holds?: boolean | { readonly category: string } | undefined;
}

export interface AlipayTestAccount extends AlipayAccount {
  /** Where requests go: the address of a simulator, `http://127.0.0.1:4020/gateway.do`. Left out: Alipay's sandbox. */
  readonly gateway?: string | undefined;
}

/** At least one of the two accounts. */
export interface AlipayOptions {
  readonly live?: AlipayAccount | undefined;
  readonly test?: AlipayTestAccount | undefined;
  /** The time that requests carry, and by which notifications are fresh. Left out: the machine's. */
  readonly now?: (() => Date) | undefined;
}

/** The options of one account, checked and read. */
export interface AlipayConfig {
  readonly mode: 'live' | 'test';
  readonly gateway: string;
  /** A simulator stands in for Alipay: no wallet reads its codes. */
  readonly simulated: boolean;
  readonly appId: string;
  readonly sellerId: string;
  readonly appPrivateKey: KeyObject;
  readonly keysFor: KeysFor;
  /** What certificate mode adds to every request. */
  readonly certificateNumbers: Readonly<Record<string, string>>;
  readonly payeeLogonId: string | undefined;
  readonly holds: { readonly category: string | undefined } | null;
  readonly now: () => Date;
}

/**
 * Checks the options while a person is looking.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` naming the option, never its value
 */
export function configsOf(options: AlipayOptions): readonly [AlipayConfig, ...AlipayConfig[]] {
  const { live, test, now = () => new Date(), ...unknown } = requireObject(options, 'live');
  const [misspelt] = Object.keys(unknown);
  if (misspelt !== undefined) throw invalid(misspelt, 'is not an option. The options are live, test and now.');
  if (typeof now !== 'function') throw invalid('now', 'is not a function that returns a Date.');

  const configs = [
    ...(live === undefined ? [] : [configOf('live', live, now)]),
    ...(test === undefined ? [] : [configOf('test', test, now)]),
  ];
  const [first, ...others] = configs;
  if (first === undefined) throw invalid('live', 'and test are both missing. Give at least one account.');
  return [first, ...others];
}

const KEY_FIELDS = ['alipayPublicKey', 'appCert', 'alipayCert', 'alipayRootCert'] as const;
const FIELDS: readonly string[] = ['appId', 'sellerId', 'appPrivateKey', 'payeeLogonId', 'holds', ...KEY_FIELDS];

function configOf(mode: 'live' | 'test', account: AlipayTestAccount, now: () => Date): AlipayConfig {
  const allowed = mode === 'test' ? [...FIELDS, 'gateway'] : FIELDS;
  const misspelt = Object.keys(requireObject(account, mode)).find((field) => !allowed.includes(field));
  if (misspelt !== undefined) {
    throw invalid(`${mode}.${misspelt}`, `is not an option. The options are ${allowed.join(', ')}.`);
  }
  const { appId, sellerId, payeeLogonId, holds } = account;
  if (!isText(appId) || !/^\d{16}$/.test(appId)) {
    throw invalid(`${mode}.appId`, 'is not text of 16 digits. The console shows it beside the name of the app.');
  }
  if (!isText(sellerId) || !/^2088\d{12}$/.test(sellerId)) {
    throw invalid(`${mode}.sellerId`, 'is not text of 16 digits that begins with 2088. The console calls it PID.');
  }
  if (payeeLogonId !== undefined && (!isText(payeeLogonId) || payeeLogonId.trim() === '')) {
    throw invalid(`${mode}.payeeLogonId`, 'is empty. Leave it out: sellerId says who receives captures.');
  }
  const appPrivateKey = privateKeyOf(mode, account);
  return {
    mode,
    ...addressOf(mode, account.gateway),
    appId,
    sellerId,
    appPrivateKey,
    ...signersOf(mode, account, appPrivateKey, now()),
    payeeLogonId,
    holds: holdsOf(mode, holds),
    now,
  };
}

function addressOf(mode: 'live' | 'test', gateway: string | undefined) {
  if (mode === 'live') return { gateway: PRODUCTION_GATEWAY, simulated: false };
  const url = URL.canParse(gateway ?? SANDBOX_GATEWAY) ? new URL(gateway ?? SANDBOX_GATEWAY) : null;
  const local = url?.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url === null || !(url.protocol === 'https:' || local) || url.username !== '') {
    throw invalid('test.gateway', 'is no https:// address, nor http:// on this machine. Leave it out for the sandbox.');
  }
  if (url.hostname === new URL(PRODUCTION_GATEWAY).hostname) {
    throw invalid('test.gateway', 'is the gateway of real money. Give that account as live.');
  }
  return { gateway: url.href, simulated: url.hostname !== new URL(SANDBOX_GATEWAY).hostname };
}

function privateKeyOf(mode: string, { appPrivateKey }: AlipayAccount): KeyObject {
  const option = `${mode}.appPrivateKey`;
  const key = isText(appPrivateKey) ? readPrivateKey(appPrivateKey) : null;
  if (key === null) {
    throw invalid(option, 'is no RSA private key. Paste the whole text that the key tool gave you as the private key.');
  }
  if (bitsOf(key) < 2048) throw invalid(option, 'is shorter than 2048 bits, which RSA2 needs. Make a new key pair.');
  return key;
}

type Signers = Pick<AlipayConfig, 'keysFor' | 'certificateNumbers'>;

function signersOf(mode: string, account: AlipayAccount, appPrivateKey: KeyObject, now: Date): Signers {
  const given = KEY_FIELDS.filter((field) => account[field] !== undefined).join();
  if (given === 'alipayPublicKey') return byPublicKey(mode, account.alipayPublicKey, appPrivateKey);
  if (given === 'appCert,alipayCert,alipayRootCert') return byCertificates(mode, account, appPrivateKey, now);
  throw invalid(
    `${mode}.alipayPublicKey`,
    'or all of appCert, alipayCert and alipayRootCert must be set, and not both. The console says which mode the app is in.',
  );
}

function byPublicKey(mode: string, text: unknown, appPrivateKey: KeyObject): Signers {
  const option = `${mode}.alipayPublicKey`;
  const key = isText(text) ? readPublicKey(text) : null;
  if (key === null) throw invalid(option, 'is no RSA public key. A certificate belongs into alipayCert.');
  if (createPublicKey(appPrivateKey).equals(key)) {
    throw invalid(option, "is your own public key. The console shows Alipay's one after yours was uploaded.");
  }
  if (bitsOf(key) < 2048) throw invalid(option, 'is shorter than 2048 bits, so it is not the one for RSA2.');
  return { keysFor: () => [key], certificateNumbers: {} };
}

function byCertificates(
  mode: string,
  { appCert, alipayCert, alipayRootCert }: AlipayAccount,
  appPrivateKey: KeyObject,
  now: Date,
): Signers {
  const [app] = certificatesOf(`${mode}.appCert`, appCert);
  if (!app.checkPrivateKey(appPrivateKey)) {
    throw invalid(`${mode}.appCert`, 'is not the certificate of appPrivateKey. Both come from one request for it.');
  }
  if (!isValidAt(app, now)) throw invalid(`${mode}.appCert`, 'has expired. Renew it in the console.');
  const roots = certificatesOf(`${mode}.alipayRootCert`, alipayRootCert);
  const signers: { readonly sn: string; readonly key: KeyObject }[] = [];
  for (const text of [alipayCert].flat()) {
    const [leaf, ...between] = certificatesOf(`${mode}.alipayCert`, text);
    if (!chainsTo(leaf, between, roots, now)) {
      throw invalid(
        `${mode}.alipayCert`,
        'does not lead to a root in alipayRootCert, or has expired. Download both from the console again.',
      );
    }
    signers.push({ sn: certificateSn(leaf), key: leaf.publicKey });
  }
  if (signers.length === 0) throw invalid(`${mode}.alipayCert`, 'is an empty list.');
  return {
    // Notifications, and some answers, do not name the certificate: any of those configured may have signed them.
    keysFor: (sn) => {
      const named = signers.filter((one) => sn === undefined || one.sn === sn);
      return named.length === 0 ? null : named.map(({ key }) => key);
    },
    certificateNumbers: { app_cert_sn: certificateSn(app), alipay_root_cert_sn: rootCertificateSn(roots) },
  };
}

function certificatesOf(option: string, pem: unknown): [X509Certificate, ...X509Certificate[]] {
  let read: X509Certificate[] = [];
  try {
    read = isText(pem) ? readCertificates(pem) : [];
  } catch {
    // Said below.
  }
  const [first, ...others] = read;
  if (first === undefined) throw invalid(option, 'is no PEM certificate. Give the content of the file, not its path.');
  return [first, ...others];
}

function holdsOf(mode: string, holds: AlipayAccount['holds']): AlipayConfig['holds'] {
  if (holds === undefined || holds === false) return null;
  if (holds === true) return { category: undefined };
  const { category, ...unknown } = requireObject(holds, `${mode}.holds`);
  if (Object.keys(unknown).length > 0 || !isText(category) || !/^\w{1,64}$/.test(category)) {
    throw invalid(`${mode}.holds`, "is neither true nor { category: 'RENT_CAR' }, with the category of your contract.");
  }
  return { category };
}

const isText = (value: unknown): value is string => typeof value === 'string';
const bitsOf = (key: KeyObject): number => key.asymmetricKeyDetails?.modulusLength ?? 0;

function requireObject<T>(value: T, option: string): T {
  if (typeof value !== 'object' || value === null) throw invalid(option, 'is not an object.');
  return value;
}

function invalid(option: string, problem: string): ItPayError {
  return new ItPayError('CONFIGURATION_INVALID', { message: `alipay(): ${option} ${problem}`, param: option });
}

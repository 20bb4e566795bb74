import { createPrivateKey, X509Certificate } from 'node:crypto';
import { ItPayError } from '@itpay/core';
import { digitsOf, isReference } from '../mapping.js';
import type { ClientIdentity } from './mutual-tls.js';
import { PRODUCTION, SANDBOX } from './wire.js';

/** An application at SCB. All of it is in the SCB developer portal and in the contract about the biller. */
export interface ScbMerchant {
  /** 15 digits: who receives the money. */
  readonly billerId: string;
  /** The application's API key. */
  readonly apiKey: string;
  readonly apiSecret: string;
  /**
   * What SCB wants reference 3 to begin with: 1 to 4 of `A-Z0-9`. By biller and prefix SCB knows where to send
   * confirmations.
   */
  readonly reference3Prefix: string;
  /** Where the biller has two references: what stands in reference 2 of every code, 1 to 20 of `A-Z0-9`. */
  readonly reference2?: string | undefined;
  /** The client certificate that SCB wants to see in production, as PEM. With `privateKey`. */
  readonly certificate?: string | undefined;
  /** The key of `certificate`, as PEM without a password. */
  readonly privateKey?: string | undefined;
  /**
   * Where SCB listens. Left out: production for live, SCB's sandbox for test. An address with `http` is a simulator's, and
   * for test only.
   */
  readonly baseUrl?: string | undefined;
}

/** At least one of the two. */
export interface ScbOptions {
  readonly live?: ScbMerchant | undefined;
  readonly test?: ScbMerchant | undefined;
  /** The time by which tokens end and days are asked about. Left out: the machine's. */
  readonly now?: (() => Date) | undefined;
}

/** The options of one application, checked. */
export interface ScbMerchantConfig {
  readonly mode: 'live' | 'test';
  readonly billerId: string;
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly reference3Prefix: string;
  readonly reference2: string | undefined;
  readonly identity: ClientIdentity | null;
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly simulated: boolean;
  readonly now: () => Date;
}

const FIELDS: readonly string[] = [
  'billerId',
  'apiKey',
  'apiSecret',
  'reference3Prefix',
  'reference2',
  'certificate',
  'privateKey',
  'baseUrl',
];

/**
 * Checks the options while a person is looking.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` naming the option; never repeating what it holds
 */
export function merchantsOf(options: ScbOptions): readonly ScbMerchantConfig[] {
  if (!isObject(options)) throw invalid('live', 'is missing: the options are an object with live, test or both.');
  const { live, test, now = () => new Date(), ...unknown } = options;
  const [misspelt] = Object.keys(unknown);
  if (misspelt !== undefined) throw invalid(misspelt, 'is not an option. The options are live, test and now.');
  if (typeof now !== 'function') throw invalid('now', 'is not a function that returns a Date.');
  if (live === undefined && test === undefined) {
    throw invalid('live', 'is missing, and test too. Give the application of at least one of them.');
  }
  return [
    ...(live === undefined ? [] : [merchantOf('live', live, now)]),
    ...(test === undefined ? [] : [merchantOf('test', test, now)]),
  ];
}

function merchantOf(mode: 'live' | 'test', merchant: ScbMerchant, now: () => Date): ScbMerchantConfig {
  const refuse: Refuse = (field, problem) => invalid(`${mode}.${field}`, problem);
  if (!isObject(merchant)) {
    throw invalid(mode, 'is not an object with billerId, apiKey, apiSecret and reference3Prefix.');
  }
  const misspelt = Object.keys(merchant).find((field) => !FIELDS.includes(field));
  if (misspelt !== undefined) throw refuse(misspelt, `is not an option. There are ${FIELDS.join(', ')}.`);

  const { apiKey, apiSecret, reference3Prefix, reference2 } = merchant;
  const billerId = isText(merchant.billerId) ? digitsOf(merchant.billerId) : null;
  if (billerId?.length !== 15) throw refuse('billerId', 'is not text of 15 digits. It is in the contract with SCB.');
  if (!isText(apiKey, PRINTABLE)) throw refuse('apiKey', 'is missing. It is in the SCB portal, under the application.');
  if (!isText(apiSecret, PRINTABLE)) {
    throw refuse('apiSecret', 'is missing. It is in the SCB portal, under the application.');
  }
  if (!isText(reference3Prefix, /^[A-Z0-9]{1,4}$/)) {
    throw refuse('reference3Prefix', 'is not 1 to 4 of A-Z and 0-9. SCB states it with the biller id.');
  }
  if (reference2 !== undefined && !(isText(reference2) && isReference(reference2))) {
    throw refuse('reference2', 'is not 1 to 20 of A-Z and 0-9. Leave it out if the biller has one reference.');
  }
  const baseUrl = baseUrlOf(merchant.baseUrl ?? (mode === 'live' ? PRODUCTION : SANDBOX), mode, refuse);
  const simulated = baseUrl.startsWith('http:');
  if (/^0{13}/.test(billerId) && !simulated) throw refuse('billerId', 'is zeros, which is the payee of a simulator.');
  return {
    mode,
    billerId,
    apiKey,
    apiSecret,
    reference3Prefix,
    reference2,
    identity: identityOf(merchant, refuse),
    baseUrl,
    simulated,
    now,
  };
}

type Refuse = (field: string, problem: string) => ItPayError;

/** What may stand in a header. */
const PRINTABLE = /^[\x21-\x7e]{1,256}$/;

function identityOf({ certificate, privateKey }: ScbMerchant, refuse: Refuse): ClientIdentity | null {
  if (certificate === undefined && privateKey === undefined) return null;
  const read = <T>(make: () => T): T | null => {
    try {
      return make();
    } catch {
      return null;
    }
  };
  const x509 = isText(certificate) ? read(() => new X509Certificate(certificate)) : null;
  if (x509 === null) throw refuse('certificate', 'is no certificate as PEM. Give the content of the file.');
  const key = isText(privateKey) ? read(() => createPrivateKey(privateKey)) : null;
  if (key === null) throw refuse('privateKey', 'is no private key as PEM without a password.');
  if (!x509.checkPrivateKey(key)) throw refuse('privateKey', 'does not belong to certificate.');
  return { certificate: certificate!, privateKey: privateKey! };
}

function baseUrlOf(baseUrl: unknown, mode: 'live' | 'test', refuse: Refuse): string {
  const url = isText(baseUrl) && URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  const plain = url !== null && /^https?:$/.test(url.protocol) && !url.search && !url.hash && !url.username;
  if (!plain) throw refuse('baseUrl', `is no address such as ${SANDBOX}.`);
  if (mode === 'live' && url.protocol !== 'https:') throw refuse('baseUrl', 'has to begin with https in live mode.');
  return url.href.replace(/\/+$/, '');
}

function isText(value: unknown, form = /./): value is string {
  return typeof value === 'string' && form.test(value);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** The message names the option and never repeats its value. */
function invalid(option: string, problem: string): ItPayError {
  return new ItPayError('CONFIGURATION_INVALID', { message: `scb({ … }): ${option} ${problem}`, param: option });
}

import {
  createCipheriv,
  createDecipheriv,
  createHash,
  generateKeyPairSync,
  randomBytes,
  sign,
  type KeyObject,
} from 'node:crypto';
import { certificate } from '../kit/certificate.js';
import { chinaTimestamp } from '../kit/china-time.js';

/** Which kind of key proves that it is WeChat; `both` is the migration from one to the other. */
export type WechatMode = 'public_key' | 'certificate' | 'both';

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** One of WeChat's own keys: its serial is what goes in `Wechatpay-Serial`. */
export interface PlatformKey extends KeyPair {
  readonly serial: string;
}

export interface PlatformCertificate extends PlatformKey {
  readonly pem: string;
  readonly from: Date;
  readonly until: Date;
}

export interface Encrypted {
  readonly algorithm: 'AEAD_AES_256_GCM';
  readonly nonce: string;
  readonly associated_data: string;
  readonly ciphertext: string;
}

const FIVE_YEARS_MS = 5 * 365 * 86_400_000;

/** WeChat's keys and its part of the cryptography. */
export class Platform {
  readonly mode: WechatMode;
  readonly apiV3Key: string;
  readonly publicKey: PlatformKey;
  /** Newest last; it signs. Empty in `public_key` mode. */
  readonly certificates: PlatformCertificate[] = [];
  /** Made when somebody wants a wrong signature: keys take their time. */
  #stranger: KeyPair | undefined;
  readonly #now: () => Date;

  constructor(mode: WechatMode, apiV3Key: string, publicKeyId: string, now: () => Date) {
    this.mode = mode;
    this.apiV3Key = apiV3Key;
    this.#now = now;
    this.publicKey = { serial: publicKeyId, ...newKeyPair() };
    if (mode !== 'public_key') this.addCertificate();
  }

  /** From now on, a new certificate signs. The earlier ones stay in the list. */
  addCertificate(): PlatformCertificate {
    const pair = newKeyPair();
    const [from, until] = [this.#now(), new Date(this.#now().getTime() + FIVE_YEARS_MS)];
    const serial = `7${randomBytes(20).toString('hex').slice(1)}`.toUpperCase();
    const pem = certificate({
      subject: [
        ['C', 'CN'],
        ['O', 'Simulated Tenpay.com'],
        ['CN', 'Simulated Tenpay.com sign'],
      ],
      issuer: [
        ['C', 'CN'],
        ['O', 'Simulated Tenpay.com'],
        ['CN', 'Simulated Tenpay.com Root CA'],
      ],
      issuerKey: pair.privateKey,
      publicKey: pair.publicKey,
      serial,
      from,
      until,
    });
    const made = { ...pair, serial, pem, from, until };
    this.certificates.push(made);
    return made;
  }

  /** The key that a client asked for with `Wechatpay-Serial`; undefined when there is none of that name. */
  keyFor(asked: string | undefined): PlatformKey | undefined {
    if (asked === undefined) return this.certificates.at(-1) ?? this.publicKey;
    if (asked === this.publicKey.serial) return this.mode === 'certificate' ? undefined : this.publicKey;
    return this.certificates.find(({ serial }) => serial === asked.toUpperCase()) && this.certificates.at(-1);
  }

  /** Notifications: during the migration they come in turn with the one key and with the other. */
  keyForNotification(number: number): PlatformKey {
    const newest = this.certificates.at(-1);
    if (newest === undefined) return this.publicKey;
    return this.mode === 'both' && number % 2 === 1 ? this.publicKey : newest;
  }

  /** The headers that prove a body. With `byStranger`, they name the key and were made with another. */
  signatureOf(
    body: string | Buffer,
    { serial, privateKey }: PlatformKey,
    { byStranger = false, at = this.#now() }: { readonly byStranger?: boolean; readonly at?: Date } = {},
  ): Record<string, string> {
    const timestamp = String(Math.floor(at.getTime() / 1000));
    const nonce = randomBytes(16).toString('hex');
    const message = Buffer.concat([
      Buffer.from(`${timestamp}\n${nonce}\n`),
      typeof body === 'string' ? Buffer.from(body) : body,
      Buffer.from('\n'),
    ]);
    const signature = sign('sha256', message, byStranger ? (this.#stranger ??= newKeyPair()).privateKey : privateKey);
    return {
      'wechatpay-timestamp': timestamp,
      'wechatpay-nonce': nonce,
      'wechatpay-serial': serial,
      'wechatpay-signature': signature.toString('base64'),
      'wechatpay-signature-type': 'WECHATPAY2-SHA256-RSA2048',
    };
  }

  encrypt(plaintext: string, associatedData: string): Encrypted {
    const nonce = randomBytes(6).toString('hex');
    const cipher = createCipheriv('aes-256-gcm', Buffer.from(this.apiV3Key), Buffer.from(nonce));
    cipher.setAAD(Buffer.from(associatedData));
    const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return {
      algorithm: 'AEAD_AES_256_GCM',
      nonce,
      associated_data: associatedData,
      ciphertext: ciphertext.toString('base64'),
    };
  }

  decrypt({ nonce, associated_data: associatedData, ciphertext }: Encrypted): string {
    const bytes = Buffer.from(ciphertext, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', Buffer.from(this.apiV3Key), Buffer.from(nonce));
    decipher.setAAD(Buffer.from(associatedData)).setAuthTag(bytes.subarray(-16));
    return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString('utf8');
  }

  /** What `GET /v3/certificates` answers. */
  certificateList(): object {
    return {
      data: this.certificates.map(({ serial, pem, from, until }) => ({
        serial_no: serial,
        effective_time: chinaTimestamp(from),
        expire_time: chinaTimestamp(until),
        encrypt_certificate: this.encrypt(pem, 'certificate'),
      })),
    };
  }
}

export function newKeyPair(): KeyPair {
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}

/** A serial as certificates have them: 40 hexadecimal digits in upper case. */
export function serialFrom(text: string): string {
  return `4${createHash('sha1').update(text).digest('hex').slice(1)}`.toUpperCase();
}

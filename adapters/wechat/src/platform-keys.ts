import { X509Certificate, type KeyObject } from 'node:crypto';
import { RailError } from '@itpay/kernel';
import type { MerchantConfig } from './config.js';
import { NumberText, readBody, readObject, readText, unreadable, type Body } from './mapping.js';
import { certificateSerial, open, serialOf } from './signature.js';
import { PUBLIC_KEY_PREFIX } from './wire.js';

/** Finds the key with which WeChat signed something. */
export interface KeyLookup {
  /**
   * @param serial the `Wechatpay-Serial` of an answer or a notification
   * @returns null when WeChat has no such key, or not any more
   * @throws RailError when it could not be found out
   */
  keyFor(serial: string): Promise<KeyObject | null>;
}

/** A platform certificate. It counts from its first second to its last. */
export interface PlatformCertificate {
  readonly serial: string;
  readonly key: KeyObject;
  readonly validFrom: Date;
  readonly validTo: Date;
}

export function isValidAt({ validFrom, validTo }: PlatformCertificate, now: Date): boolean {
  return validFrom <= now && now <= validTo;
}

/** Fetches and proves the certificates of now. */
export type CertificateDownload = () => Promise<readonly PlatformCertificate[]>;

// WeChat shows a new certificate a day before it signs with it.
const REFRESH_AFTER_MS = 12 * 3_600_000;
/** A serial number that nobody has is looked for once in so long; whoever makes numbers up costs us nothing more. */
const LOOK_AGAIN_AFTER_MS = 300_000;
/** After a download that failed. */
const TRY_AGAIN_AFTER_MS = 10_000;

/** The configured public key and the downloaded certificates; both, while WeChat moves a merchant to the public key. */
export class PlatformKeys implements KeyLookup {
  readonly #config: Pick<MerchantConfig, 'publicKey' | 'certificates' | 'now'>;
  readonly #download: CertificateDownload;
  #certificates = new Map<string, PlatformCertificate>();
  #downloading: Promise<void> | null = null;
  #freshUntilMs = 0;
  #notBeforeMs = 0;

  constructor(config: Pick<MerchantConfig, 'publicKey' | 'certificates' | 'now'>, download: CertificateDownload) {
    this.#config = config;
    this.#download = download;
  }

  async keyFor(serial: string): Promise<KeyObject | null> {
    if (serial.startsWith(PUBLIC_KEY_PREFIX)) {
      const { publicKey } = this.#config;
      return publicKey?.id === serial ? publicKey.key : null;
    }
    if (!this.#config.certificates || !/^[0-9A-Fa-f]{8,40}$/.test(serial)) return null;

    const known = this.#valid(serial);
    const nowMs = this.#nowMs();
    if (known !== null) {
      // A signature that we can check waits for nobody: the newer ones come in the background.
      if (nowMs >= this.#freshUntilMs && nowMs >= this.#notBeforeMs) this.#refresh().catch(() => {});
      return known.key;
    }
    // Whoever comes while a download is on its way waits for that one.
    if (this.#downloading !== null || nowMs >= this.#notBeforeMs) await this.#refresh();
    return this.#valid(serial)?.key ?? null;
  }

  #valid(serial: string): PlatformCertificate | null {
    const certificate = this.#certificates.get(serialOf(serial));
    return certificate !== undefined && isValidAt(certificate, this.#config.now()) ? certificate : null;
  }

  #refresh(): Promise<void> {
    this.#downloading ??= this.#downloadAll().finally(() => {
      this.#downloading = null;
    });
    return this.#downloading;
  }

  async #downloadAll(): Promise<void> {
    this.#notBeforeMs = this.#nowMs() + TRY_AGAIN_AFTER_MS;
    const downloaded = await this.#download();
    const nowMs = this.#nowMs();
    // The ones from before stay until they end: notifications that were signed with them are still on their way.
    const kept = [...this.#certificates.values()].filter(({ validTo }) => validTo.getTime() >= nowMs);
    this.#certificates = new Map([...kept, ...downloaded].map((one) => [one.serial, one]));
    this.#freshUntilMs = nowMs + REFRESH_AFTER_MS;
    this.#notBeforeMs = nowMs + LOOK_AGAIN_AFTER_MS;
  }

  #nowMs(): number {
    return this.#config.now().getTime();
  }
}

/**
 * Decrypts the certificates of `GET /v3/certificates`. Nothing is proven yet but that whoever wrote them has the APIv3 key.
 *
 * @throws RailError `auth_config` when the APIv3 key is another one, `unmapped` for what is malformed
 */
export function readCertificates(apiV3Key: string, body: Uint8Array): readonly PlatformCertificate[] {
  const { data } = readBody(body);
  if (!Array.isArray(data)) throw unreadable('data');
  return data.map((item: unknown) => {
    if (typeof item !== 'object' || item === null || item instanceof NumberText) throw unreadable('data');
    return readCertificate(apiV3Key, item as Body);
  });
}

function readCertificate(apiV3Key: string, item: Body): PlatformCertificate {
  const sealed = readObject(item, 'encrypt_certificate');
  if (readText(sealed, 'algorithm') !== 'AEAD_AES_256_GCM') throw unreadable('algorithm');
  const pem = openCertificate(apiV3Key, sealed);
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    throw unreadable('encrypt_certificate');
  }
  const serial = certificateSerial(certificate);
  if (serial !== serialOf(readText(item, 'serial_no'))) {
    throw new RailError({ category: 'mismatch', message: 'A certificate has another number than its list says.' });
  }
  return {
    serial,
    key: certificate.publicKey,
    validFrom: new Date(certificate.validFrom),
    validTo: new Date(certificate.validTo),
  };
}

function openCertificate(apiV3Key: string, sealed: Body): Buffer {
  const parts = {
    nonce: readText(sealed, 'nonce'),
    associatedData: typeof sealed['associated_data'] === 'string' ? sealed['associated_data'] : '',
    ciphertext: readText(sealed, 'ciphertext'),
  };
  try {
    return open(apiV3Key, parts);
  } catch {
    throw new RailError({
      category: 'auth_config',
      rawCode: 'APIV3_KEY',
      message: 'The certificates cannot be decrypted. Compare apiV3Key with the one set in the merchant console.',
    });
  }
}

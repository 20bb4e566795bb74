import { token } from '../token.js';

/** Bytes under a name, such as QR images. Keys are path-like (`qr/qr_01j….png`): letters, digits, `_`, `-`, `.` and `/`. */
export interface BlobStore {
  /** Stores the bytes; an earlier blob under the key is replaced as a whole, never partly visible. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** @returns null when there is none */
  get(key: string): Promise<Uint8Array | null>;
  /** Removes the blob; nothing happens when there is none. */
  delete(key: string): Promise<void>;
  /**
   * An address under which the bytes can be fetched for a while, from the store itself and without a key of ours. It is made
   * without asking whether there is a blob. A store without this method has no such addresses: the gateway sends the bytes.
   */
  downloadUrl?(key: string, download: BlobDownload): Promise<string>;
  /** Called once, when ItPay stops. */
  close?(): Promise<void>;
}

/** How a blob arrives that is fetched from the store itself. */
export interface BlobDownload {
  /** A whole number, from 1 to 604 800: a week. */
  readonly expiresInSeconds: number;
  /** The name under which it is stored by who fetches it: `settlements-2026-11.csv`. */
  readonly fileName: string;
  /** Its media type: `text/csv; charset=utf-8`. */
  readonly contentType: string;
}
export const BlobStore = token<BlobStore>('blob-store');

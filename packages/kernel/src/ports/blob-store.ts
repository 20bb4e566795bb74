import { token } from '../token.js';

/** Bytes under a name, such as QR images. Keys are path-like (`qr/qr_01j….png`): letters, digits, `_`, `-`, `.` and `/`. */
export interface BlobStore {
  /** Stores the bytes; an earlier blob under the key is replaced as a whole, never partly visible. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** @returns null when there is none */
  get(key: string): Promise<Uint8Array | null>;
  /** Removes the blob; nothing happens when there is none. */
  delete(key: string): Promise<void>;
}
export const BlobStore = token<BlobStore>('blob-store');

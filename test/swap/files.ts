import type { BlobStore } from '@itpay/kernel';

/** Where the app keeps files: here, in memory. */
export class ShopFiles implements BlobStore {
  readonly #files = new Map<string, Uint8Array>();

  async put(key: string, bytes: Uint8Array): Promise<void> {
    this.#files.set(key, Uint8Array.from(bytes)); // a copy: the caller may use its buffer again
  }

  async get(key: string): Promise<Uint8Array | null> {
    return this.#files.get(key) ?? null;
  }

  async delete(key: string): Promise<void> {
    this.#files.delete(key);
  }

  get names(): readonly string[] {
    return [...this.#files.keys()];
  }
}

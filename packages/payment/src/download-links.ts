import { ItPayError } from '@itpay/core';
import type { Clock, Secrets } from '@itpay/kernel';
import { z } from 'zod';

const PURPOSE = 'download';
/** How long a link can be opened, in milliseconds. */
export const LINK_MS = 15 * 60_000;

/** What a signed link carries in its query; `expires` is in seconds since 1970. */
export const linkQuery = z.strictObject({
  expires: z.string().regex(/^[1-9]\d{0,11}$/),
  signature: z.string().max(100),
});
export type LinkQuery = z.infer<typeof linkQuery>;

/**
 * Links to files that open without a key, for a quarter of an hour: for a browser, or for whoever shall fetch the file. They
 * are made anew with each answer, and nothing about them is stored.
 */
export class DownloadLinks {
  readonly #publicUrl: string;
  readonly #secrets: Secrets;
  readonly #clock: Clock;

  constructor(publicUrl: string, secrets: Secrets, clock: Clock) {
    this.#publicUrl = publicUrl;
    this.#secrets = secrets;
    this.#clock = clock;
  }

  /** @param path below the mount: `/v1/reports/rpt_…/download` */
  issue(path: string): string {
    const expires = String(Math.floor((this.#clock.now().getTime() + LINK_MS) / 1000));
    const signature = this.#secrets.sign(PURPOSE, messageOf(path, expires)).toString('base64url');
    return `${this.#publicUrl}${path}?expires=${expires}&signature=${signature}`;
  }

  /**
   * Lets a request pass that carries what `issue` made for this path.
   *
   * @throws ItPayError `SIGNATURE_INVALID`, or `SIGNATURE_EXPIRED` after a quarter of an hour
   */
  check(path: string, { expires, signature }: LinkQuery): void {
    const given = Buffer.from(signature, 'base64url');
    // Decoding is lenient, and a part of a signature verifies too; a link has one spelling.
    const whole = given.length === 32 && given.toString('base64url') === signature;
    if (!whole || !this.#secrets.verify(PURPOSE, messageOf(path, expires), given)) {
      throw new ItPayError('SIGNATURE_INVALID', { message: `This link was not made here. ${AGAIN}` });
    }
    if (Number(expires) * 1000 <= this.#clock.now().getTime()) {
      throw new ItPayError('SIGNATURE_EXPIRED', { message: `This link has ended. ${AGAIN}` });
    }
  }
}

const AGAIN = 'Read the object again: its download_url is fresh.';

const messageOf = (path: string, expires: string) => `${path}\n${expires}`;

import { ItPayError } from '@itpay/core';

/**
 * A place in the log of events as text. It names no event, so it stays good when the events around it are forgotten, and
 * no key, so it stays good when the secret key is replaced.
 */
export function encodeCursor(position: bigint): string {
  return Buffer.from(`log:${position}`).toString('base64url');
}

/** @throws ItPayError `CURSOR_INVALID` */
export function decodeCursor(cursor: string): bigint {
  const [, digits] = /^log:(0|[1-9]\d{0,17})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  if (digits === undefined || encodeCursor(BigInt(digits)) !== cursor) {
    throw new ItPayError('CURSOR_INVALID', {
      message: 'after is "beginning", "now", or the next_cursor of the page before, unchanged.',
      param: 'after',
    });
  }
  return BigInt(digits);
}

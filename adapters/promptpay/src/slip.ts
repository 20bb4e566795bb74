import { crc16, fieldAt, isItPayError, readTlv } from '@itpay/core';
import { SLIP } from './wire.js';

/**
 * The small code on a transfer slip. It names a transfer and does not prove it: whoever has a picture of a slip has the
 * code. Only the bank knows whether the transfer exists, what it moved and to whom.
 */
export interface Slip {
  /** Three digits: the bank from which the money came. `014` is SCB. */
  readonly sendingBank: string;
  /** The bank's number of the transfer. */
  readonly transactionReference: string;
  /** The leading zero of the checksum was missing, as some banks print it. */
  readonly repaired: boolean;
  /** The code with its whole checksum. */
  readonly payload: string;
}

export type SlipReading = { readonly ok: true; readonly slip: Slip } | { readonly ok: false; readonly reason: string };

const MAX_LENGTH = 128;

/**
 * Reads the small code on a Thai transfer slip.
 *
 * @param text the text of the QR code, untrusted
 */
export function parseSlip(text: string): SlipReading {
  if (text.length > MAX_LENGTH) return refused(`The code has over ${MAX_LENGTH} characters.`);
  const [, body, printed] = new RegExp(`^(.*${SLIP.checksum}04)([0-9A-Fa-f]{1,4})$`).exec(text) ?? [];
  if (body === undefined || printed === undefined) return refused('The code does not end with a checksum.');
  const checksum = printed.toUpperCase().padStart(4, '0');
  if (crc16(body) !== checksum) return refused('The checksum is wrong.');

  const payload = body + checksum;
  try {
    const root = readTlv(payload);
    const transfer = readTlv(fieldAt(root, SLIP.transfer) ?? '');
    if (root.at(-1)?.tag !== SLIP.checksum) return refused('The checksum is not the last field.');
    if (fieldAt(transfer, SLIP.api) !== SLIP.verification) return refused('The code is none of a transfer slip.');
    if (fieldAt(root, SLIP.country) !== 'TH') return refused('The slip is not from Thailand.');

    const sendingBank = fieldAt(transfer, SLIP.sendingBank) ?? '';
    const transactionReference = fieldAt(transfer, SLIP.transactionReference) ?? '';
    if (!/^[0-9]{3}$/.test(sendingBank)) return refused('The sending bank is not three digits.');
    if (!/^[0-9A-Za-z]{1,35}$/.test(transactionReference)) return refused('The number of the transfer is missing.');
    return { ok: true, slip: { sendingBank, transactionReference, repaired: printed.length < 4, payload } };
  } catch (error) {
    if (isItPayError(error)) return refused(error.message);
    throw error;
  }
}

function refused(reason: string): SlipReading {
  return { ok: false, reason };
}

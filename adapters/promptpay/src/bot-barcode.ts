import { ItPayError } from '@itpay/core';
import { isReference, MAX_SATANG } from './mapping.js';
import { presentPromptPay, type BillRequest } from './payload.js';

/** What the barcode on a printed bill asks for: a request that `presentPromptPay` takes as it is. */
export type BotBarcode = BillRequest;

export type BotBarcodeReading =
  { readonly ok: true; readonly bill: BotBarcode } | { readonly ok: false; readonly reason: string };

// "|", the biller, a carriage return before each further field, and satang without a point, 0 for an open amount.
// (Bank of Thailand, standard bill payment barcode)
const MAX_LENGTH = 80;

/**
 * Reads the barcode of a Thai bill. It holds no checksum and proves nothing.
 *
 * @param text what the scanner read, untrusted
 */
export function parseBotBarcode(text: string): BotBarcodeReading {
  if (text.length > MAX_LENGTH) return refused(`The barcode has over ${MAX_LENGTH} characters.`);
  if (!text.startsWith('|')) return refused('The barcode does not begin with "|".');
  // Some scanners end what they read with a line of its own.
  const fields = text
    .slice(1)
    .replace(/\r?\n$/, '')
    .split('\r');
  if (fields.length !== 4) return refused(`The barcode has ${fields.length} of 4 fields.`);

  const [billerId = '', reference1 = '', reference2 = '', satang = ''] = fields;
  if (!/^[0-9]{13}([0-9]{2})?$/.test(billerId)) return refused('The biller id is not 15 digits.');
  if (!isReference(reference1)) return refused('Reference 1 is not 1 to 20 capital letters and digits.');
  if (reference2 !== '' && !isReference(reference2)) {
    return refused('Reference 2 is neither empty nor 1 to 20 capital letters and digits.');
  }
  if (!/^[0-9]{1,12}$/.test(satang) || BigInt(satang) > MAX_SATANG)
    return refused('The amount is not a number of satang.');

  const value = BigInt(satang);
  return {
    ok: true,
    bill: {
      billerId,
      reference1,
      ...(reference2 !== '' && { reference2 }),
      ...(value > 0n && { amount: { currency: 'THB', value } }),
    },
  };
}

/**
 * The QR code (tag 30) that asks for the same as a bill's barcode. Whether it can be paid is for the biller's bank to say:
 * some take only the barcode.
 *
 * @throws ItPayError `PARAMETER_INVALID` when the text is no such barcode
 */
export function botBarcodeToQr(text: string): string {
  const reading = parseBotBarcode(text);
  if (!reading.ok) throw new ItPayError('PARAMETER_INVALID', { message: reading.reason, param: 'barcode' });
  return presentPromptPay(reading.bill);
}

function refused(reason: string): BotBarcodeReading {
  return { ok: false, reason };
}

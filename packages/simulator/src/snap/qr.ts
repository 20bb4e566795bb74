import { fieldAt, readEmvco, writeEmvco } from '@itpay/core';

export interface QrContent {
  /** Whole rupiah. */
  readonly rupiah: bigint;
  /** The acquirer's number of the order. */
  readonly referenceNo: string;
  /** ISO 4217 numeric. Left out: rupiah. */
  readonly currency?: string;
}

/** The text of a dynamic QRIS code of a merchant that exists nowhere. */
export function writeQr({ rupiah, referenceNo, currency = '360' }: QrContent): string {
  return writeEmvco([
    ['00', '01'],
    ['01', '12'],
    [
      '26',
      [
        ['00', 'ID.CO.SIMULATED.WWW'],
        ['01', '936000000000000000'],
        ['02', '000000000000000'],
        ['03', 'UMI'],
      ],
    ],
    [
      '51',
      [
        ['00', 'ID.CO.QRIS.WWW'],
        ['02', 'ID0000000000000'],
        ['03', 'UMI'],
      ],
    ],
    ['52', '5812'],
    ['53', currency],
    ['54', String(rupiah)],
    ['58', 'ID'],
    ['59', 'Simulated shop'],
    ['60', 'Jakarta'],
    ['61', '10110'],
    ['62', [['01', referenceNo.slice(-25)]]],
  ]);
}

/** The same code for another amount or in another currency; for clients that must notice. */
export function falsifyQr(content: string, what: 'amount' | 'currency'): string {
  const reading = readEmvco(content, { mode: 'strict' });
  if (!reading.ok) return content;
  const rupiah = BigInt(fieldAt(reading.fields, '54') ?? '0');
  const referenceNo = fieldAt(reading.fields, '62.01') ?? '';
  return what === 'amount'
    ? writeQr({ rupiah: rupiah + 1n, referenceNo })
    : writeQr({ rupiah, referenceNo, currency: '840' });
}

import type { Channel } from '@itpay/kernel';
import type { StatementReader } from './config.js';
import { QRIS } from './facts.js';
import { readQris } from './read.js';
import { toDynamic, writeQris } from './write.js';

/** A merchant that no acquirer has: both numbers are zeros. */
const NOBODY = writeQris({
  accounts: [{ gui: 'ID.CO.NOBODY.WWW', pan: '936000000000000000', merchantId: '000000000000000', criteria: 'UMI' }],
  national: { nmid: 'ID0000000000000', criteria: 'UMI' },
  mcc: '0000',
  merchantName: 'Test mode',
  city: 'Jakarta',
  postalCode: '10000',
});

/** The printed code with the amount filled in. Nothing tells whether it was paid but the acquirer's app or report. */
export function staticChannels(payload: string, statement?: StatementReader): [Channel, Channel] {
  return [staticChannel(payload, 'live', statement), { ...staticChannel(NOBODY, 'test', statement), simulated: true }];
}

function staticChannel(payload: string, mode: 'live' | 'test', statement: StatementReader | undefined): Channel {
  return {
    ...QRIS,
    displayName: 'QRIS',
    mode,
    merchantAccount: accountOf(payload),
    capabilities: ['qr_dynamic', 'offline_qr', ...(statement === undefined ? [] : (['statement'] as const))],
    encode: ({ amount }) => ({ kind: 'qr', qrStandard: 'emvco', qrData: toDynamic(payload, { amount }) }),
    ...(statement && { parseStatement: statement }),
  };
}

/** The national number where the code has one: it stays when the merchant changes the acquirer. */
function accountOf(payload: string): string {
  const reading = readQris(payload);
  if (!reading.ok) throw new Error(reading.reason);
  const { national, accounts } = reading.code;
  return national?.nmid ?? accounts[0]?.pan ?? accounts[0]!.gui;
}

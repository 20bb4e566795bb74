import { defineMachine } from '@itpay/core';
import type { QrStandard } from '@itpay/kernel';

/** The life of one shown QR. A new code for the same intent is a new charge. */
export const qrChargeMachine = defineMachine({
  name: 'qr_charge',
  states: ['active', 'scanned', 'consumed', 'expired'],
  actions: ['scan', 'consume', 'expire'],
  initial: ['active'],
  final: ['consumed', 'expired'],
  table: {
    active: { scan: 'scanned', consume: 'consumed', expire: 'expired' },
    scanned: { consume: 'consumed', expire: 'expired' },
    consumed: {},
    expired: {},
  },
});

export type QrChargeStatus = (typeof qrChargeMachine.states)[number];

export interface QrCharge {
  readonly id: string;
  readonly paymentIntentId: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly channel: string;
  readonly channelReference: string;
  readonly qrStandard: QrStandard;
  /** What the wallet reads, byte for byte. */
  readonly qrData: string;
  readonly status: QrChargeStatus;
  readonly sequence: number;
  readonly expiresAt: Date;
  readonly createdAt: Date;
}

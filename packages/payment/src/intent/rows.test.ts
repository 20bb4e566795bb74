import { expect, it } from 'vitest';
import { aCharge, anIntent, AGENT_ID, HUMAN_ID, NOW } from '../../test/samples.js';
import type { PaymentIntent } from './intent.js';
import { intentFromRow, presentedFromRow, type IntentRow, type PresentedRow } from './rows.js';

const paid = anIntent({
  status: 'succeeded',
  amountCaptured: 19_900n,
  channelTransactionId: 'tx-1',
  version: 2,
  sequence: 4,
  capturedAt: NOW,
  succeededAt: NOW,
  closedAt: NOW,
});

it.each<[string, PaymentIntent]>([
  ['open', anIntent()],
  ['paid', paid],
  ['bare', anIntent({ payer: null, description: null, orderReference: null, returnUrl: null, metadata: {} })],
  ['paid by an agent alone', anIntent({ payer: { agentId: AGENT_ID, humanId: null } })],
  ['paid by a human alone', anIntent({ payer: { agentId: null, humanId: HUMAN_ID } })],
  ['larger than a double', anIntent({ amount: { currency: 'THB', value: 9_007_199_254_740_993n } })],
])('reads back an intent that is %s', (_, intent) => {
  expect(intentFromRow(rowOf(intent))).toEqual(intent);
});

it('reads the shown code with what it shares with its intent', () => {
  const [intent, qr] = [anIntent(), aCharge()];
  const row: PresentedRow = {
    ...rowOf(intent),
    qr_id: qr.id,
    qr_standard: qr.qrStandard,
    qr_data: qr.qrData,
    qr_status: qr.status,
    qr_sequence: qr.sequence,
    qr_expires_at: qr.expiresAt,
    qr_created_at: qr.createdAt,
    operation_id: 'op_1',
    operation_kind: 'authorize',
    operation_state: 'unknown',
    operation_next_query_at: NOW,
  };

  expect(presentedFromRow(row)).toEqual({
    intent,
    qr,
    operation: { id: 'op_1', kind: 'authorize', state: 'unknown', nextQueryAt: NOW },
  });
});

it('reads an intent without a shown code', () => {
  const row = { ...rowOf(paid), qr_id: null, operation_id: null } as PresentedRow;

  expect(presentedFromRow(row)).toEqual({ intent: paid, qr: null, operation: null });
});

function rowOf({ amount, payer, ...intent }: PaymentIntent): IntentRow {
  const columns = Object.entries(intent).map(([name, value]) => [
    name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    value,
  ]);
  return {
    ...Object.fromEntries(columns),
    amount: amount.value,
    currency: amount.currency,
    payer_agent_id: payer?.agentId ?? null,
    payer_human_id: payer?.humanId ?? null,
  };
}

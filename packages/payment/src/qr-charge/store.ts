import { maybeOne, statement, type Database, type QrStandard, type Tx } from '@itpay/kernel';
import type { QrCharge, QrChargeStatus } from './qr-charge.js';

/** The SQL of QR charges. */
export class QrChargeStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Any account's charge; the caller checks whose it is. */
  async find(id: string): Promise<QrCharge | null> {
    const row = await maybeOne(this.#database, FIND, { id });
    return row && fromRow(row);
  }

  /** Takes the shown QR of a paid intent off. Returns it as it is afterwards, or null when none was shown. */
  async consume(tx: Tx, intentId: string): Promise<QrCharge | null> {
    const row = await maybeOne(tx, CONSUME, { intentId });
    return row && fromRow(row);
  }
}

interface QrChargeRow {
  readonly id: string;
  readonly payment_intent_id: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly channel: string;
  readonly channel_reference: string;
  readonly qr_standard: QrStandard;
  readonly qr_data: string;
  readonly status: QrChargeStatus;
  readonly sequence: number;
  readonly expires_at: Date;
  readonly created_at: Date;
}

const fromRow = (row: QrChargeRow): QrCharge => ({
  id: row.id,
  paymentIntentId: row.payment_intent_id,
  account: row.account,
  livemode: row.livemode,
  channel: row.channel,
  channelReference: row.channel_reference,
  qrStandard: row.qr_standard,
  qrData: row.qr_data,
  status: row.status,
  sequence: row.sequence,
  expiresAt: row.expires_at,
  createdAt: row.created_at,
});

const COLUMNS = `id, payment_intent_id, account, livemode, channel, channel_reference, qr_standard, qr_data, status,
  sequence, expires_at, created_at`;

const FIND = statement<{ id: string }, QrChargeRow>(
  'qr_charge_find',
  `select ${COLUMNS} from {schema}.qr_charges where id = :id`,
);
const CONSUME = statement<{ intentId: string }, QrChargeRow>(
  'qr_charge_consume',
  `update {schema}.qr_charges set status = 'consumed', sequence = sequence + 1
    where payment_intent_id = :intentId and status in ('active', 'scanned')
   returning ${COLUMNS}`,
);

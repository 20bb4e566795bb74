import { maybeOne, statement, type Database, type QrStandard, type Queryable, type Tx } from '@itpay/kernel';
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

  /** The QR that was shown last, whether or not it still is. */
  async latestOf(on: Queryable, intentId: string): Promise<QrCharge | null> {
    const row = await maybeOne(on, LATEST_OF, { intentId });
    return row && fromRow(row);
  }

  /** A new QR of an intent. The database refuses a second one that can be paid. */
  async insert(tx: Tx, qr: QrCharge): Promise<void> {
    await tx.query(INSERT, { ...qr });
  }

  /** Takes the shown QR of an intent off. Returns it as it is afterwards, or null when none was shown. */
  async close(
    tx: Tx,
    intentId: string,
    status: 'consumed' | 'expired',
    reason: 'timeout' | 'superseded' | 'intent_closed' | null,
  ): Promise<QrCharge | null> {
    const row = await maybeOne(tx, CLOSE, { intentId, status, reason });
    return row && fromRow(row);
  }

  /** The payer's wallet has read the code. Returns the charge, or null when none is shown or it was known. */
  async scan(tx: Tx, intentId: string): Promise<QrCharge | null> {
    const row = await maybeOne(tx, SCAN, { intentId });
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
const LATEST_OF = statement<{ intentId: string }, QrChargeRow>(
  'qr_charge_latest_of',
  `select ${COLUMNS} from {schema}.qr_charges where payment_intent_id = :intentId order by id desc limit 1`,
);
const INSERT = statement<QrCharge, object>(
  'qr_charge_insert',
  `insert into {schema}.qr_charges
     (id, payment_intent_id, account, livemode, channel, channel_reference, qr_standard, qr_data, status, sequence,
      expires_at, created_at)
   values (:id, :paymentIntentId, :account, :livemode, :channel, :channelReference, :qrStandard, :qrData, :status,
      :sequence, :expiresAt, :createdAt)`,
);
const CLOSE = statement<{ intentId: string; status: string; reason: string | null }, QrChargeRow>(
  'qr_charge_close',
  `update {schema}.qr_charges set status = :status, closed_reason = :reason, sequence = sequence + 1
    where payment_intent_id = :intentId and status in ('active', 'scanned')
   returning ${COLUMNS}`,
);
const SCAN = statement<{ intentId: string }, QrChargeRow>(
  'qr_charge_scan',
  `update {schema}.qr_charges set status = 'scanned', sequence = sequence + 1
    where payment_intent_id = :intentId and status = 'active'
   returning ${COLUMNS}`,
);

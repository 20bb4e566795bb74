import { secretsFrom, uuidV7Ids } from '@itpay/kernel';
import type { Knex } from 'knex';

const ids = uuidV7Ids();
// The key that `freshStore` gives every test instance.
const secrets = secretsFrom(['a-secret-key-for-tests-that-is-long-enough']);

export interface StatementRowSample {
  readonly account: string;
  readonly livemode: boolean;
  readonly amount: { readonly currency: string; readonly value: number };
  readonly at: Date | string;
  readonly channel: string;
  readonly kind?: string;
  readonly direction?: string;
  readonly status?: string;
  readonly fee?: number;
  readonly transaction?: string;
  /** The inflow that it booked. */
  readonly inflow?: string;
  readonly outcome?: string;
  readonly counterparty?: object;
}

/** Writes a line of a statement as the import keeps it, without a file. @returns its id */
export async function insertStatementRow(knex: Knex, row: StatementRowSample): Promise<string> {
  const id = ids.next('row');
  const { account, livemode, channel, amount, at, kind = 'credit', inflow = null, counterparty = null } = row;
  await knex('itpay.statement_rows').insert({
    id,
    statement_id: ids.next('stm'),
    account,
    livemode,
    channel,
    channel_instance: `${channel}:${livemode ? 'live' : 'test'}:sample`,
    dedupe_key: id,
    kind,
    direction: row.direction ?? null,
    status: row.status ?? 'booked',
    amount: amount.value,
    currency: amount.currency,
    fee: row.fee ?? null,
    channel_transaction_id: row.transaction ?? null,
    booked_at: at,
    sealed_details: secrets.seal('statement-row', JSON.stringify({ text: '', counterparty })),
    position: 'line 1',
    outcome: row.outcome ?? (inflow === null ? 'noted' : 'booked'),
    inflow_id: inflow,
    created_at: at,
    updated_at: at,
  });
  return id;
}

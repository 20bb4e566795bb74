import { ItPayError } from '@itpay/core';
import { RailError, type CallContext, type StatementPart, type StatementRow } from '@itpay/kernel';
import type { WireStatementRow } from '../fake-rail/wire.js';
import { call } from './client.js';
import type { FakeChannelConfig } from './config.js';
import { readMoney, readText, requireSame } from './mapping.js';

/** The rail's days are those of UTC, and it has the file of a day at six in the morning of the next. */
export const STATEMENT_DAYS = { utcOffset: '+00:00', readyAt: '06:00' } as const;

/**
 * Fetches the file of a day; all of it was read when this resolves.
 *
 * @throws ItPayError `STATEMENT_INVALID` naming the row that is wrong
 */
export async function fetchStatement(
  config: FakeChannelConfig,
  day: string,
  { signal }: CallContext,
): Promise<AsyncIterable<StatementPart>> {
  const merchant = config.merchantAccount;
  const path = `/v1/${encodeURIComponent(merchant)}/statements/${encodeURIComponent(day)}`;
  const { status, body } = await call(config, 'GET', path, null, signal);
  if (status === 202) throw new RailError({ category: 'channel_unavailable', message: 'The file is not there yet.' });
  requireSame(body, { merchant, day });
  if (!Array.isArray(body['rows'])) throw unreadable('rows', 'The file has no rows.');
  const rows = body['rows'].map((row: WireStatementRow, index) => readRow(row, `row ${index + 1}`));
  return (async function* (): AsyncGenerator<StatementPart> {
    const about = { statementId: day, account: merchant };
    yield { part: 'statement', ...about };
    for (const row of rows) yield { part: 'row', row };
    yield { part: 'facts', facts: { ...about, complete: true, balancesAgree: null } };
  })();
}

const KINDS = { payment: 'credit', refund: 'refund', fee: 'fee' } as const;
const STATUSES = { succeeded: 'booked', processing: 'pending', failed: 'info' } as const;

function readRow(row: WireStatementRow, position: string): StatementRow {
  const kind = KINDS[row.kind];
  const status = STATUSES[row.status];
  if (kind === undefined || status === undefined) throw unreadable(position, 'Its kind or its status is unknown.');
  try {
    const body = { ...row };
    const amount = readMoney(body);
    const channelTransactionId = readText(body, 'transaction_id');
    return {
      kind,
      dedupeKey: `${row.kind}|${channelTransactionId}`,
      channelTransactionId,
      reference: readText(body, 'reference'),
      text: '',
      amount,
      ...(row.fee !== undefined && { fee: { currency: amount.currency, value: BigInt(row.fee) } }),
      bookedAt: new Date(row.at),
      status,
      direction: kind === 'credit' ? 'in' : 'out',
      position,
    };
  } catch (error) {
    throw unreadable(position, error instanceof RailError ? error.message : 'It is malformed.');
  }
}

function unreadable(position: string, problem: string): ItPayError {
  return new ItPayError('STATEMENT_INVALID', {
    message: `The file of the fake rail cannot be read (${position}). ${problem}`,
    details: { position },
  });
}

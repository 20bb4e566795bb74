import { isItPayError, ItPayError } from '@itpay/core';
import type { CallContext, StatementPart, StatementRow } from '@itpay/kernel';
import { downloadBill } from './bill-download.js';
import type { Rail } from './client.js';
import { parseFundFlowBill, parseTradeBill } from './statement.js';

/** Bills are there from ten in the morning of the next day, in China. (Bill download, "notes") */
export const STATEMENT_DAYS = { utcOffset: '+08:00', readyAt: '10:00' } as const;

/**
 * What WeChat tells about a day: the payments and refunds of the trade bill, and of the fund flow bill what was really taken
 * as fees. Both were read to their end, with their sums, when this resolves.
 *
 * @throws RailError while a bill is not to be had; ItPayError `STATEMENT_INVALID` for one that cannot be read
 */
export async function fetchStatement(
  rail: Rail,
  day: string,
  { signal }: CallContext,
): Promise<AsyncIterable<StatementPart>> {
  const { mchid } = rail.config;
  const bills = [
    { file: await downloadBill(rail, day, 'trade', signal), kind: 'trade' },
    { file: await downloadBill(rail, day, 'fund_flow', signal), kind: 'fund_flow' },
  ] as const;
  async function* rows(): AsyncGenerator<StatementRow> {
    for (const { file, kind } of bills) {
      if (file !== null) yield* kind === 'trade' ? trades(file, mchid) : fees(file);
    }
  }
  try {
    // A bill counts only once its sums were compared; reading twice keeps one row in memory, not all of them.
    for await (const _ of rows());
  } catch (error) {
    throw unreadable(day, error);
  }
  return (async function* (): AsyncGenerator<StatementPart> {
    const about = { statementId: `${mchid} ${day}`, account: mchid };
    yield { part: 'statement', ...about };
    for await (const row of rows()) yield { part: 'row', row };
    yield { part: 'facts', facts: { ...about, currency: 'CNY', complete: true, balancesAgree: null } };
  })();
}

async function* trades(file: Buffer, mchid: string): AsyncGenerator<StatementRow> {
  for await (const { fee, ...row } of parseTradeBill(inOnePiece(file), { mchid })) {
    // What is given back of a fee is in the fund flow bill, inside the refund.
    yield fee === undefined || fee.value < 0n ? row : { ...row, fee };
  }
}

/** The other rows of this bill say again what the trade bill says. */
async function* fees(file: Buffer): AsyncGenerator<StatementRow> {
  for await (const row of parseFundFlowBill(inOnePiece(file))) if (row.kind === 'fee') yield row;
}

async function* inOnePiece(file: Buffer): AsyncGenerator<Uint8Array> {
  yield file;
}

function unreadable(day: string, error: unknown): unknown {
  if (!isItPayError(error) || error.code !== 'PARAMETER_INVALID') return error;
  return new ItPayError('STATEMENT_INVALID', {
    message: `${error.message} It is of ${day}.`,
    details: { ...error.details, day },
    cause: error,
  });
}

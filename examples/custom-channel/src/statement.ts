import { ItPayError, parseDecimal } from '@itpay/core';
import type { StatementFile, StatementPart, StatementRow } from '@itpay/kernel';
import { STATEMENT } from './wire.js';

/**
 * Reads the Pix statement of the payee's bank, one payment a line. Our order number is the txid, and the number that the rail
 * gave a payment names its row: in whichever file the payment stands, it counts once.
 *
 * @throws ItPayError `STATEMENT_INVALID` with the line
 */
export async function* parseStatement(
  file: AsyncIterable<Uint8Array>,
  { name }: StatementFile,
): AsyncGenerator<StatementPart> {
  const statement = { statementId: name ?? 'extrato', account: 'pix' };
  yield { part: 'statement', ...statement };
  let number = 0;
  for await (const line of linesOf(file)) {
    number += 1;
    if (number === 1 && line !== STATEMENT.header) throw unreadable(`Its columns are not ${STATEMENT.header}.`, number);
    if (number > 1 && line !== '') yield { part: 'row', row: rowOf(line, number) };
  }
  if (number === 0) throw unreadable('It is empty.', 1);
  // The table has no balances, so nothing says whether a line is missing.
  yield { part: 'facts', facts: { ...statement, complete: false, balancesAgree: null } };
}

function rowOf(line: string, number: number): StatementRow {
  const [at = '', reais = '', endToEndId = '', txid = '', ...more] = line.split(';');
  const bookedAt = new Date(at);
  if (more.length > 0 || !STATEMENT.time.test(at) || Number.isNaN(bookedAt.getTime())) {
    throw unreadable('It is no payment.', number);
  }
  const [, minus, whole, centavos] = STATEMENT.amount.exec(reais) ?? [];
  if (whole === undefined) throw unreadable(`"${reais}" is no amount in reais.`, number);
  if (!STATEMENT.endToEndId.test(endToEndId)) throw unreadable('It has no endToEndId.', number);
  const isOut = minus === '-';
  return {
    kind: isOut ? 'debit' : 'credit',
    direction: isOut ? 'out' : 'in',
    dedupeKey: endToEndId,
    channelTransactionId: endToEndId,
    reference: txid === '' ? null : txid,
    text: txid,
    amount: { currency: 'BRL', value: parseDecimal(`${whole.replaceAll('.', '')}.${centavos}`, 2) },
    bookedAt,
    status: 'booked',
    position: `line ${number}`,
  };
}

/** The lines of a file, one in memory at a time. */
async function* linesOf(file: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  for await (const chunk of file) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n/);
    rest = lines.pop()!;
    if (rest.length > STATEMENT.longestLine) throw unreadable('It has a line without an end.', 1);
    yield* lines;
  }
  if (rest !== '') yield rest;
}

function unreadable(problem: string, line: number): ItPayError {
  return new ItPayError('STATEMENT_INVALID', {
    message: `The statement cannot be read (line ${line}). ${problem} Export it from the bank again.`,
    param: 'file',
    details: { line },
  });
}

import type { StatementFile, StatementPart } from '@itpay/kernel';
import { currencyOf, type Payee, type StatementOptions } from './config.js';
import { readIban } from './iban.js';
import { withOrderNumbers } from './references/order-number.js';
import type { ReferenceScheme } from './references/scheme.js';
import { invalidStatement } from './statement/invalid.js';
import { parseStatement } from './statement/parse-statement.js';

export interface OwnStatement {
  readonly payee: Payee;
  /** The payee's account, as the channel names it. */
  readonly merchantAccount: string;
  readonly references: ReferenceScheme;
  readonly options: StatementOptions;
  /** Test mode: the account is one that no bank has, so files of any account are taken. */
  readonly isTest: boolean;
}

/**
 * Reads a file of the payee's bank. Rows name our order and refund numbers, where the file has them.
 *
 * @throws ItPayError `STATEMENT_INVALID` with the line, also for the file of another account; `AMOUNT_PRECISION_UNSUPPORTED`
 */
export function ownStatement(
  file: AsyncIterable<Uint8Array>,
  { name }: StatementFile,
  { payee, merchantAccount, references, options, isTest }: OwnStatement,
): AsyncIterable<StatementPart> {
  const { csv, encoding } = options;
  const parts = parseStatement(file, {
    currency: currencyOf(payee.account),
    ...(encoding !== undefined && { encoding }),
    ...(csv !== undefined && { csv: { profile: csv, account: merchantAccount, statementId: name ?? 'table' } }),
  });
  return withOrderNumbers(isTest ? parts : ofAccount(parts, merchantAccount), references);
}

/** Money of another account was never paid here. Only IBANs can be compared: banks write other numbers as they like. */
async function* ofAccount(parts: AsyncIterable<StatementPart>, merchantAccount: string): AsyncGenerator<StatementPart> {
  const own = readIban(merchantAccount);
  for await (const part of parts) {
    const told = part.part === 'statement' ? readIban(part.account) : null;
    if (own !== null && told !== null && told !== own) {
      throw invalidStatement(
        `It is of the account that ends in ${told.slice(-4)}, and payments go to ${own.slice(-4)}.`,
      );
    }
    yield part;
  }
}

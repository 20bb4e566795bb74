import { MAX_WIRE_AMOUNT, type Money, type WireMoney } from '@itpay/core';
import type { StatementFacts } from '@itpay/kernel';
import type { StatementWarning, ToldStatement } from './statement.js';

/** What a statement says about itself, without the number of the account. */
export function toldStatement(facts: StatementFacts, rows: number): ToldStatement {
  const { statementId, account, currency, opening, closing, complete, balancesAgree } = facts;
  return {
    statement_id: statementId,
    account: lastFour(account),
    currency: currency ?? opening?.currency ?? closing?.currency ?? null,
    opening: toWire(opening),
    closing: toWire(closing),
    complete,
    balances_agree: balancesAgree,
    rows,
  };
}

/**
 * What an operator should know about the statements of a file. Pure.
 *
 * @param earlier of the same instance, newest first, without those of this file
 */
export function warningsFor(
  told: readonly ToldStatement[],
  earlier: readonly ToldStatement[],
): readonly StatementWarning[] {
  const warnings: StatementWarning[] = [];
  const before = earlier.toReversed();
  for (const statement of told) {
    if (statement.balances_agree === false) {
      warnings.push({ type: 'balances_disagree', statement_id: statement.statement_id });
    }
    const gap = gapBefore(statement, before);
    if (gap !== null) warnings.push(gap);
    before.push(statement);
  }
  return warnings;
}

/** Files may be imported in any order, so any earlier balance may be the one that this statement continues. */
function gapBefore(statement: ToldStatement, before: readonly ToldStatement[]): StatementWarning | null {
  const { opening, account, complete, statement_id } = statement;
  if (opening === null || !complete) return null;
  const sameAccount = before.filter(
    (other) => other.complete && other.account === account && other.closing?.currency === opening.currency,
  );
  const latest = sameAccount.at(-1)?.closing;
  if (!latest || sameAccount.some((other) => other.closing?.value === opening.value)) return null;
  // Told again, in another file.
  if (sameAccount.some((other) => other.statement_id === statement_id)) return null;
  return { type: 'gap', statement_id, expected: latest, found: opening };
}

function lastFour(account: string): string {
  return account.length > 4 ? `****${account.slice(-4)}` : '****';
}

/** Null for a balance that JSON cannot carry exactly. */
function toWire(balance: Money | undefined): WireMoney | null {
  if (balance === undefined) return null;
  const { value, currency } = balance;
  if (value > MAX_WIRE_AMOUNT || value < -MAX_WIRE_AMOUNT) return null;
  return { currency, value: Number(value) };
}

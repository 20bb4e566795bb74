import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatDecimal } from '@itpay/core';
import { expect, it } from 'vitest';
import { describeNeeding, vectorsNeed } from '../../../../test/support/needs.js';
import { loadVectors, vectorsFolder, type Vector } from '../../../../test/support/vectors.js';
import { findRf } from '../references/rf.js';
import type { CamtStatement, CamtTransaction } from './camt/camt-message.js';
import { readCamt } from './camt/read-camt.js';
import { Mt940Sums } from './mt940/mt940-sums.js';
import { readMt940 } from './mt940/read-mt940.js';
import { parseStatement } from './parse-statement.js';

type Told = Record<string, unknown>;

const checks: Record<string, (vector: Vector) => Promise<void>> = {
  'statement-camt': async ({ input, expect: expected }) => {
    if (expected.error === true) await expect(camt(fileOf(input))).rejects.toMatchObject({ code: 'STATEMENT_INVALID' });
    else expect(await camt(fileOf(input))).toEqual(expected);
  },

  'statement-mt940': async ({ input, expect: expected }) => {
    expect(await mt940(fileOf(input), input.encoding)).toEqual(expected);
  },

  reconcile: async ({ input, expect: expected }) => {
    const issued = (input.issued as Array<{ reference: string; amount: string }>).map((one) => ({
      ...one,
      received: 0n,
    }));
    const unmatchedCredits: string[] = [];
    for await (const part of parseStatement(fileOf(input))) {
      if (part.part !== 'row') continue;
      const { text, amount, direction, kind } = part.row;
      const found = issued.find(({ reference }) => findRf(text, reference.length - 4).includes(reference));
      if (found !== undefined) found.received += direction === 'in' ? amount.value : -amount.value;
      else if (kind === 'credit') unmatchedCredits.push(formatDecimal(amount.value, 2));
    }

    expect(unmatchedCredits).toEqual(expected.unmatchedCredits);
    for (const { reference, received } of issued) {
      expect(formatDecimal(received, 2)).toBe(expected.references[reference].received);
    }
  },
};

describeNeeding(vectorsNeed, 'published statements', () => {
  for (const vector of loadVectors('bank-transfer')?.vectors ?? []) {
    const check = checks[vector.kind];
    if (check !== undefined) it(`${vector.kind} ${vector.id}`, () => check(vector));
  }
});

function fileOf(input: { readonly file?: string; readonly inline?: string }): Uint8Array {
  return input.file === undefined ? Buffer.from(input.inline!) : readFileSync(join(vectorsFolder, input.file));
}

// What our readers find, in the words of the vector file.

async function camt(file: Uint8Array): Promise<unknown> {
  let told: Told = {};
  const statements: Array<Told & { entries: Told[] }> = [];
  for await (const item of readCamt(file)) {
    if (item.item === 'message') told = { message: item.message.type, messageId: item.message.messageId };
    if (item.item === 'statement') statements.push({ ...headOf(item.statement), entries: [] });
    if (item.item !== 'entry') continue;
    const { line: _, code: __, batchCount: ___, additionalInformation: ____, reversal, ...entry } = item.entry;
    statements.at(-1)!.entries.push({
      ...entry,
      ...(reversal !== undefined && { reversal: String(reversal) }),
      ...(entry.bookingDate !== undefined && { bookingDate: entry.bookingDate.slice(0, 10) }),
      ...(entry.valueDate !== undefined && { valueDate: entry.valueDate.slice(0, 10) }),
      transactions: entry.transactions.length > 0 ? entry.transactions.map(transactionOf) : undefined,
    });
  }
  return { ...told, statements };
}

function headOf({ id, iban, otherAccount, currency, balances }: CamtStatement): Told {
  return {
    id,
    iban,
    otherAccount,
    currency,
    balances: balances.map(({ type, amount, currency: unit, creditDebit, date }) => ({
      type,
      amount,
      currency: unit,
      creditDebit,
      date: date.slice(0, 10),
    })),
  };
}

function transactionOf({ creditorReferences, remittance, ...transaction }: CamtTransaction): Told {
  const { creditDebit: _, additionalInformation: __, ...rest } = transaction;
  return {
    ...rest,
    ...(creditorReferences.length > 0 && { creditorReference: creditorReferences[0] }),
    ...(remittance.length > 0 && { remittance }),
  };
}

async function mt940(file: Uint8Array, encoding: 'utf-8'): Promise<unknown> {
  const statements: Array<Told & { lines: Told[] }> = [];
  let sums: Mt940Sums | null = null;
  for await (const item of readMt940(file, { encoding })) {
    const statement = statements.at(-1);
    if (item.item === 'statement') {
      const { line: _, floorCurrency: __, madeAt: ___, ...head } = item.statement;
      sums = new Mt940Sums(item.statement);
      statements.push({ ...head, lines: [] });
    } else if (item.item === 'line') {
      const { line: _, supplementary: __, info, ...line } = item.line;
      sums!.add(item.line);
      statement!.lines.push({ ...line, ...(info.length > 0 && { info: info[0] }) });
    } else {
      const { closing, closingType } = item.end;
      Object.assign(statement!, { closing, closingType, balancesAgree: sums!.agree(item.end) ?? undefined });
    }
  }
  return { statements };
}

import { exponentOf, formatDecimal, type Money } from '@itpay/core';
import type { PaymentInstruction } from '@itpay/kernel';

/** A transfer to an account whose country has no code. */
export interface TextTransfer {
  readonly beneficiary: string;
  readonly country: string;
  readonly number: string;
  readonly bankCode?: string | undefined;
  readonly bank?: string | undefined;
  readonly bic?: string | undefined;
  readonly amount: Money;
  readonly reference: string;
}

// The order of the lines. A phone's camera shows the text, from which a payer can copy.
const LINES = [
  ['To', 'beneficiary'],
  ['IBAN', 'iban'],
  ['Account', 'account_number'],
  ['Bank', 'bank'],
  ['Bank code', 'bank_code'],
  ['BIC', 'bic'],
  ['Amount', 'amount'],
  ['Reference', 'reference'],
] as const satisfies readonly (readonly [string, PaymentInstruction['field']])[];

const TITLE = 'Bank transfer, ';

/** The instructions as a text of lines: `To: Shop Ltd`. No bank app reads it; people do. */
export function presentText(transfer: TextTransfer): string {
  const { currency, value } = transfer.amount;
  const isIban = /^[A-Z]{2}[0-9]{2}[A-Z0-9]{10,}$/.test(transfer.number);
  const values: Partial<Record<PaymentInstruction['field'], string | undefined>> = {
    beneficiary: transfer.beneficiary,
    iban: isIban ? transfer.number : undefined,
    account_number: isIban ? undefined : transfer.number,
    bank: transfer.bank,
    bank_code: transfer.bankCode,
    bic: transfer.bic,
    amount: `${currency} ${formatDecimal(value, exponentOf(currency))}`,
    reference: transfer.reference,
  };
  const lines = LINES.flatMap(([label, field]) => (values[field] === undefined ? [] : [`${label}: ${values[field]}`]));
  return [`${TITLE}${transfer.country}`, ...lines].join('\n');
}

/** The way back; empty for any other text. */
export function readText(text: string): readonly PaymentInstruction[] {
  const [title = '', ...lines] = text.split('\n');
  if (!/^[A-Z]{2}$/.test(title.replace(TITLE, ''))) return [];
  const read = lines.map((line): PaymentInstruction | null => {
    const known = LINES.find(([label]) => line.startsWith(`${label}: `));
    if (known === undefined) return null;
    const [label, field] = known;
    const value = line.slice(label.length + 2);
    return { field, value: field === 'amount' ? value.replace(/^[A-Z]{3} /, '') : value };
  });
  return read.includes(null) ? [] : (read as PaymentInstruction[]);
}

import { exponentOf, formatDecimal, type Money } from '@itpay/core';
import type { PaymentInstruction } from '@itpay/kernel';
import { parseDuitNow } from './codes/duitnow.js';
import { parseEpc } from './codes/epc.js';
import { parsePayNow } from './codes/paynow.js';
import { readText } from './codes/text.js';
import { parseVietQr } from './codes/vietqr.js';
import type { Payee } from './config.js';

/** What a payer types instead of scanning this code. Empty for a text that is no code of this kind of account. */
export function instructionsOf(qrData: string, payee: Payee): readonly PaymentInstruction[] {
  switch (payee.account.kind) {
    case 'sepa':
      return ofEpc(qrData);
    case 'vietqr':
      return ofVietQr(qrData, payee);
    case 'paynow':
      return ofPayNow(qrData);
    case 'duitnow':
      return ofDuitNow(qrData);
    case 'other':
      return readText(qrData);
  }
}

function ofEpc(qrData: string): readonly PaymentInstruction[] {
  const reading = parseEpc(qrData, { mode: 'strict' });
  if (!reading.ok) return [];
  const { name, iban, bic, amount, reference, text } = reading.code;
  return spelt({ beneficiary: name, iban, bic, amount: decimal(amount), reference: reference ?? text });
}

function ofVietQr(qrData: string, { account, beneficiary }: Payee): readonly PaymentInstruction[] {
  const reading = parseVietQr(qrData, { mode: 'strict' });
  if (!reading.ok) return [];
  const { bank, account: number, to, amount, purpose } = reading.code;
  // The code has no name. Ours belongs to it as long as the account is still the same.
  const ours = account.kind === 'vietqr' && account.bank === bank && account.number === number;
  return spelt({
    beneficiary: ours ? beneficiary : null,
    [to === 'card' ? 'card_number' : 'account_number']: number,
    bank_code: bank,
    amount: decimal(amount),
    reference: purpose,
  });
}

function ofPayNow(qrData: string): readonly PaymentInstruction[] {
  const reading = parsePayNow(qrData, { mode: 'strict' });
  if (!reading.ok) return [];
  const { name, proxy, amount, bill } = reading.code;
  const payee = { [proxy.type === 'mobile' ? 'mobile' : 'company_number']: proxy.value };
  return spelt({ beneficiary: name, ...payee, amount: decimal(amount), reference: bill });
}

function ofDuitNow(qrData: string): readonly PaymentInstruction[] {
  const reading = parseDuitNow(qrData, { mode: 'strict' });
  if (!reading.ok) return [];
  const { name, acquirer, account, amount, reference } = reading.code;
  return spelt({
    beneficiary: name,
    account_number: account,
    bank_code: acquirer,
    amount: decimal(amount),
    reference,
  });
}

type Values = Partial<Record<PaymentInstruction['field'], string | null | undefined>>;

function spelt(values: Values): readonly PaymentInstruction[] {
  return Object.entries(values).flatMap(([field, value]) =>
    value ? [{ field: field as PaymentInstruction['field'], value }] : [],
  );
}

function decimal(amount: Money | null | undefined): string | null {
  return amount ? formatDecimal(amount.value, exponentOf(amount.currency)) : null;
}

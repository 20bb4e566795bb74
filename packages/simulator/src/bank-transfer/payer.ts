import {
  currencyCodes,
  exponentOf,
  fieldAt,
  ItPayError,
  numericCodeOf,
  parseDecimal,
  readEmvco,
  type Money,
  type TlvField,
} from '@itpay/core';
import type { Clock, Random, SimulatedRail } from '@itpay/kernel';

/**
 * Payers who transfer money from their bank: one for the channel `bank_transfer`, and one for each name that the account of
 * another currency may have. They read codes and instructions by themselves and share nothing with the channel.
 *
 * As on the real rail, the payer can change the amount, and can transfer again: every transfer has its own number.
 */
export function bankTransferPayers({ clock, random }: { clock: Clock; random: Random }): SimulatedRail[] {
  const names = ['bank_transfer', ...currencyCodes().map((code) => `bank_transfer_${code.toLowerCase()}`)];
  return names.map((channel) => ({
    channel,
    scan: amountAsked,
    transfer(amount) {
      const paidAt = clock.now();
      return { channelTransactionId: transferId(paidAt, random), amount, paidAt };
    },
  }));
}

function amountAsked(code: string): Money {
  if (code.startsWith('BCD\n')) return askedByEpc(code);
  if (code.startsWith('Bank transfer, ')) return askedByText(code);
  return askedByEmvco(code);
}

// A German bank code of zeros belongs to no bank: they begin with 1 to 8.
const NOBODY_IBAN = 'DE36000000000000000000';

function askedByEpc(code: string): Money {
  const [, version, set, kind, , , iban, amount] = code.split('\n');
  if (version !== '002' || set !== '1' || kind !== 'SCT') {
    throw refused('The bank’s app does not know this kind of EPC code: it reads version 002 in UTF-8.');
  }
  if (iban !== NOBODY_IBAN) throw real();
  if (!amount?.startsWith('EUR')) throw noAmount();
  return { currency: 'EUR', value: parseDecimal(amount.slice(3), 2) };
}

/** What a person reads off a page and types. */
function askedByText(code: string): Money {
  const lines = new Map(code.split('\n').map((line) => line.split(': ', 2) as [string, string]));
  if (lines.get('Account') !== '00000000' || lines.has('IBAN') || lines.has('Bank code')) throw real();
  const [currency = '', amount = ''] = lines.get('Amount')?.split(' ') ?? [];
  if (amount === '') throw noAmount();
  if (!lines.get('Reference')) throw refused('The instructions name no reference, so the transfer could not be found.');
  return { currency, value: parseDecimal(amount, exponentOf(currency)) };
}

/** The payees of test mode, by the identifier of their scheme: everything behind it in the account template. */
const NOBODY: Readonly<Record<string, { country: string; currency: string; isNobody(fields: string[]): boolean }>> = {
  A000000727: {
    country: 'VN',
    currency: 'VND',
    isNobody: (fields) => fields.join() === ['01=000600000001100000000000', '02=QRIBFTTA'].join(),
  },
  'SG.PAYNOW': {
    country: 'SG',
    currency: 'SGD',
    isNobody: ([type, proxy, editable, expiry, ...others]) =>
      type === '01=2' &&
      proxy === '02=00000000X' &&
      editable === '03=0' &&
      /^04=[0-9]{8}$/.test(expiry ?? '') &&
      others.length === 0,
  },
  A0000006150001: {
    country: 'MY',
    currency: 'MYR',
    isNobody: (fields) => fields.join() === ['01=000000', '02=0000000000'].join(),
  },
};

function askedByEmvco(code: string): Money {
  const reading = readEmvco(code, { mode: 'strict' });
  if (!reading.ok) throw refused(`The bank’s app cannot read this code: ${reading.reason}`);
  const [account, ...others] = reading.fields.filter(({ tag }) => tag >= '02' && tag <= '51');
  const [identifier, ...rest] = account?.children ?? [];
  const scheme = identifier?.tag === '00' ? NOBODY[identifier.value] : undefined;
  if (scheme === undefined || others.length > 0 || !scheme.isNobody(rest.map(printed))) throw real();

  const { currency, country } = scheme;
  if (fieldAt(reading.fields, '58') !== country || fieldAt(reading.fields, '53') !== numericCodeOf(currency)) {
    throw refused(`The code does not ask for ${currency} in ${country}; its scheme moves nothing else.`);
  }
  const amount = fieldAt(reading.fields, '54');
  if (amount === undefined) throw noAmount();
  return { currency, value: parseDecimal(amount, exponentOf(currency)) };
}

const printed = ({ tag, value }: TlvField) => `${tag}=${value}`;

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A bank's number of a transfer: the day, then letters and digits. `SIM` marks ours. */
function transferId(paidAt: Date, random: Random): string {
  const day = paidAt.toISOString().slice(0, 10).replaceAll('-', '');
  return `SIMBT${day}${Array.from(random.bytes(12), (byte) => ALPHABET[byte % 32]).join('')}`;
}

function real(): ItPayError {
  return refused(
    'This is the account of a real payee; the simulator never pays real accounts. Create the payment with a test key.',
  );
}

function noAmount(): ItPayError {
  return refused(
    'The code leaves the amount to the payer; the simulated payer pays only the amount that a code asks for.',
  );
}

function refused(message: string): ItPayError {
  return new ItPayError('PARAMETER_INVALID', { message, param: 'qr_data' });
}

import { dayText, isDay } from '../dates.js';
import { invalidStatement } from '../invalid.js';
import type { Mt940Balance, Mt940Line, Mt940Mark, Mt940Sum } from './mt940-message.js';

// Banks pad amounts with zeros to twenty digits, and leave the comma out.
const AMOUNT = '[0-9]{1,24}(?:,[0-9]{0,5})?';
const LINE = new RegExp(`^([0-9]{6})([0-9]{4})?(R[CD]|E[CD]|[CD])([A-Z])?(${AMOUNT})([A-Z][A-Z0-9 ]{3})(.*)$`);
const BALANCE = new RegExp(`^([CD])([0-9]{6})([A-Z]{3})(${AMOUNT})\\s*$`);
const SUM = new RegExp(`^([0-9]{1,9})([A-Z]{3})(${AMOUNT})\\s*$`);

/** Field 61, without its second line. @throws ItPayError `STATEMENT_INVALID`, as all of these */
export function readLine(text: string, line: number): Omit<Mt940Line, 'info' | 'supplementary'> {
  const [, date, entryDate, mark, fundsCode, amount, typeCode, references = ''] = LINE.exec(text) ?? [];
  if (date === undefined) throw invalidStatement('Field 61 is not a line of a statement.', line);
  const divider = references.indexOf('//');
  const customerRef = (divider < 0 ? references : references.slice(0, divider)).trim();
  const bankRef = divider < 0 ? '' : references.slice(divider + 2).trim();
  return {
    valueDate: readDate(date, line, true),
    ...(entryDate !== undefined && { entryDateMMDD: entryDate }),
    mark: mark as Mt940Mark,
    ...(fundsCode !== undefined && { fundsCode }),
    amount: readAmount(amount!),
    typeCode: typeCode!,
    ...(customerRef !== '' && { customerRef }),
    ...(bankRef !== '' && { bankRef }),
    line,
  };
}

/** Fields 60 and 62. */
export function readBalance(text: string, line: number): Mt940Balance {
  const [, mark, date, currency, amount] = BALANCE.exec(text) ?? [];
  if (mark === undefined) throw invalidStatement('A balance is not one.', line);
  return {
    mark: mark as 'C' | 'D',
    date: readDate(date!, line, false),
    currency: currency!,
    amount: readAmount(amount!),
  };
}

/** Fields 90C and 90D. */
export function readSum(mark: 'C' | 'D', text: string, line: number): Mt940Sum {
  const [, count, currency, amount] = SUM.exec(text) ?? [];
  if (count === undefined) throw invalidStatement('Field 90 is not a sum.', line);
  return { mark, count: Number(count), currency: currency!, amount: readAmount(amount!), line };
}

/** Field 34F. */
export function readFloorCurrency(text: string, line: number): string {
  const [currency] = /^[A-Z]{3}/.exec(text) ?? [];
  if (currency === undefined) throw invalidStatement('Field 34F has no currency.', line);
  return currency;
}

/** `500,` is 500.00, and `000000001213,28` is 1213.28. */
function readAmount(text: string): string {
  const [whole = '', fraction = ''] = text.split(',');
  return `${whole.replace(/^0+(?=[0-9])/, '')}.${fraction.padEnd(2, '0')}`;
}

/** Two digits of a year: from 80 on they are of the last century. */
function readDate(text: string, line: number, isValueDate: boolean): string {
  const short = Number(text.slice(0, 2));
  const year = short < 80 ? 2000 + short : 1900 + short;
  const month = Number(text.slice(2, 4));
  const day = Number(text.slice(4, 6));
  // In a year of 360 days February has thirty, and value dates are counted in such years by some banks.
  const isCounted = isValueDate && month === 2 && (day === 29 || day === 30);
  if (!isCounted && !isDay(year, month, day)) throw invalidStatement(`There is no day ${text}.`, line);
  return dayText(year, month, day);
}

import { dayText, isDay } from '../dates.js';
import { shown } from '../decimals.js';
import { invalidStatement } from '../invalid.js';
import type { CsvProfile } from './csv-profile.js';

/** A number of the file as a plain decimal without a sign, and its sign. */
export interface SignedDecimal {
  readonly isNegative: boolean;
  readonly decimal: string;
}

/** `-1.234,50` is 1234.50 and negative; a minus may stand behind. @throws ItPayError `STATEMENT_INVALID` */
export function readNumber(text: string, { decimal, grouping }: CsvProfile, line: number): SignedDecimal {
  const spaced = text.replace(/[\u00a0\u202f]/g, ' ').trim();
  const [, before, digits, after] = /^([+-]?) ?([0-9][^+-]*?) ?(-?)$/.exec(spaced) ?? [];
  const form = new RegExp(`^(?:[0-9]+|[0-9]{1,3}(?:${escaped(grouping)}[0-9]{3})+)(?:${escaped(decimal)}[0-9]+)?$`);
  if (digits === undefined || !form.test(digits) || (before !== '' && after !== '')) {
    throw invalidStatement(`${shown(text)} is not a number as the profile describes it.`, line);
  }
  const plain = (grouping === undefined ? digits : digits.replaceAll(grouping, '')).replace(decimal, '.');
  const isNegative = before === '-' || after === '-';
  if (isNegative && !/[1-9]/.test(plain)) throw invalidStatement('There is a negative zero.', line);
  return { isNegative, decimal: plain };
}

/** The day that a file tells, and the time where the format has one. @throws ItPayError `STATEMENT_INVALID` */
export function readDate(
  text: string,
  { dateFormat, utcOffset = 'Z' }: CsvProfile,
  line: number,
): { readonly day: string; readonly at: Date } {
  const parts = new RegExp(`^${patternOf(dateFormat)}$`).exec(text)?.groups ?? {};
  const { YYYY, YY, MM, DD, HH, mm = '00', ss = '00' } = parts;
  const year = YYYY === undefined ? 2000 + Number(YY) : Number(YYYY);
  if (MM === undefined || DD === undefined || !isDay(year, Number(MM), Number(DD))) {
    throw invalidStatement(`${shown(text)} is not a date ${dateFormat}.`, line);
  }
  const day = dayText(year, Number(MM), Number(DD));
  const at = new Date(HH === undefined ? `${day}T00:00:00${utcOffset}` : `${day}T${HH}:${mm}:${ss}${utcOffset}`);
  if (Number.isNaN(at.getTime())) throw invalidStatement(`${shown(text)} is not a time ${dateFormat}.`, line);
  return { day, at };
}

function patternOf(format: string): string {
  return format
    .split(/(YYYY|YY|MM|DD|HH|mm|ss)/)
    .map((part, index) =>
      index % 2 === 0 ? part.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&') : `(?<${part}>[0-9]{${part.length}})`,
    )
    .join('');
}

/** Without a sign between thousands, nothing fits there. */
function escaped(sign: string | undefined): string {
  return sign === undefined ? '(?!)' : `\\${sign}`;
}

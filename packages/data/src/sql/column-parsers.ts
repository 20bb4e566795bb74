import { parseArray } from './array.js';

/**
 * Turns the text that PostgreSQL sends for a column into a JavaScript value, by the OID of the type.
 *
 * Given to each query of ours: pg's own table (`pg.types`) is global, and a host may have changed it for its own code.
 * A type that is not listed, such as numeric, uuid, date or timestamp, stays the string that PostgreSQL sent.
 */
export const columnParsers = {
  getTypeParser: (oid: number): ((value: string) => unknown) => PARSERS.get(oid) ?? asText,
};

type Parser = (value: string) => unknown;

const asText: Parser = (value) => value;
const asBoolean: Parser = (value) => value === 't';
const asJson: Parser = (value) => JSON.parse(value) as unknown;

// `12345678-…` never comes: bytea_output is `hex` since PostgreSQL 9.0, and a server set to `escape` is refused here
// rather than misread.
const asBytes: Parser = (value) => {
  if (!value.startsWith('\\x')) throw new TypeError(`Set bytea_output to 'hex': cannot read bytes in another format.`);
  return Buffer.from(value.slice(2), 'hex');
};

// `2026-11-22 14:12:00.123456+00`, with DateStyle ISO. Date keeps milliseconds.
const TIMESTAMP = /^(\d{4,6}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)([+-]\d\d)(:\d\d)?$/;
const asDate: Parser = (value) => {
  const [, day, time, hours, minutes = ':00'] = TIMESTAMP.exec(value) ?? [];
  if (day === undefined)
    throw new TypeError(`Cannot read the time ${value}: DateStyle must be ISO and the time finite.`);
  return new Date(`${day}T${time}${hours}${minutes}`);
};

const arrayOf =
  (element: Parser): Parser =>
  (value) =>
    parseArray(value, element);

// OIDs from src/include/catalog/pg_type.dat; those of built-in types never change.
const PARSERS = new Map<number, Parser>([
  [16, asBoolean],
  [17, asBytes],
  [20, BigInt], // int8
  [21, Number], // int2
  [23, Number], // int4
  [26, Number], // oid
  [114, asJson],
  [700, Number], // float4
  [701, Number], // float8
  [1184, asDate], // timestamptz
  [3802, asJson], // jsonb
  [1000, arrayOf(asBoolean)],
  [1005, arrayOf(Number)], // int2[]
  [1007, arrayOf(Number)], // int4[]
  [1009, arrayOf(asText)], // text[]
  [1015, arrayOf(asText)], // varchar[]
  [1016, arrayOf(BigInt)], // int8[]
  [1185, arrayOf(asDate)], // timestamptz[]
  [1231, arrayOf(asText)], // numeric[]
  [2951, arrayOf(asText)], // uuid[]
]);

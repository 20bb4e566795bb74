import { expect, it } from 'vitest';
import { columnParsers } from './column-parsers.js';

const parse = (oid: number, text: string) => columnParsers.getTypeParser(oid)(text);

it.each<[type: string, oid: number, text: string, value: unknown]>([
  ['bool', 16, 't', true],
  ['bytea', 17, '\\x00ff', Buffer.from([0, 255])],
  ['bytea', 17, '\\x', Buffer.alloc(0)],
  ['int8', 20, '-9223372036854775808', -9223372036854775808n],
  ['int4', 23, '-7', -7],
  ['float8', 701, 'NaN', NaN],
  ['jsonb', 3802, 'null', null],
  ['numeric', 1700, '1.10', '1.10'],
  ['date', 1082, '2026-11-22', '2026-11-22'],
  ['timestamptz', 1184, '2026-11-22 14:12:00+00', new Date('2026-11-22T14:12:00Z')],
  ['timestamptz', 1184, '2026-11-22 14:12:00.123456+07', new Date('2026-11-22T07:12:00.123Z')],
  ['timestamptz', 1184, '2026-11-22 14:12:00.1+05:30', new Date('2026-11-22T08:42:00.1Z')],
  ['text[]', 1009, '{}', []],
  ['text[]', 1009, '{a,"b,\\"c\\\\",NULL,"NULL",""}', ['a', 'b,"c\\', null, 'NULL', '']],
  ['text[]', 1009, '{{a,b},{c,d}}', [['a', 'b'], ['c', 'd']]], // prettier-ignore
  ['text[]', 1009, '[0:1]={a,b}', ['a', 'b']],
  ['int8[]', 1016, '{1,NULL}', [1n, null]],
])('reads %s (%i) %s', (_type, oid, text, value) => {
  expect(parse(oid, text)).toEqual(value);
});

it.each([
  ['a time in another DateStyle', 1184, '22/11/2026 14:12:00 UTC'],
  ['an endless time', 1184, 'infinity'],
  ['a time before Christ', 1184, '0044-03-15 12:00:00+00 BC'],
  ['bytes in the old format', 17, '\\000\\377'],
  ['an array that ends early', 1009, '{a,"b'],
])('refuses %s rather than misread it', (_what, oid, text) => {
  expect(() => parse(oid, text)).toThrow(TypeError);
});

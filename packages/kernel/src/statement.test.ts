import { expect, it } from 'vitest';
import { compileStatement, quoteIdentifier, statement } from './statement.js';

const compile = (text: string, schema = 'itpay') => compileStatement(statement<object>('test', text), schema);

it.each<[what: string, sql: string, text: string, order: string[]]>([
  ['a parameter', 'where id = :id', 'where id = $1', ['id']],
  ['a parameter twice', ':a, :b, :a', '$1, $2, $1', ['a', 'b']],
  ['a name that begins like another', ':id, :idLong, :id_2', '$1, $2, $3', ['id', 'idLong', 'id_2']],
  ['a cast', ':data::jsonb, now()::text', '$1::jsonb, now()::text', ['data']],
  ['a cast right after a cast', ':ids::text[]::jsonb', '$1::text[]::jsonb', ['ids']],
  ['a parameter in brackets', 'any(:ids)', 'any($1)', ['ids']],
  ['a parameter after an operator', 'a>:n-:m', 'a>$1-$2', ['n', 'm']],
  ['a time', `'12:30', '2025-01-01T10:00:00Z'`, `'12:30', '2025-01-01T10:00:00Z'`, []],
  ['a colon inside a word', `'user:name'`, `'user:name'`, []],
  ['a colon before a space', `-- note: this`, `-- note: this`, []],
  ['an array slice', 'a[1:2]', 'a[1:2]', []],
  ['no parameter', 'select 1', 'select 1', []],
])('compiles %s', (_what, sql, text, order) => {
  expect(compile(sql)).toEqual({ name: 'test', text, order });
});

it.each([
  ['itpay', 'from "itpay".jobs, "itpay".events'],
  ['we"ird', 'from "we""ird".jobs, "we""ird".events'],
  ['a $& b', 'from "a $& b".jobs, "a $& b".events'],
  ['a :b c', 'from "a :b c".jobs, "a :b c".events'],
])('puts the schema %s in, quoted', (schema, text) => {
  expect(compile('from {schema}.jobs, {schema}.events', schema)).toMatchObject({ text, order: [] });
});

it('quotes a name', () => {
  expect(quoteIdentifier('we"ird')).toBe('"we""ird"');
});

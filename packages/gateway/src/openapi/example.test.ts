import { expect, it } from 'vitest';
import { exampleOf, type JsonSchema } from './example.js';

const schemas = {
  Money: { type: 'object', required: ['value'], properties: { value: { type: 'integer', minimum: 1 } } },
} satisfies Record<string, JsonSchema>;
const money = { $ref: '#/components/schemas/Money' };

it.each<[string, JsonSchema, unknown]>([
  ['its own example', { type: 'string', example: 'THB' }, 'THB'],
  ['a reference', money, { value: 1 }],
  ['a fixed value', { const: 'list' }, 'list'],
  ['the first of several', { enum: ['open', 'closed'] }, 'open'],
  ['a default', { type: 'integer', default: 25 }, 25],
  ['a field that may be null', { anyOf: [money, { type: 'null' }] }, null],
  ['one that may be null and has an example', { anyOf: [{ type: 'string', example: 'a' }, { type: 'null' }] }, 'a'],
  ['one of two objects', { anyOf: [money, { type: 'string' }] }, { value: 1 }],
  ['a list', { type: 'array', items: money }, [{ value: 1 }]],
  ['a time', { type: 'string', format: 'date-time' }, '2026-11-22T09:30:00.000Z'],
  ['an open object', { type: 'object', additionalProperties: { type: 'string' } }, {}],
])('makes an example of %s', (_, schema, example) => {
  expect(exampleOf(schema, schemas, 'answer')).toEqual(example);
});

it('leaves out of a request what is optional and has no example', () => {
  const schema: JsonSchema = {
    type: 'object',
    required: ['amount'],
    properties: { amount: money, note: { type: 'string' }, channel: { type: 'string', example: 'promptpay' } },
  };

  expect(exampleOf(schema, schemas, 'request')).toEqual({ amount: { value: 1 }, channel: 'promptpay' });
  expect(Object.keys(exampleOf(schema, schemas, 'answer') as object)).toEqual(['amount', 'note', 'channel']);
});

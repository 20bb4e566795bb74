import { expect, it } from 'vitest';
import { z } from 'zod';
import { validate } from './validate.js';

const schema = z.strictObject({
  amount: z.strictObject({ value: z.int({ error: 'AMOUNT_INVALID' }).positive({ error: 'AMOUNT_INVALID' }) }),
  note: z.string().max(3).optional(),
  tags: z.array(z.string()).optional(),
  from: z.iso.date().default('2025-01-01'),
});
const amount = { value: 1 };

it('returns the value as the schema makes it', () => {
  expect(validate(schema, { amount })).toEqual({ amount, from: '2025-01-01' });
});

it.each<[what: string, value: unknown, code: string, param: string | undefined]>([
  ['a missing object', {}, 'PARAMETER_MISSING', 'amount'],
  ['a missing field', { amount: {} }, 'PARAMETER_MISSING', 'amount.value'],
  ['an undefined field', { amount: undefined }, 'PARAMETER_MISSING', 'amount'],
  ['null for a field', { amount: null }, 'PARAMETER_INVALID', 'amount'],
  ['a wrong type', { amount: 5 }, 'PARAMETER_INVALID', 'amount'],
  ['a field with its own code', { amount: { value: 1.5 } }, 'AMOUNT_INVALID', 'amount.value'],
  ['a field that breaks several rules', { amount: { value: -1.5 } }, 'AMOUNT_INVALID', 'amount.value'],
  ['text that is too long', { amount, note: 'long' }, 'PARAMETER_INVALID', 'note'],
  ['an element of a list', { amount, tags: ['a', 5] }, 'PARAMETER_INVALID', 'tags.1'],
  ['an unknown field', { amount, colour: 'red' }, 'PARAMETER_UNKNOWN', 'colour'],
  ['an unknown nested field', { amount: { value: 1, colour: 'red' } }, 'PARAMETER_UNKNOWN', 'amount.colour'],
  ['nothing', undefined, 'PARAMETER_INVALID', undefined],
  ['a list', [], 'PARAMETER_INVALID', undefined],
  ['text', 'amount', 'PARAMETER_INVALID', undefined],
])('names the field: %s', (_what, value, code, param) => {
  const error = caught(() => validate(schema, value));

  expect(error).toMatchObject({ code });
  expect(error.param).toBe(param);
  expect(error.message).not.toContain('""');
});

it('lists all fields when several are wrong', () => {
  const error = caught(() => validate(schema, { amount: { value: 0.5, a: 1, b: 2 }, note: 7 }));

  expect(error).toMatchObject({
    code: 'VALIDATION_FAILED',
    message: '4 fields are not valid: amount.value, amount.a, amount.b, note.',
    details: {
      fields: [
        { code: 'AMOUNT_INVALID', param: 'amount.value' },
        { code: 'PARAMETER_UNKNOWN', param: 'amount.a' },
        { code: 'PARAMETER_UNKNOWN', param: 'amount.b' },
        { code: 'PARAMETER_INVALID', param: 'note' },
      ],
    },
  });
});

it('does not repeat the value in the message: it may be a secret', () => {
  const error = caught(() => validate(schema, { amount, note: 'secret-canary' }));

  expect(JSON.stringify(error) + error.message).not.toContain('secret-canary');
});

function caught(run: () => unknown): Error & { param?: string } {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error('Nothing was thrown.');
}

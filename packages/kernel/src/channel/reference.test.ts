import { describe, expect, it } from 'vitest';
import { channelReference, type OperationIdentity } from './reference.js';

const BASE32 = '0123456789abcdefghjkmnpqrstvwxyz';
const rail = { maxLength: 32, alphabet: BASE32 };
const operation: OperationIdentity = { objectId: 'pi_1', kind: 'authorize', ordinal: 1 };

it('never changes for an operation: it is in the books of the rail', () => {
  expect(channelReference(operation, rail)).toBe(channelReference({ ...operation }, rail));
  expect(channelReference(operation, rail)).toMatchInlineSnapshot(`"nm3kgs3yzwtkx8yc"`);
});

it.each<[what: string, other: Partial<OperationIdentity>]>([
  ['object', { objectId: 'pi_2' }],
  ['ordinal', { ordinal: 2 }],
  ['kind', { kind: 'capture' as never }],
  ['object whose name runs into the ordinal', { objectId: 'pi_1|authorize', ordinal: 11 }],
])('differs for another %s', (_what, other) => {
  expect(channelReference({ ...operation, ...other }, rail)).not.toBe(channelReference(operation, rail));
});

describe.each([
  ['base 32', 32, BASE32, 16],
  ['letters and digits', 32, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789', 16],
  ['digits', 64, '0123456789', 25],
  ['digits, at most 20', 20, '0123456789', 20],
  ['hexadecimal', 32, '0123456789abcdef', 20],
  ['two characters', 128, '01', 80],
  ['at most 12', 12, BASE32, 12],
])('on a rail with %s', (_rail, maxLength, alphabet, length) => {
  const references = Array.from({ length: 400 }, (_, n) =>
    channelReference({ ...operation, objectId: `pi_${n}` }, { maxLength, alphabet }),
  );

  it(`has ${length} characters, all of the alphabet`, () => {
    for (const reference of references) {
      expect(reference).toHaveLength(length);
      expect([...reference].filter((character) => !alphabet.includes(character))).toEqual([]);
    }
  });

  it('uses every character, in every place', () => {
    expect(new Set(references.join('')).size).toBe(alphabet.length);
    for (let place = 0; place < length; place += 1) {
      expect(new Set(references.map((reference) => reference[place])).size).toBeGreaterThan(alphabet.length / 2);
    }
  });

  it('keeps 80 bits, where the rail has room for them', () => {
    const bits = length * Math.log2(alphabet.length);
    expect(bits).toBeGreaterThanOrEqual(length < maxLength ? 80 : Math.min(80, maxLength * Math.log2(alphabet.length)));
    expect(new Set(references).size).toBe(references.length);
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc16 } from './crc.js';
import { readEmvco } from './read.js';
import { readTlv, fieldAt, type TlvField } from './tlv.js';
import { writeEmvco, writeTlv, type EmvcoInput } from './write.js';

const twoDigits = (value: number) => String(value).padStart(2, '0');
const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom('最', '佳', '京', '😀', '🇹🇭', 'ไ', 'é', '6304'),
    fc.string({ minLength: 1, maxLength: 1 }),
  ),
  minLength: 1,
  maxLength: 8,
});
const account = fc
  .tuple(fc.integer({ min: 26, max: 51 }).map(twoDigits), text, text)
  .map(([tag, id, number]): EmvcoInput => [
    tag,
    [
      ['00', id],
      ['01', number],
    ],
  ]);
const plain = fc.tuple(
  fc.constantFrom('52', '53', '58', '59', '60', '61', '65', '79'),
  text,
) satisfies fc.Arbitrary<EmvcoInput>;
const payloads = fc
  .tuple(account, fc.uniqueArray(plain, { selector: ([tag]) => tag, maxLength: 5 }))
  .map(([to, others]): EmvcoInput[] => [['00', '01'], to, ...others]);

describe('writeEmvco', () => {
  it('is read back as it was written, Chinese and emoji included', () => {
    fc.assert(
      fc.property(payloads, (fields) => {
        const payload = writeEmvco(fields);
        const reading = readEmvco(payload);

        expect(reading).toMatchObject({ ok: true, repaired: [] });
        expect(reading.ok && reading.fields.map(toInput)).toEqual([...fields, ['63', payload.slice(-4)]]);
      }),
    );
  });

  it('makes a payload in which one changed character never goes unnoticed', () => {
    const ascii = fc.string({ minLength: 1, maxLength: 1 });
    fc.assert(
      fc.property(
        payloads,
        fc.nat(),
        fc.oneof(ascii, text),
        fc.constantFrom('strict', 'tolerant'),
        (fields, n, other, mode) => {
          const characters = [...writeEmvco(fields)];
          const position = n % characters.length;
          const original = characters[position]!;
          const replacement = [...other][0]!;
          characters[position] = replacement;
          const damaged = characters.join('');

          const accepted = readEmvco(damaged, { mode }).ok;

          const checksumFits = damaged.slice(-4).toUpperCase() === crc16(damaged.slice(0, -4));
          expect(checksumFits || !accepted).toBe(true);
          // Sixteen bits find every damage of up to sixteen, so one byte for another is always found.
          const sameToAReader = original.toUpperCase() === replacement.toUpperCase();
          expect(!accepted || sameToAReader || !isAscii(original + replacement)).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each<[string, EmvcoInput[], string]>([
    ['a tag of one digit', [['0', '01']], 'field 0 does not have a tag'],
    ['a tag in a template', [['29', [['A1', 'x']]]], 'field 29.A1 does not have a tag'],
    ['a long value', [['59', '最'.repeat(100)]], 'field 59 has 100 characters'],
    [
      'a long template',
      [
        [
          '29',
          [
            ['00', 'x'.repeat(60)],
            ['01', 'x'.repeat(60)],
          ],
        ],
      ],
      'field 29 has 128 characters',
    ],
    ['an empty value', [['62', [['05', '']]]], 'field 62.05 is empty'],
    ['an empty template', [['62', []]], 'field 62 is empty'],
    ['half a character', [['59', '\ud83d']], 'field 59 is not well-formed'],
    ['a checksum of the caller’s', [['63', 'ABCD']], 'field 63 is the checksum'],
    ['a whole without account', [['00', '01']], 'no account'],
    [
      'a field twice',
      [
        ['00', '01'],
        ['29', [['00', 'x']]],
        ['58', 'TH'],
        ['58', 'TH'],
      ],
      'Field 58 occurs twice',
    ],
    [
      'an amount of zero',
      [
        ['00', '01'],
        ['29', [['00', 'x']]],
        ['54', '0'],
      ],
      'amount in field 54 is zero',
    ],
  ])('refuses %s', (_, fields, reason) => {
    expect(() => writeEmvco(fields)).toThrow(
      expect.objectContaining({ code: 'PARAMETER_INVALID', message: expect.stringContaining(reason) }),
    );
  });

  it('takes 99 characters, counted by code point', () => {
    const name = '😀'.repeat(99);

    expect(fieldAt(readTlv(writeTlv([['59', name]])), '59')).toBe(name);
  });
});

describe('readTlv', () => {
  it('splits a template without a look inside its values', () => {
    expect(readTlv('0006ABCDEF0103x😀x990800010101')).toEqual([
      { tag: '00', value: 'ABCDEF' },
      { tag: '01', value: 'x😀x' },
      { tag: '99', value: '00010101' },
    ]);
    expect(readTlv('')).toEqual([]);
  });

  it.each(['0', '00', '000', '0005x', 'x', '00-1', '0001'])('throws with the reason for %j', (broken) => {
    expect(() => readTlv(broken)).toThrow(expect.objectContaining({ code: 'PARAMETER_INVALID' }));
  });
});

describe('fieldAt', () => {
  const fields: TlvField[] = [{ tag: '29', value: '0002AB', children: [{ tag: '00', value: 'AB' }] }];

  it.each([
    ['29', '0002AB'],
    ['29.00', 'AB'],
    ['29.01', undefined],
    ['30.00', undefined],
    ['29.00.00', undefined],
    ['', undefined],
  ])('finds at %j: %s', (path, value) => {
    expect(fieldAt(fields, path)).toBe(value);
  });
});

function isAscii(characters: string): boolean {
  return /^[ -~]*$/.test(characters);
}

function toInput({ tag, value, children }: TlvField): EmvcoInput {
  return [tag, children ? children.map(toInput) : value];
}

import { describe, expect, it } from 'vitest';
import { crc16 } from './crc.js';
import { readEmvco } from './read.js';
import { fieldAt } from './tlv.js';
import { writeTlv, type EmvcoInput } from './write.js';

const format: EmvcoInput = ['00', '01'];
const account: EmvcoInput = [
  '29',
  [
    ['00', 'A000000677010111'],
    ['01', '0066812345678'],
  ],
];
const country: EmvcoInput = ['58', 'TH'];

describe('a code that breaks a rule', () => {
  it.each([
    ['a checksum that is wrong', payloadOf(format, account).slice(0, -4) + '0000', 'The checksum is wrong.'],
    ['no checksum', writeTlv([format, account]), 'The payload does not end with a checksum'],
    ['a checksum of three digits', payloadOf(format, account).slice(0, -1), 'does not end with a checksum'],
    ['no field at all', payloadOf(), 'The first field is not 00'],
    ['something before the format', payloadOf(country, format, account), 'The first field is not 00'],
    ['a checksum inside another field', payloadOf(format, account, ['59', 'x'], '5908'), 'The last field is not 63'],
    ['fields after the checksum', payloadOf(format, account, ['63', 'ABCD'], country), 'Field 63 occurs twice'],
    ['a field twice', payloadOf(format, account, country, country), 'Field 58 occurs twice'],
    ['no account', payloadOf(format, country), 'There is no account'],
    ['a tag that is no number', payloadOf(format, account, 'X802TH'), 'The tag at position 47 is not two digits'],
    ['a length that is no number', payloadOf(format, account, '58+2TH'), 'The length of field 58 is not two digits'],
    ['an overrun', payloadOf(format, account, '5999TH'), 'Field 59 declares 99 characters, but only 10 are left'],
    ['an empty account', payloadOf(format, '2900'), 'Template 29 is empty'],
    ['an empty additional data template', payloadOf(format, account, '6200'), 'Template 62 is empty'],
    ['an overrun inside a template', payloadOf(format, '29060010AB'), 'Template 29: Field 00 declares 10'],
    ['an account without identifier', payloadOf(format, ['29', [['01', 'x']]]), 'Template 29 has no unique identifier'],
    ['an identifier too long', payloadOf(format, ['29', [['00', 'x'.repeat(33)]]]), '33 characters; the limit is 32'],
    ['a comma in the amount', payloadOf(format, account, ['54', '1,50']), 'The amount'],
    ['an amount without whole digits', payloadOf(format, account, ['54', '.50']), 'The amount'],
    ['a negative amount', payloadOf(format, account, ['54', '-1']), 'The amount'],
    ['two points in the amount', payloadOf(format, account, ['54', '1.0.0']), 'The amount'],
    ['an amount too long', payloadOf(format, account, ['54', '12345678901.00']), 'longer than 13'],
    ['half a character', payloadOf(format, account, ['59', 'x']).replace('x', '\ud800'), 'not well-formed Unicode'],
    ['too many characters', payloadOf(format, account, ...filler(5)), 'longer than 512 characters'],
    ['far too many characters', 'x'.repeat(10_000_000), 'longer than 512 characters'],
    ['nothing in it', '', 'does not end with a checksum'],
  ])('is refused in both modes: %s', (_, payload, reason) => {
    const refusal = { ok: false, reason: expect.stringContaining(reason) };

    expect(readEmvco(payload)).toMatchObject(refusal);
    expect(readEmvco(payload, { mode: 'tolerant' })).toMatchObject(refusal);
  });

  it.each<[string, string, string, string[]]>([
    ['an amount of zero', payloadOf(format, account, ['54', '0.00']), 'is zero', []],
    ['a point at the end', payloadOf(format, account, ['54', '1000.']), 'amount', ['the amount ends with a point']],
    ['an empty field', payloadOf(format, account, '5900'), 'Field 59 is empty', []],
    ['an empty field in a template', payloadOf(format, account, '62040500'), 'Field 62.05 is empty', []],
    [
      'a message in 81',
      payloadOf(format, account, ['81', '0048']),
      '81',
      ['field 81 holds text instead of a template'],
    ],
    ['a hash in 82', payloadOf(format, account, ['82', 'FFC1']), '82', ['field 82 holds text instead of a template']],
  ])('is refused in strict and read in tolerant mode: %s', (_, payload, reason, repaired) => {
    expect(readEmvco(payload)).toMatchObject({ ok: false, reason: expect.stringContaining(reason) });
    expect(readEmvco(payload, { mode: 'tolerant' })).toMatchObject({ ok: true, repaired });
  });

  it('shows what was read only under a right checksum', () => {
    const twice = payloadOf(format, account, country, country);

    expect(readEmvco(twice)).toHaveProperty('fields.3.value', 'TH');
    expect(readEmvco(twice.slice(0, -4) + '0000')).not.toHaveProperty('fields');
  });
});

describe('a code that keeps the rules', () => {
  it('reads with its fields in their order, known or not', () => {
    const reading = readEmvco(payloadOf(format, ['79', 'kept'], country, account, ['53', '764']));

    expect(reading.ok && reading.fields.map(({ tag }) => tag)).toEqual(['00', '79', '58', '29', '53', '63']);
  });

  it('reads with a checksum in lower case', () => {
    const payload = payloadOf(format, account, ['53', '764']);
    const lowerCase = payload.slice(0, -4) + payload.slice(-4).toLowerCase();

    expect(lowerCase).not.toBe(payload);
    expect(readEmvco(lowerCase)).toMatchObject({ ok: true, repaired: [] });
  });

  it('opens the templates of payment systems in 62, and leaves what is text', () => {
    const reading = readEmvco(
      payloadOf(format, account, [
        '62',
        [
          ['50', 'text'],
          [
            '99',
            [
              ['00', '00'],
              ['01', 'unique'],
            ],
          ],
        ],
      ]),
    );

    expect(reading.ok && fieldAt(reading.fields, '62.99.01')).toBe('unique');
    expect(reading.ok && fieldAt(reading.fields, '62.50')).toBe('text');
  });
});

describe('a code whose lengths count bytes', () => {
  const language: EmvcoInput = [
    '64',
    [
      ['00', 'ZH'],
      ['01', '最佳运输'],
    ],
  ];
  const byBytes = payloadOf(format, account, '5912最佳运输', '64220002ZH0112最佳运输');

  it('is refused in strict mode', () => {
    expect(readEmvco(byBytes)).toMatchObject({ ok: false });
  });

  it('is read and reported in tolerant mode', () => {
    const reading = readEmvco(byBytes, { mode: 'tolerant' });
    const byCharacters = readEmvco(payloadOf(format, account, ['59', '最佳运输'], language));

    expect(reading).toMatchObject({ ok: true, repaired: ['lengths count bytes'] });
    expect(reading.ok && fieldAt(reading.fields, '64.01')).toBe('最佳运输');
    expect(reading.ok && fieldAt(reading.fields, '59')).toBe(byCharacters.ok && fieldAt(byCharacters.fields, '59'));
  });

  it('is refused with a wrong checksum in tolerant mode as well', () => {
    expect(readEmvco(byBytes.slice(0, -4) + '0000', { mode: 'tolerant' })).toMatchObject({ ok: false });
  });

  it('is refused when a length cuts a character in two', () => {
    const cut = payloadOf(format, account, '5911最佳运输');

    expect(readEmvco(cut, { mode: 'tolerant' })).toMatchObject({ ok: false });
  });
});

/** A payload with a right checksum, whatever it holds: fields, or text as it stands. */
function payloadOf(...parts: readonly (EmvcoInput | string)[]): string {
  return checked(parts.map((part) => (typeof part === 'string' ? part : writeTlv([part]))).join(''));
}

function checked(body: string): string {
  return `${body}6304${crc16(`${body}6304`)}`;
}

function filler(count: number): EmvcoInput[] {
  return Array.from({ length: count }, (_, index) => [String(65 + index), 'x'.repeat(99)]);
}

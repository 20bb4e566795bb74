import fc from 'fast-check';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { findRf, formatRf, readRf, rfReferences, writeRf } from './rf.js';

// Comes as CommonJS.
const peer = createRequire(import.meta.url)('iso-11649') as {
  generate(body: string): string;
  validate(reference: string): boolean;
};

const { alphabet, maxLength } = rfReferences.orderNumbers;
const orderNumber = fc
  .array(fc.constantFrom(...alphabet), { minLength: maxLength, maxLength })
  .map((characters) => characters.join(''));
const body = fc
  .array(fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'), { minLength: 1, maxLength: 21 })
  .map((characters) => characters.join(''));

describe('RF references', () => {
  it('have the check digits that another implementation gives them', () => {
    fc.assert(
      fc.property(body, (text) => {
        expect(writeRf(text)).toBe(peer.generate(text));
      }),
    );
  });

  it('are valid where another implementation says so, wherever one character is wrong', () => {
    fc.assert(
      fc.property(body, fc.nat(), fc.constantFrom(...'ABCXYZ019'), (text, position, other) => {
        const reference = writeRf(text);
        const at = 2 + (position % (reference.length - 2));
        const changed = reference.slice(0, at) + other + reference.slice(at + 1);
        const valid = /^RF[0-9]{2}/.test(changed) && peer.validate(changed);

        expect(readRf(changed)).toBe(valid ? changed : null);
        // A letter counts as two digits, so only one of the same kind in its place is sure to be noticed.
        const sameKind = /[0-9]/.test(other) === /[0-9]/.test(reference[at]!);
        if (changed !== reference && sameKind) expect(readRf(changed)).toBeNull();
      }),
    );
  });

  it.each(['RF18 5390 0754 7034', 'rf18539007547034', ' RF18-5390-0754-7034\n', 'RF18.5390/0754 7034'])(
    'are read as people type them: %j',
    (typed) => expect(readRf(typed)).toBe('RF18539007547034'),
  );

  it.each(['', 'RF', 'RF18', 'RF1853900754703', 'RF18539007547035', 'XX18539007547034', 'RF18 5390 0754 7034 thanks'])(
    'are not read into %j',
    (typed) => expect(readRf(typed)).toBeNull(),
  );

  it.each(['', 'a', 'A B', 'Ä', 'A'.repeat(22)])('cannot have the body %j', (text) => {
    expect(() => writeRf(text)).toThrow(expect.objectContaining({ code: 'PARAMETER_INVALID' }));
  });

  it('are printed in groups of four', () => {
    expect(formatRf('RF18539007547034')).toBe('RF18 5390 0754 7034');
    expect(formatRf('RF635')).toBe('RF63 5');
  });

  it('are found in a text with nothing else of the same length', () => {
    expect(findRf('paid RF18539007547034, thanks', 12)).toEqual(['RF18539007547034']);
    expect(findRf('paid RF18539007547034, thanks', 11)).toEqual([]);
    expect(findRf('RFRFRF18539007547034', 12)).toEqual(['RF18539007547034']);
  });
});

describe('our order numbers in RF references', () => {
  it('come back from whatever a bank puts between their characters', () => {
    const noise = fc.constantFrom('', ' ', '\n', '?21', '-', '/');
    // ?21 is what a German bank puts between two subfields; its digits are not part of the text.
    fc.assert(
      fc.property(orderNumber, fc.nat({ max: 15 }), noise, (number, at, between) => {
        const reference = rfReferences.write(number);
        const cut = `EREF+${reference.slice(0, at)}${between.replace('?21', '')}${reference.slice(at)} SVWZ+Rechnung 12`;

        expect(rfReferences.find(cut.toLowerCase())).toEqual([number]);
      }),
    );
  });

  it('are read when somebody types O for 0 and I or L for 1', () => {
    const number = '01ABCDEFGH01';
    const [head, rest] = [rfReferences.write(number).slice(0, 4), number.replace(/0/g, 'O').replace(/1/g, 'l')];

    expect(rfReferences.read(head + rest)).toBe(number);
    expect(rfReferences.find(`for ${head}${rest}.`)).toEqual([number]);
  });

  it('are found once each, in their order', () => {
    const [one, two] = ['AAAABBBBCCCC', '000011112222'].map((number) => rfReferences.write(number));

    expect(rfReferences.find(`${one} ${two} ${one}`)).toEqual(['AAAABBBBCCCC', '000011112222']);
  });

  it('are never found in a reference of another length or with a wrong check digit', () => {
    expect(rfReferences.read('RF635')).toBeNull();
    expect(rfReferences.read(writeRf('UUUUBBBBCCCC'))).toBeNull();
    expect(rfReferences.find(writeRf('UUUUBBBBCCCC'))).toEqual([]);
    expect(rfReferences.find('RF635')).toEqual([]);
    expect(rfReferences.find(rfReferences.write('AAAABBBBCCCC').replace('A', 'B'))).toEqual([]);
    expect(rfReferences.find('AAAABBBBCCCC')).toEqual([]);
  });
});

import fc from 'fast-check';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { parseEpc, presentEpc, type EpcCharacterSet, type EpcTransfer } from './epc.js';

const peer = createRequire(import.meta.url)('sepa-payment-qr-code') as (data: object) => string;

const eur = (value: bigint) => ({ currency: 'EUR', value });
const transfer: EpcTransfer = { name: 'Laden GmbH', iban: 'DE89370400440532013000', amount: eur(1230n), text: 'Danke' };
const text = (maxLength: number) => fc.string({ unit: 'grapheme', minLength: 1, maxLength }).filter(isPrintable);

describe('an EPC code', () => {
  it('is what another implementation writes', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 99_999_999n }),
        fc.option(fc.constantFrom('COBADEFFXXX', 'COBADEFF')),
        fc.boolean(),
        fc.option(fc.constantFrom('Danke für Ihren Einkauf', 'x')),
        (value, bic, structured, information) => {
          const remittance = structured ? 'RF18539007547034' : 'Bestellung 7';
          const ours = presentEpc({
            name: 'Laden Ö',
            iban: transfer.iban,
            amount: eur(value),
            bic: bic ?? undefined,
            information: information ?? undefined,
            ...(structured ? { reference: remittance } : { text: remittance }),
          });
          const theirs = peer({
            name: 'Laden Ö',
            iban: transfer.iban,
            amount: Number(value) / 100,
            ...(bic !== null && { bic }),
            ...(information !== null && { information }),
            ...(structured ? { structuredReference: remittance } : { unstructuredReference: remittance }),
          });

          expect(ours).toBe(theirs.replace(/\n+$/, ''));
        },
      ),
    );
  });

  it('comes back as it was written', () => {
    const name = text(20).filter((value) => value.trim() !== '');
    fc.assert(
      fc.property(name, text(40), fc.bigInt({ min: 1n, max: 99_999_999_999n }), (who, what, value) => {
        const payload = presentEpc({ ...transfer, name: who, text: what, amount: eur(value) });

        expect(parseEpc(payload)).toMatchObject({ ok: true, code: { name: who, text: what, amount: eur(value) } });
        expect(parseEpc(payload.replaceAll('\n', '\r\n'))).toMatchObject({ ok: true, code: { name: who } });
      }),
    );
  });

  it('leaves the amount to the payer where there is none', () => {
    const { amount: _, ...open } = transfer;

    expect(parseEpc(presentEpc(open))).toMatchObject({ ok: true, code: { amount: undefined } });
  });

  it.each<[EpcCharacterSet, string]>([
    [1, '王'],
    [2, 'é'],
    [3, 'ł'],
    [4, 'ķ'],
    [5, 'Ж'],
    [6, 'Ω'],
    [7, 'Þ'],
    [8, '€'],
  ])('is read from its bytes in character set %d', (characterSet, letter) => {
    const payload = presentEpc({ ...transfer, name: `A${letter}` }, { characterSet });
    const bytes = bytesIn(characterSet, payload);

    expect(parseEpc(bytes)).toMatchObject({ ok: true, code: { name: `A${letter}`, characterSet } });
    expect(bytes.length === payload.length).toBe(characterSet !== 1);
  });

  it.each<[EpcCharacterSet, string]>([
    [2, '€'],
    [3, 'Ж'],
    [5, 'é'],
    [8, '王'],
  ])('cannot be written in character set %d with %s', (characterSet, letter) => {
    expect(() => presentEpc({ ...transfer, name: letter }, { characterSet })).toThrow(
      expect.objectContaining({ code: 'PARAMETER_INVALID', param: 'characterSet' }),
    );
  });

  it.each<[string, Partial<EpcTransfer>, object?]>([
    ['name', { name: ' ' }],
    ['name', { name: 'a'.repeat(71) }],
    ['name', { name: 'A\nB' }],
    ['iban', { iban: 'DE88370400440532013000' }],
    ['iban', { iban: 'BR1800000000141455123924100C2' }],
    ['bic', { bic: 'COBADEF' }],
    ['bic', {}, { version: '001' }],
    ['purpose', { purpose: 'gdds' }],
    ['text', { reference: 'RF18539007547034' }],
    ['reference', { text: undefined, reference: 'RF18539007547035' }],
    ['reference', { text: undefined, reference: 'A'.repeat(36) }],
    ['information', { information: 'a'.repeat(71) }],
    ['text', { name: '王'.repeat(70), text: '王'.repeat(60) }],
  ])('refuses a wrong %s: %o', (param, change, options) => {
    expect(() => presentEpc({ ...transfer, ...change }, options)).toThrow(
      expect.objectContaining({ code: 'PARAMETER_INVALID', param }),
    );
  });

  it.each([
    [eur(0n), 'AMOUNT_TOO_SMALL'],
    [eur(100_000_000_000n), 'AMOUNT_EXCEEDED'],
    [{ currency: 'CHF', value: 1n }, 'CURRENCY_NOT_SUPPORTED'],
  ])('refuses the amount %o with %s', (amount, code) => {
    expect(() => presentEpc({ ...transfer, amount })).toThrow(expect.objectContaining({ code }));
  });

  const lines = (changes: Record<number, string>) => {
    const all = presentEpc(transfer).split('\n');
    for (const [at, line] of Object.entries(changes)) all[Number(at)] = line;
    return Array.from(all, (line) => line ?? '').join('\n');
  };

  it.each([
    ['another tag', lines({ 0: 'BCE' })],
    ['another version', lines({ 1: '003' })],
    ['another character set', lines({ 2: '9' })],
    ['a direct debit', lines({ 3: 'SDD' })],
    ['a wrong IBAN', lines({ 6: 'DE88370400440532013000' })],
    ['another currency', lines({ 7: 'USD1.00' })],
    ['a comma', lines({ 7: 'EUR1,00' })],
    ['a tenth of a cent', lines({ 7: 'EUR1.001' })],
    ['zero', lines({ 7: 'EUR0.00' })],
    ['too much', lines({ 7: 'EUR1000000000.00' })],
    ['a sign', lines({ 7: 'EUR-1.00' })],
    ['both kinds of remittance', lines({ 9: 'RF18539007547034' })],
    ['a line too many', lines({ 12: 'x' })],
    ['no name', lines({ 5: '' })],
    ['nothing', ''],
    ['a link', 'https://shop.example'],
    ['a book', 'BCD\n002\n1\nSCT\n'.padEnd(4000, 'x')],
  ])('is refused in both modes with %s', (_, payload) => {
    for (const mode of ['strict', 'tolerant'] as const) {
      expect(parseEpc(payload, { mode })).toMatchObject({ ok: false, reason: expect.stringMatching(/\.$/) });
    }
  });

  it.each([
    ['spaces in the IBAN', lines({ 6: 'DE89 3704 0044 0532 0130 00' })],
    ['no BIC in version 001', lines({ 1: '001' })],
    ['more bytes than it may have', lines({ 5: '王'.repeat(70), 10: '王'.repeat(60) })],
  ])('is read in tolerant mode only with %s', (_, payload) => {
    expect(parseEpc(payload, { mode: 'tolerant' })).toMatchObject({ ok: true, code: { iban: transfer.iban } });
    expect(parseEpc(payload)).toMatchObject({ ok: false });
  });

  it('is refused when its bytes are no text in its character set', () => {
    const bytes = Buffer.concat([Buffer.from('BCD\n002\n1\nSCT\n\n'), Buffer.of(0xff, 0xfe)]);

    expect(parseEpc(bytes)).toEqual({
      ok: false,
      reason: 'The bytes do not fit the character set that the code names.',
    });
  });
});

function isPrintable(value: string): boolean {
  return value.isWellFormed() && !/\p{Cc}/u.test(value) && Buffer.byteLength(value) < 100 && [...value].length <= 60;
}

/** By a way of its own: each byte that decodes to the letter. */
function bytesIn(characterSet: EpcCharacterSet, payload: string): Uint8Array {
  const labels = {
    1: 'utf-8',
    2: '',
    3: 'iso-8859-2',
    4: 'iso-8859-4',
    5: 'iso-8859-5',
    6: 'iso-8859-7',
    7: 'iso-8859-10',
    8: 'iso-8859-15',
  };
  if (characterSet === 1) return Buffer.from(payload);
  if (characterSet === 2) return Buffer.from(payload, 'latin1');
  const decoder = new TextDecoder(labels[characterSet]);
  const byteOf = (letter: string) =>
    Array.from({ length: 256 }, (_, byte) => byte).find((byte) => decoder.decode(Uint8Array.of(byte)) === letter)!;
  return Uint8Array.from([...payload], byteOf);
}

/**
 * Text in the characters that every SEPA bank takes: `a-z A-Z 0-9 / - ? : ( ) . , ' +` and the space. Letters lose their
 * marks, German umlauts are written out, and what has no Latin form becomes a space.
 *
 * @see https://www.europeanpaymentscouncil.eu/document-library/guidance-documents/sepa-requirements-extended-character-set-unicode-subset-best (read 2026-11-22)
 */
export function toLatin(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[^\x20-\x7e]/gu, (character) => WRITTEN_OUT[character] ?? character)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[&<>"’‘`]/gu, (character) => SIGNS[character] ?? ' ')
    .replace(/[^a-zA-Z0-9/\-?:().,'+ ]/gu, ' ')
    .replace(/ +/g, ' ')
    .trim();
}

const WRITTEN_OUT: Readonly<Record<string, string>> = {
  ä: 'ae',
  ö: 'oe',
  ü: 'ue',
  Ä: 'Ae',
  Ö: 'Oe',
  Ü: 'Ue',
  ß: 'ss',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ø: 'o',
  Ø: 'O',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
  ð: 'd',
  Ð: 'D',
  þ: 'th',
  Þ: 'Th',
  ı: 'i',
  '–': '-',
  '—': '-',
};

const SIGNS: Readonly<Record<string, string>> = { '&': '+', '’': "'", '‘': "'", '`': "'", '"': "'" };

import { TextDecoder } from 'node:util';
import { invalidStatement } from '../invalid.js';
import { piecesOf, type StatementSource } from '../source.js';

// What banks write, by the names that XML declarations have for it. UTF-16 is known by its first bytes.
const ENCODINGS: Readonly<Record<string, string>> = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'us-ascii': 'utf-8',
  ascii: 'utf-8',
  'iso-8859-1': 'windows-1252',
  'windows-1252': 'windows-1252',
  'iso-8859-2': 'iso-8859-2',
  'windows-1250': 'windows-1250',
  'iso-8859-15': 'iso-8859-15',
};

/**
 * The characters of an XML file, piece by piece, without its byte order mark. The encoding is the one of its first bytes or of
 * its declaration, else UTF-8.
 *
 * @throws ItPayError `STATEMENT_INVALID` when the bytes are not of that encoding
 */
export async function* xmlText(source: StatementSource, maxBytes: number): AsyncGenerator<string> {
  let decoder: TextDecoder | null = null;
  let head: Uint8Array = new Uint8Array();
  for await (const piece of piecesOf(source, maxBytes)) {
    let bytes = piece;
    if (decoder === null) {
      // The declaration may come in several chunks, and it is the first thing that ends with this character.
      head = Buffer.concat([head, piece]);
      if (head.length < 1024 && !head.includes(0x3e)) continue;
      decoder = decoderFor(head);
      bytes = head;
    }
    yield decoded(decoder, bytes, true);
  }
  if (decoder === null) {
    decoder = decoderFor(head);
    yield decoded(decoder, head, true);
  }
  yield decoded(decoder, new Uint8Array(), false);
}

function decoderFor(head: Uint8Array): TextDecoder {
  return new TextDecoder(encodingOf(head), { fatal: true });
}

function encodingOf(head: Uint8Array): string {
  const start = Buffer.from(head.subarray(0, 256)).toString('latin1');
  if (start.startsWith('\xff\xfe') || start.startsWith('<\0')) return 'utf-16le';
  if (start.startsWith('\xfe\xff') || start.startsWith('\0<')) return 'utf-16be';
  const declared = /^(?:\xef\xbb\xbf)?<\?xml\s[^>]*?encoding\s*=\s*["']([\w.\-:]+)["']/.exec(start)?.[1];
  const encoding = ENCODINGS[(declared ?? 'utf-8').toLowerCase()];
  if (encoding === undefined) throw invalidStatement(`The encoding ${declared} of its declaration is not expected.`, 1);
  if (start.startsWith('\xef\xbb\xbf') && encoding !== 'utf-8') {
    throw invalidStatement(`It declares ${declared}, and begins with the mark of UTF-8.`, 1);
  }
  return encoding;
}

function decoded(decoder: TextDecoder, bytes: Uint8Array, stream: boolean): string {
  try {
    return decoder.decode(bytes, { stream });
  } catch (error) {
    if (error instanceof TypeError) throw invalidStatement(`Its bytes are not ${decoder.encoding.toUpperCase()}.`);
    throw error;
  }
}

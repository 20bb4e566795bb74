import { isUtf8 } from 'node:buffer';
import { decodeCp850 } from './cp850.js';
import { invalidStatement } from './invalid.js';
import { piecesOf, type StatementSource } from './source.js';

/** `auto`: each line is UTF-8 where it can be, else of the code page that its letters speak for. */
export type StatementEncoding = 'auto' | 'utf-8' | 'windows-1252' | 'cp850';

export interface TextLine {
  readonly text: string;
  /** Counted from 1. */
  readonly number: number;
}

const MAX_LINE_BYTES = 64 * 1024;
const LINE_FEED = 0x0a;

/**
 * The lines of a text file without their ends (LF or CRLF), one in memory at a time.
 *
 * @throws ItPayError `STATEMENT_INVALID` for a line that is too long, has control characters, or is not of the encoding
 */
export async function* textLines(
  source: StatementSource,
  maxBytes: number,
  encoding: StatementEncoding,
): AsyncGenerator<TextLine, void> {
  let rest: Uint8Array = new Uint8Array();
  let number = 0;
  for await (const piece of piecesOf(source, maxBytes)) {
    let from = 0;
    for (let end = piece.indexOf(LINE_FEED); end >= 0; end = piece.indexOf(LINE_FEED, from)) {
      const bytes = rest.length > 0 ? Buffer.concat([rest, piece.subarray(from, end)]) : piece.subarray(from, end);
      rest = new Uint8Array();
      from = end + 1;
      number += 1;
      yield { text: textOf(bytes, number, encoding), number };
    }
    if (from < piece.length) rest = Buffer.concat([rest, piece.subarray(from)]);
    if (rest.length > MAX_LINE_BYTES) throw tooLong(number + 1);
  }
  number += 1;
  if (rest.length > 0) yield { text: textOf(rest, number, encoding), number };
}

const WINDOWS_1252 = new TextDecoder('windows-1252');

function textOf(bytes: Uint8Array, line: number, encoding: StatementEncoding): string {
  if (bytes.length > MAX_LINE_BYTES) throw tooLong(line);
  const text = decoded(bytes, line, encoding).replace(/\r$/, '');
  const whole = line === 1 ? text.replace(/^\ufeff/, '') : text;
  // SWIFT's own frame has \x01 and \x03 around the message; nothing else has control characters.
  // eslint-disable-next-line no-control-regex -- SWIFT's frame is made of them
  const plain = whole.replace(/^\u0001|\u0003$/g, '');
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(plain))
    throw invalidStatement('There is a control character.', line);
  return plain;
}

function decoded(bytes: Uint8Array, line: number, encoding: StatementEncoding): string {
  const isUnicode = isUtf8(bytes);
  if (encoding === 'utf-8' || (encoding === 'auto' && isUnicode)) {
    if (!isUnicode) throw invalidStatement('Its bytes are not UTF-8.', line);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  }
  if (encoding === 'cp850' || (encoding === 'auto' && isCp850(bytes))) return decodeCp850(bytes);
  return WINDOWS_1252.decode(bytes);
}

/** Letters with accents lie from 0x80 to 0xA5 in code page 850, and from 0xC0 in Windows-1252, where 0x80 to 0xA5 are signs. */
function isCp850(bytes: Uint8Array): boolean {
  let low = 0;
  let high = 0;
  for (const byte of bytes) {
    if (byte >= 0x80 && byte <= 0xa5) low += 1;
    // 0xE1 is the ß of one, and the á of the other.
    else if (byte >= 0xc0 && byte !== 0xe1) high += 1;
  }
  return low > high;
}

function tooLong(line: number): Error {
  return invalidStatement(`A line has more than ${MAX_LINE_BYTES} bytes.`, line);
}

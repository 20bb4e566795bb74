import { invalidStatement } from './invalid.js';

/** A file: all of it, or as it arrives. */
export type StatementSource = AsyncIterable<Uint8Array> | Uint8Array;

/** 256 MiB: a year of a busy account. */
export const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;

const PIECE_BYTES = 64 * 1024;

/**
 * The file in pieces of at most 64 KiB, so that what is made of one piece stays small.
 *
 * @throws ItPayError `STATEMENT_INVALID` when there is more than `maxBytes`, or nothing
 */
export async function* piecesOf(source: StatementSource, maxBytes: number): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const chunk of source instanceof Uint8Array ? [source] : source) {
    total += chunk.length;
    if (total > maxBytes) {
      throw invalidStatement(`It is larger than ${maxBytes} bytes. Raise maxBytes when it is what the bank sent.`);
    }
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) yield chunk.subarray(at, at + PIECE_BYTES);
  }
  if (total === 0) throw invalidStatement('It is empty.');
}

/**
 * Text in a character set of one byte each, or in UTF-8.
 *
 * @returns null when the set does not have a character of the text
 */
export function encodeText(text: string, set: string): Uint8Array | null {
  if (set === 'utf-8') return text.isWellFormed() ? new TextEncoder().encode(text) : null;
  const table = tableOf(set);
  const bytes: number[] = [];
  for (const character of text) {
    const byte = table.get(character);
    if (byte === undefined) return null;
    bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

/** The way back; null when the bytes are no text in this set. */
export function decodeText(bytes: Uint8Array, set: string): string | null {
  // The Encoding Standard reads this label as Windows-1252, which has other characters in 80 to 9F.
  if (set === 'iso-8859-1') return Buffer.from(bytes).toString('latin1');
  try {
    return new TextDecoder(set, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

const tables = new Map<string, ReadonlyMap<string, number>>();

function tableOf(set: string): ReadonlyMap<string, number> {
  let table = tables.get(set);
  if (table === undefined) {
    const bytes = Array.from({ length: 256 }, (_, byte) => byte);
    const pairs = bytes.map((byte) => [decodeText(Uint8Array.of(byte), set), byte] as const);
    table = new Map(pairs.filter((pair): pair is readonly [string, number] => pair[0] !== null));
    tables.set(set, table);
  }
  return table;
}

/** What kind of file it is, by its first bytes. */
export type StatementFormat = 'camt' | 'mt940' | 'csv';

/**
 * Tells the format of a statement by how it begins; 4 KiB are enough. Everything that is text and neither XML nor a message of
 * SWIFT is called a table: whether it is one, its profile knows.
 *
 * @returns null for what is no text
 */
export function detectFormat(head: Uint8Array): StatementFormat | null {
  const start = Buffer.from(head.subarray(0, 4096)).toString('latin1');
  const text = start.replace(/^\xef\xbb\xbf/, '');
  if (/^(?:\xff\xfe|\xfe\xff|\0?<\0?)/.test(start) || /^\s*</.test(text)) return 'camt';
  // SWIFT's frame begins with \x01.
  if (/^:20:/m.test(text) && /^:(?:25P?|28C?|21):/m.test(text)) return 'mt940';
  // eslint-disable-next-line no-control-regex -- text has no control characters; what has them is no CSV
  return text.trim() === '' || /[\u0000-\u0008\u000e-\u001f]/.test(text) ? null : 'csv';
}

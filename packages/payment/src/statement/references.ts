import type { Channel, StatementRow } from '@itpay/kernel';

/** Banks carry 140 characters of a payer's text, and some a few fields more. What is longer was not written by a payer. */
const LONGEST_TEXT = 1_000;

/**
 * The order or refund numbers that a row may name: its reference where it has one, else every part of its text that has the
 * form of one, whatever a bank put between its characters. What is found is looked up before it is believed.
 */
export function possibleReferences(
  { reference, text }: Pick<StatementRow, 'reference' | 'text'>,
  { maxLength, alphabet }: Channel['reference'],
): readonly string[] {
  if (reference !== null) return [reference];
  // Texts are compared without regard to case, so numbers of a rail that tells cases apart cannot be found in them.
  if (!/^[0-9A-Z]+$/.test(alphabet)) return [];
  const letters = text
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, '')
    .slice(0, LONGEST_TEXT);
  const allowed = new Set(alphabet);
  const found = new Set<string>();
  let since = 0;
  for (let end = 0; end < letters.length; end += 1) {
    if (!allowed.has(letters[end]!)) since = end + 1;
    else if (end + 1 - since >= maxLength) found.add(letters.slice(end + 1 - maxLength, end + 1));
  }
  return [...found];
}

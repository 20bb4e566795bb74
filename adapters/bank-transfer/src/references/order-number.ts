import type { StatementPart, StatementRow } from '@itpay/kernel';
import { rfReferences } from './rf.js';
import type { ReferenceScheme } from './scheme.js';

/**
 * The order or refund number of ours that a statement's line names: in its reference field, else in its text. A refund
 * file states refund numbers as they are, so a debit or a return brings them back as they are.
 *
 * @returns null when there is none, and when there are several: an operator decides which is meant
 */
export function orderNumberOf(
  { reference, text }: Pick<StatementRow, 'reference' | 'text'>,
  scheme: ReferenceScheme = rfReferences,
): string | null {
  if (reference !== null) {
    if (isOrderNumber(reference, scheme)) return reference;
    const typed = scheme.read(reference);
    if (typed !== null) return typed;
  }
  const found = new Set([...scheme.find(reference ?? ''), ...scheme.find(text)]);
  return found.size === 1 ? [...found][0]! : null;
}

/**
 * A statement whose rows name our order numbers, where the file has a creditor reference or text. What a bank had in the
 * reference field and is none of ours joins the text, where an operator sees it.
 */
export async function* withOrderNumbers(
  parts: AsyncIterable<StatementPart>,
  scheme: ReferenceScheme = rfReferences,
): AsyncGenerator<StatementPart, void> {
  for await (const part of parts) {
    if (part.part !== 'row') {
      yield part;
      continue;
    }
    const { row } = part;
    const reference = orderNumberOf(row, scheme);
    const foreign = reference === null && row.reference !== null && !row.text.includes(row.reference);
    const text = foreign ? [row.reference, row.text].filter(Boolean).join('\n') : row.text;
    yield { part: 'row', row: { ...row, reference, text } };
  }
}

function isOrderNumber(text: string, { orderNumbers: { alphabet, maxLength } }: ReferenceScheme): boolean {
  return text.length === maxLength && [...text].every((character) => alphabet.includes(character));
}

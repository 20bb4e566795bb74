import { ItPayError } from '@itpay/core';

/** What is wrong with a file, and where; for the person who looks at it. A file that is refused books nothing. */
export function invalidStatement(problem: string, line?: number): ItPayError {
  const place = line === undefined ? '' : ` (line ${line})`;
  return new ItPayError('STATEMENT_INVALID', {
    message: `The statement cannot be read${place}. ${problem} Fetch the file from the bank again, and import it unchanged.`,
    param: 'file',
    ...(line !== undefined && { details: { line } }),
  });
}

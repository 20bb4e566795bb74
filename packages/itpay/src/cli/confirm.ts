import { createInterface } from 'node:readline/promises';
import { CommandError, UsageError } from './errors.js';

/**
 * Shows what a decision rests on and asks for a yes.
 *
 * @param facts lines, on standard error
 * @param yes the person has said so with --yes; the facts are shown all the same
 * @throws UsageError when there is nobody to ask; CommandError when the answer is no
 */
export async function confirm(facts: readonly string[], question: string, yes: boolean | undefined): Promise<void> {
  process.stderr.write(`${facts.join('\n')}\n`);
  if (yes === true) return;
  if (!process.stdin.isTTY) throw new UsageError('This decides about money. There is no terminal to ask; add --yes.');

  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError('Nothing was changed.');
  } finally {
    terminal.close();
  }
}

import { UsageError } from './errors.js';

/**
 * What a decision rests on: text, or a JSON object when it looks like one.
 *
 * @throws UsageError for broken JSON
 */
export function parseEvidence(text: string): string | object {
  if (!text.trimStart().startsWith('{')) return text;
  try {
    return JSON.parse(text) as object;
  } catch {
    throw new UsageError('--evidence begins like JSON and is none. Close its braces and quotes, or write a sentence.');
  }
}

import { writeFile } from 'node:fs/promises';
import { CommandError } from './errors.js';
import { say } from './output.js';

/**
 * Writes what was fetched to a file that is not there yet, or to standard output.
 *
 * @param out left out: standard output
 */
export async function writeFetched(bytes: Uint8Array, out: string | undefined): Promise<void> {
  if (out === undefined) {
    process.stdout.write(bytes);
    return;
  }
  // Files about money name people: they are for who fetched them.
  await writeFile(out, bytes, { flag: 'wx', mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'EEXIST' ? 'it is there already' : (error.code ?? error.message);
    throw new CommandError(`${out} was not written: ${why}.`);
  });
  say(`Written to ${out}.`);
}

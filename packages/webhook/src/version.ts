import { readFileSync } from 'node:fs';

/** The version of this package. Read and not written here, so that a release changes one file. */
export const VERSION: string = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

import type { Logger } from '@itpay/kernel';

/** The log of a command: warnings and errors, on standard error, because standard output is the result. */
export const warningsOnStderr: Logger = {
  debug: () => {},
  info: () => {},
  warn: (fields, message) => write('warning', fields, message),
  error: (fields, message) => write('error', fields, message),
  isLevelEnabled: (level) => level === 'warn' || level === 'error',
};

function write(level: string, { err }: Readonly<Record<string, unknown>>, message: string): void {
  const reason = err instanceof Error ? ` ${err.message}` : '';
  // Of what a driver says, the first line: below it come stacks.
  process.stderr.write(`${level}: ${(message + reason).split('\n', 1)[0]}\n`);
}

#!/usr/bin/env node
import { isItPayError } from '@itpay/core';
import { ApiError, CommandError, UsageError } from './errors.js';
import { program } from './program.js';

// Whoever reads our output may stop early: itpay events tail | head.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

try {
  await program().parseAsync();
} catch (error) {
  process.stderr.write(`${textOf(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

// An error that we raised ourselves says what to do; a stack would bury it.
function textOf(error: unknown): string {
  if (error instanceof UsageError) return `error: ${error.message}`;
  if (error instanceof CommandError) return error.message;
  if (isItPayError(error) || error instanceof ApiError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

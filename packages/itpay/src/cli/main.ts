#!/usr/bin/env node
import { isItPayError } from '@itpay/core';
import { program } from './program.js';

try {
  await program().parseAsync();
} catch (error) {
  // An error that we raised ourselves says what to do; a stack would bury it.
  const text = isItPayError(error)
    ? `${error.code}: ${error.message}`
    : error instanceof Error
      ? error.stack
      : String(error);
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
}

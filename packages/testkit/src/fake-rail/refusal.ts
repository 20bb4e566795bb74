import type { RefusalCode } from './wire.js';

/** The rail says no, in one of its documented ways. */
export class Refusal extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.code = code;
  }
}

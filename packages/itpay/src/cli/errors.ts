/** The command was called in a way that cannot work: exit code 2. */
export class UsageError extends Error {}

/** An error answer of the API. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;

  /** @param requestId finds the request in the server's log */
  constructor(status: number, code: string, message: string, requestId: string | undefined) {
    super(requestId === undefined ? message : `${message} (${requestId})`);
    this.status = status;
    this.code = code;
  }
}

/** Something that is neither a mistake of ours nor an answer of the API, told in one sentence. */
export class CommandError extends Error {}

import type { RailReply } from '../kit/server.js';
import type { Dialect, SnapOperation } from './dialect.js';

/** A refusal on its way out; `case` is the end of the response code. */
export class Refused extends Error {
  readonly status: number;
  readonly caseCode: string;

  constructor(status: number, caseCode: string, message: string) {
    super(message);
    this.status = status;
    this.caseCode = caseCode;
  }
}

const WORDS = {
  BAD_REQUEST: [400, '00', 'Bad Request'],
  INVALID_FORMAT: [400, '01', 'Invalid Field Format'],
  MISSING: [400, '02', 'Invalid Mandatory Field'],
  UNAUTHORIZED: [401, '00', 'Unauthorized'],
  TOKEN: [401, '01', 'Invalid Token (B2B)'],
  NOT_PERMITTED: [403, '15', 'Transaction Not Permitted'],
  NOT_FOUND: [404, '01', 'Transaction Not Found'],
  CANCELLED: [404, '04', 'Transaction Cancelled'],
  INVALID_MERCHANT: [404, '08', 'Invalid Merchant'],
  INVALID_AMOUNT: [404, '13', 'Invalid Amount'],
  PAID: [404, '14', 'Paid Bill'],
  INCONSISTENT: [404, '18', 'Inconsistent Request'],
  NO_METHOD: [405, '00', 'Requested Function Is Not Supported'],
  CONFLICT: [409, '00', 'Conflict'],
  DUPLICATE: [409, '01', 'Duplicate partnerReferenceNo'],
  TOO_MANY: [429, '00', 'Too Many Requests'],
  BROKEN: [500, '01', 'Internal Server Error'],
} as const;

export type RefusalWord = keyof typeof WORDS;

/** @throws Refused */
export function refuse(word: RefusalWord, detail?: string): never {
  const [status, caseCode, message] = WORDS[word];
  throw new Refused(status, caseCode, detail === undefined ? message : `${message} ${detail}`);
}

/** A success: 200, or 202 for what is accepted and not done yet. */
export function success(dialect: Dialect, operation: SnapOperation, status: 200 | 202, fields: object): RailReply {
  const responseCode = `${status}${dialect.services[operation]}00`;
  const responseMessage = status === 200 ? 'Successful' : 'Request In Progress';
  return json(status, { responseCode, responseMessage, ...fields });
}

/** The answer of some work, or its refusal. */
export function replyOf(dialect: Dialect, operation: SnapOperation, work: () => RailReply): RailReply {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refused) return refusal(dialect, operation, error);
    throw error;
  }
}

export function refusal(
  dialect: Dialect,
  operation: SnapOperation,
  { status, caseCode, message }: Pick<Refused, 'status' | 'caseCode' | 'message'>,
): RailReply {
  const responseCode = `${status}${dialect.services[operation]}${caseCode}`;
  return json(status, { responseCode, responseMessage: message });
}

function json(status: number, body: object): RailReply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

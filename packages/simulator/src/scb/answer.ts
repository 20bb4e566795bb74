import type { RailReply } from '../kit/server.js';

const JSON_TYPE = { 'content-type': 'application/json' };

/** SCB's status codes, with the HTTP status under which they come. */
const REFUSALS = {
  '1101': [400, 'Missing required parameters'],
  '1102': [400, 'Invalid parameters entered'],
  '1103': [400, 'Empty string input not supported'],
  '1104': [404, 'Requested entity record does not exist'],
  '1105': [400, 'Unrecognized field name was entered'],
  '1111': [400, 'Data entry duplicated with existing'],
  '9100': [400, 'Required standard headers not found'],
  '9300': [401, 'Invalid/expired temporary token'],
  '9500': [401, 'Invalid authorization credentials'],
  '9700': [429, 'Request threshold has been exceeded'],
  '9900': [500, 'System error'],
} as const satisfies Record<string, readonly [number, string]>;
export type ScbCode = keyof typeof REFUSALS;

export function ok(data: unknown): RailReply {
  return json(200, { status: { code: 1000, description: 'Success' }, data });
}

export function refusal(code: ScbCode, detail?: string): RailReply {
  const [status, text] = REFUSALS[code];
  const description = detail === undefined ? text : `${text}: ${detail}`;
  return json(status, { status: { code: Number(code), description } });
}

/** Ends the reading of a request. */
export class Refused extends Error {
  readonly reply: RailReply;

  constructor(code: ScbCode, detail?: string) {
    super(code);
    this.reply = refusal(code, detail);
  }
}

/** @throws Refused */
export function refuse(code: ScbCode, detail?: string): never {
  throw new Refused(code, detail);
}

/** What `work` answers, or what it refuses. */
export function answered<T>(work: () => T): T | RailReply {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refused) return error.reply;
    throw error;
  }
}

function json(status: number, content: object): RailReply {
  return { status, headers: JSON_TYPE, body: JSON.stringify(content) };
}

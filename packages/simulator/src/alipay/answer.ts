import type { RailReply } from '../kit/server.js';

/** The top-level codes, with the message that the gateway gives. */
const TOP = {
  '10000': 'Success',
  '10003': 'order success pay inprocess',
  '20000': 'Service Currently Unavailable',
  '40001': 'Missing Required Arguments',
  '40002': 'Invalid Arguments',
  '40004': 'Business Failed',
  '40005': 'Call Limited',
} as const;

export type TopCode = keyof typeof TOP;

/** What a method answers; the signature comes around it later. */
export function answer(fields: object, code: TopCode = '10000'): RailReply {
  return { status: 200, body: jsonText({ code, msg: TOP[code], ...fields }) };
}

/** A business refusal, which is signed. */
export function refusal(subCode: string, subMsg: string, code: TopCode = '40004'): RailReply {
  return answer({ sub_code: subCode, sub_msg: subMsg }, code);
}

/** A refusal of the gateway itself: under `error_response`, and not signed. */
export interface GatewayRefusal extends RailReply {
  readonly unsigned: true;
}

export function gatewayRefusal(subCode: string, subMsg: string, code: TopCode = '40002'): GatewayRefusal {
  const body = jsonText({ error_response: { code, msg: TOP[code], sub_code: subCode, sub_msg: subMsg } });
  return { status: 200, headers: CONTENT_TYPE, body, unsigned: true };
}

export const CONTENT_TYPE = { 'content-type': 'application/json;charset=utf-8' } as const;

/** JSON as the gateway writes it: slashes are escaped, and belong to what is signed. */
function jsonText(value: object): string {
  return JSON.stringify(value).replaceAll('/', '\\/');
}

/** Ends the reading of a request, or its work; the reply is Alipay's refusal. */
export class Refused extends Error {
  readonly reply: RailReply;

  constructor(reply: RailReply, why: string) {
    super(`Alipay refuses: ${why}`);
    this.reply = reply;
  }
}

/** @throws Refused always */
export function refuse(subCode: string, subMsg = subCode): never {
  throw new Refused(refusal(subCode, subMsg), subCode);
}

/** The work's own reply, or the refusal that ended it. */
export function replyOf<T>(work: () => T): T | RailReply {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refused) return error.reply;
    throw error;
  }
}

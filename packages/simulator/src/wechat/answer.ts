import type { RailReply } from '../kit/server.js';

/** The error codes that this simulator uses, with the status and a message as WeChat's manual has them. */
const ERRORS = {
  PARAM_ERROR: [400, '参数错误'],
  INVALID_REQUEST: [400, '无效请求'],
  APPID_MCHID_NOT_MATCH: [400, '商户号和AppID不匹配'],
  ORDER_CLOSED: [400, '订单已关闭'],
  ORDERPAID: [400, '该订单已支付'],
  NO_STATEMENT_EXIST: [400, '账单文件不存在'],
  SIGN_ERROR: [401, '签名错误'],
  TRADE_ERROR: [403, '交易错误'],
  ORDER_NOT_EXIST: [404, '订单不存在'],
  RESOURCE_NOT_EXISTS: [404, '查询的资源不存在'],
  FREQUENCY_LIMITED: [429, '频率限制'],
  SYSTEM_ERROR: [500, '系统错误'],
} as const;

export type WechatErrorCode = keyof typeof ERRORS;

/** An answer that goes out as it is. */
export interface UnsignedReply extends RailReply {
  readonly unsigned: true;
}

export function ok(body: object): RailReply {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** @param field the path of the parameter, such as `/amount/total` */
export function refusal(code: WechatErrorCode, issue?: string, field?: string): RailReply {
  const [status, message] = ERRORS[code];
  const detail = field === undefined ? {} : { detail: { field, issue, location: 'body' } };
  const body = JSON.stringify({ code, message: issue === undefined ? message : `${message}: ${issue}`, ...detail });
  return { status, headers: { 'content-type': 'application/json' }, body };
}

/** WeChat cannot say who it is to somebody whom it does not know. */
export function unsigned(reply: RailReply): UnsignedReply {
  return { ...reply, unsigned: true };
}

/** Ends the reading of a request; the reply is WeChat's refusal. */
export class Refused extends Error {
  readonly reply: RailReply;

  constructor(reply: RailReply) {
    super('The simulated WeChat refuses.');
    this.reply = reply;
  }
}

/** @throws Refused always */
export function refuse(code: WechatErrorCode, issue?: string, field?: string): never {
  throw new Refused(refusal(code, issue, field));
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

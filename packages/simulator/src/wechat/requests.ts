import { gzipSync } from 'node:zlib';
import { chinaDay } from '../kit/china-time.js';
import type { IncomingRailRequest, RailReply, Understood } from '../kit/server.js';
import { ok, refuse, replyOf, unsigned } from './answer.js';
import type { Merchant } from './authorization.js';
import { bill, sha1, type BillKind, type TradeBillType } from './bills.js';
import type { NativeOrder, RefundRequest, WechatBook } from './book.js';
import { canonical, fen, jsonBody, notifyUrl, object, optionalText, text, yuanOnly, type Json } from './fields.js';
import type { Platform } from './platform.js';
import { orderToWire, refundToWire } from './to-wire.js';

export const WECHAT_OPERATIONS = [
  'native',
  'query',
  'close',
  'refund',
  'query_refund',
  'certificates',
  'tradebill',
  'fundflowbill',
  'billdownload',
] as const;
export type WechatOperation = (typeof WECHAT_OPERATIONS)[number];

/** What the requests need to be answered. */
export interface Desk {
  readonly merchant: Merchant;
  readonly platform: Platform;
  readonly book: WechatBook;
  readonly now: () => Date;
  /** Bills that can be fetched, by their token. */
  readonly downloads: Map<string, { readonly content: Buffer; readonly until: Date }>;
}

type Reading = (desk: Desk, request: IncomingRailRequest, url: URL, number: string) => Understood<WechatOperation>;

const ORDER_NO = /^[0-9A-Za-z_\-|*]{6,32}$/;
const REFUND_NO = /^[0-9A-Za-z_\-|*@]{1,64}$/;
const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2})$/;
const EXPIRES_AFTER_MS = 60_000;
const DOWNLOAD_LIFE_MS = 5 * 60_000;

const PATHS: readonly (readonly [method: string, path: RegExp, read: Reading])[] = [
  ['POST', /^\/v3\/pay\/transactions\/native$/, readNative],
  ['GET', /^\/v3\/pay\/transactions\/out-trade-no\/([^/]+)$/, readQuery],
  ['GET', /^\/v3\/pay\/transactions\/id\/([^/]+)$/, readQueryById],
  ['POST', /^\/v3\/pay\/transactions\/out-trade-no\/([^/]+)\/close$/, readClose],
  ['POST', /^\/v3\/refund\/domestic\/refunds$/, readRefund],
  ['GET', /^\/v3\/refund\/domestic\/refunds\/([^/]+)$/, readRefundQuery],
  ['GET', /^\/v3\/certificates$/, readCertificates],
  ['GET', /^\/v3\/bill\/(tradebill|fundflowbill)$/, readBill],
  ['GET', /^\/v3\/billdownload\/file$/, readDownload],
];

/** Finds and reads the operation of a request whose signature is checked already. @throws Refused */
export function readRequest(desk: Desk, request: IncomingRailRequest): Understood<WechatOperation> | null {
  const url = new URL(request.path, 'http://simulator');
  for (const [method, path, read] of PATHS) {
    const [found, number = ''] = path.exec(url.pathname) ?? [];
    if (found === undefined || request.method !== method) continue;
    if (read !== readDownload && !request.headers['accept']?.includes('application/json')) {
      refuse('PARAM_ERROR', 'the Accept header has to be application/json');
    }
    if (!request.headers['user-agent']) refuse('PARAM_ERROR', 'the User-Agent header is empty');
    if (method === 'POST' && !request.headers['content-type']?.startsWith('application/json')) {
      refuse('PARAM_ERROR', 'the Content-Type header has to be application/json');
    }
    return read(desk, request, url, decoded(number));
  }
  return null;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return refuse('PARAM_ERROR', 'the address is not percent-encoded');
  }
}

function readNative(desk: Desk, { rawBody }: IncomingRailRequest): Understood<WechatOperation> {
  const body = jsonBody(rawBody);
  if (text(body, 'mchid', 32) !== desk.merchant.mchid) refuse('PARAM_ERROR', 'another merchant signed', '/mchid');
  if (text(body, 'appid', 32) !== desk.merchant.appid) refuse('APPID_MCHID_NOT_MATCH');
  const amount = object(body, 'amount');
  yuanOnly(amount, false);
  const order: NativeOrder = {
    outTradeNo: text(body, 'out_trade_no', 32, ORDER_NO),
    description: text(body, 'description', 127),
    total: fen(amount, 'total'),
    notifyUrl: notifyUrl(body, true)!,
    attach: optionalText(body, 'attach', 128),
    timeExpire: timeExpire(body),
    content: canonical(body),
  };
  return {
    operation: 'native',
    references: [order.outTradeNo],
    perform: answering(() => {
      const known = desk.book.orders.has(order.outTradeNo);
      if (!known && order.timeExpire && order.timeExpire.getTime() < desk.now().getTime() + EXPIRES_AFTER_MS) {
        refuse('PARAM_ERROR', 'it has to be at least a minute ahead', '/time_expire');
      }
      return ok({ code_url: desk.book.open(order).code.url });
    }),
  };
}

function timeExpire(body: Json): Date | undefined {
  const value = optionalText(body, 'time_expire', 64, RFC_3339);
  if (value === undefined) return undefined;
  const at = new Date(value);
  if (Number.isNaN(at.getTime())) refuse('PARAM_ERROR', 'there is no such time', '/time_expire');
  return at;
}

function readQuery(desk: Desk, _: IncomingRailRequest, url: URL, outTradeNo: string): Understood<WechatOperation> {
  requireMchid(desk, url.searchParams.get('mchid'));
  return {
    operation: 'query',
    references: [outTradeNo],
    perform: answering(() => ok(orderToWire(desk.book.orderOf({ outTradeNo }), desk.merchant))),
  };
}

function readQueryById(
  desk: Desk,
  _: IncomingRailRequest,
  url: URL,
  transactionId: string,
): Understood<WechatOperation> {
  requireMchid(desk, url.searchParams.get('mchid'));
  return {
    operation: 'query',
    references: [transactionId],
    perform: answering(() => ok(orderToWire(desk.book.orderOf({ transactionId }), desk.merchant))),
  };
}

function readClose(
  desk: Desk,
  { rawBody }: IncomingRailRequest,
  _: URL,
  outTradeNo: string,
): Understood<WechatOperation> {
  requireMchid(desk, text(jsonBody(rawBody), 'mchid', 32));
  if (!ORDER_NO.test(outTradeNo)) refuse('PARAM_ERROR', `not ${String(ORDER_NO)}`, '/out_trade_no');
  return {
    operation: 'close',
    references: [outTradeNo],
    perform: answering(() => {
      desk.book.close(outTradeNo);
      return { status: 204, body: '' };
    }),
  };
}

function readRefund(desk: Desk, { rawBody }: IncomingRailRequest): Understood<WechatOperation> {
  const body = jsonBody(rawBody);
  const amount = object(body, 'amount');
  yuanOnly(amount, true);
  const request: RefundRequest = {
    outTradeNo: optionalText(body, 'out_trade_no', 32, ORDER_NO),
    transactionId: optionalText(body, 'transaction_id', 32),
    outRefundNo: text(body, 'out_refund_no', 64, REFUND_NO),
    refund: fen(amount, 'refund'),
    total: fen(amount, 'total'),
    notifyUrl: notifyUrl(body, false),
    reason: optionalText(body, 'reason', 80),
  };
  const { outTradeNo, transactionId } = request;
  if ((outTradeNo === undefined) === (transactionId === undefined)) {
    refuse('PARAM_ERROR', 'one of out_trade_no and transaction_id, and not both', '/out_trade_no');
  }
  return {
    operation: 'refund',
    references: [request.outRefundNo, (outTradeNo ?? transactionId)!],
    perform: answering((how) => ok(refundToWire(desk.book.refund(request, how)))),
  };
}

function readRefundQuery(
  desk: Desk,
  _: IncomingRailRequest,
  __: URL,
  outRefundNo: string,
): Understood<WechatOperation> {
  return {
    operation: 'query_refund',
    references: [outRefundNo],
    perform: answering(() =>
      ok(refundToWire(desk.book.refunds.get(outRefundNo) ?? refuse('RESOURCE_NOT_EXISTS', '退款单不存在'))),
    ),
  };
}

function readCertificates({ platform }: Desk): Understood<WechatOperation> {
  return {
    operation: 'certificates',
    references: [],
    perform: answering(() =>
      platform.certificates.length === 0
        ? refuse('RESOURCE_NOT_EXISTS', '无可用的平台证书，请使用微信支付公钥')
        : ok(platform.certificateList()),
    ),
  };
}

function readBill(desk: Desk, { headers }: IncomingRailRequest, url: URL, kind: string): Understood<WechatOperation> {
  const query = url.searchParams;
  const day = query.get('bill_date') ?? '';
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) refuse('PARAM_ERROR', 'it is not like 2026-03-01', '/bill_date');
  const type = query.get('bill_type') ?? 'ALL';
  if (!['ALL', 'SUCCESS', 'REFUND'].includes(type)) refuse('PARAM_ERROR', 'there is no such kind', '/bill_type');
  const account = query.get('account_type') ?? 'BASIC';
  if (!['BASIC', 'OPERATION', 'FEES'].includes(account)) refuse('PARAM_ERROR', 'no such account', '/account_type');
  const zip = query.get('tar_type');
  if (zip !== null && zip !== 'GZIP') refuse('PARAM_ERROR', 'only GZIP', '/tar_type');
  return {
    operation: kind as BillKind,
    references: [day],
    perform: answering(() => {
      if (day >= chinaDay(desk.now())) refuse('PARAM_ERROR', 'a bill is made when the day is over', '/bill_date');
      // Everything goes through the one account: the others are without movements.
      const content =
        account === 'BASIC' ? bill(desk.book, desk.merchant, kind as BillKind, day, type as TradeBillType) : null;
      if (content === null) return refuse('NO_STATEMENT_EXIST');
      const token = sha1(Buffer.from(`${day}|${kind}|${type}|${desk.downloads.size}`));
      const until = new Date(desk.now().getTime() + DOWNLOAD_LIFE_MS);
      desk.downloads.set(token, { content: zip === null ? content : gzipSync(content), until });
      const address = `http://${headers['host']}/v3/billdownload/file?token=${token}${zip ? '&tartype=gzip' : ''}`;
      return ok({ hash_type: 'SHA1', hash_value: sha1(content), download_url: address });
    }),
  };
}

function readDownload(desk: Desk, _: IncomingRailRequest, url: URL): Understood<WechatOperation> {
  const token = url.searchParams.get('token') ?? '';
  return {
    operation: 'billdownload',
    references: [token],
    perform: answering(() => {
      const found = desk.downloads.get(token);
      if (found === undefined || found.until < desk.now()) return refuse('RESOURCE_NOT_EXISTS', '下载地址已失效');
      const headers = { 'content-type': 'application/octet-stream' };
      return unsigned({ status: 200, headers, body: found.content });
    }),
  };
}

function requireMchid({ merchant }: Desk, mchid: string | null): void {
  if (mchid !== merchant.mchid) refuse('PARAM_ERROR', 'another merchant signed', '/mchid');
}

/** The work; what it refuses is an answer as well. */
function answering(work: (how: { readonly pending: boolean }) => RailReply): Understood<WechatOperation>['perform'] {
  return (how) => replyOf(() => work(how));
}

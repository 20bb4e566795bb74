import { Callbacks } from '../kit/callbacks.js';
import { chinaTime } from '../kit/china-time.js';
import { railControl, type RailControl } from '../kit/client.js';
import { seededNumbers } from '../kit/numbers.js';
import { serveRail, type Act, type IncomingRailRequest, type RailProtocol, type RailReply } from '../kit/server.js';
import { CONTENT_TYPE, refusal, replyOf } from './answer.js';
import { readCall, type App } from './gateway.js';
import { holdFields, Holds, type Hold, type HoldOperation } from './holds.js';
import { makeCertificates, newKeyPair, rsa2, type AlipayCertificates, type KeyPair } from './keys.js';
import { ALIPAY_METHODS, ALIPAY_OPERATIONS, readMethod, type AlipayOperation, type Desk } from './methods.js';
import { yuan } from './money.js';
import { rewriteNotification, writeNotification, type AlipayEvent } from './notification.js';
import { refunded, tradeFields, Trades, type Trade, type TradeRefund } from './trades.js';

export interface AlipaySimulatorOptions {
  /** Left out: a free one. */
  readonly port?: number;
  /** Numbers depend on it; keys are new at each start. */
  readonly seed?: string;
  /** How the two sides know each other's keys. Left out: `key`. */
  readonly mode?: 'key' | 'certificate';
  /** Left out: `manual`; notifications wait for `control.deliverCallbacks`. */
  readonly callbacks?: 'auto' | 'manual';
  /** The rail's clock. Left out: that of the machine. */
  readonly now?: () => Date;
}

/** What a merchant of Alipay has. Keys and certificates are PEM. */
export interface AlipayCredentials extends Partial<AlipayCertificates> {
  readonly gateway: string;
  readonly appId: string;
  /** PKCS#8. */
  readonly appPrivateKey: string;
  /** In the mode `key`; the other mode has the three certificates instead. */
  readonly alipayPublicKey?: string;
  readonly sellerId: string;
  readonly payeeLogonId: string;
}

export interface AlipaySimulator {
  readonly url: string;
  readonly credentials: AlipayCredentials;
  readonly control: RailControl;
  close(): Promise<void>;
}

/** Starts an Alipay OpenAPI gateway that has one merchant and exists only on this machine. */
export async function startAlipaySimulator({
  port = 0,
  seed = 'alipay',
  mode = 'key',
  callbacks: delivery = 'manual',
  now = () => new Date(),
}: AlipaySimulatorOptions = {}): Promise<AlipaySimulator> {
  const numbers = seededNumbers(seed);
  const [appKey, alipayKey] = [newKeyPair(), newKeyPair()];
  let stranger: KeyPair | undefined; // made when somebody wants a wrong signature: keys take their time
  const strangersKey = () => (stranger ??= newKeyPair()).privateKey;
  const chain = mode === 'certificate' ? makeCertificates(appKey.publicKey, alipayKey.publicKey, now()) : undefined;
  const appId = `2021${numbers('app').slice(-12)}`;
  const seller = { sellerId: `2088${numbers('seller').slice(-12)}`, payeeLogonId: 'shop@example.com' };

  const callbacks = new Callbacks<AlipayEvent>({
    write: (event) => writeNotification(event, { appId, key: alipayKey.privateKey, now: now() }),
    rewrite: (callback, change) =>
      rewriteNotification(callback, change, change.byStranger ? strangersKey() : alipayKey.privateKey),
    isAcknowledged: (status, body) => status === 200 && body === 'success',
    automatic: delivery === 'auto',
  });
  let notifications = 0;
  const notify = (event: Omit<AlipayEvent, 'id' | 'url'>, url: string | undefined) => {
    if (url === undefined) return;
    const id = `${chinaTime(now()).slice(0, 10).replaceAll('-', '')}00${numbers('notification', (notifications += 1))}`;
    callbacks.push({ ...event, id, url });
  };
  const tradeChanged = (trade: Trade, what: 'WAIT_BUYER_PAY' | 'TRADE_SUCCESS' | 'TRADE_CLOSED' | TradeRefund) => {
    const fields = { ...tradeNotice(trade, what), seller_id: seller.sellerId };
    if (typeof what === 'string') notify({ kind: what, reference: trade.outTradeNo, fields }, trade.notifyUrl);
    else notify({ kind: 'refund', reference: what.outRequestNo, fields }, trade.notifyUrl);
  };
  const holdChanged = (hold: Hold, operation: HoldOperation) => {
    const kind = operation.type === 'FREEZE' ? 'fund_auth_freeze' : 'fund_auth_unfreeze';
    const reference = operation.type === 'FREEZE' ? hold.outOrderNo : operation.outRequestNo;
    const fields = { ...holdNotice(hold, operation), notify_type: kind, payee_user_id: seller.sellerId };
    notify({ kind, reference, fields: { ...fields, payee_logon_id: seller.payeeLogonId } }, hold.notifyUrl);
  };
  const desk: Desk = {
    seller,
    trades: new Trades(numbers, now, { changed: tradeChanged }),
    holds: new Holds(numbers, now, holdChanged),
    now,
  };
  const app: App = { appId, publicKey: appKey.publicKey, serialNumbers: chain?.serialNumbers };
  const signed = (reply: RailReply, request: IncomingRailRequest, badly: boolean): RailReply => {
    const text = String(reply.body);
    if ('unsigned' in reply || !text.startsWith('{')) return reply;
    const sign = rsa2(text, badly ? strangersKey() : alipayKey.privateKey);
    const certificate = chain === undefined ? '' : `"alipay_cert_sn":"${chain.serialNumbers.alipay}",`;
    const body = `{"${responseName(request)}":${text},${certificate}"sign":"${sign}"}`;
    return { status: 200, headers: CONTENT_TYPE, body };
  };

  const { url, close } = await serveRail(protocolOf(desk, app, callbacks, signed), { port });
  return {
    url,
    credentials: {
      gateway: `${url}/gateway.do`,
      appId,
      appPrivateKey: appKey.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      ...(chain?.certificates ?? {
        alipayPublicKey: alipayKey.publicKey.export({ type: 'spki', format: 'pem' }) as string,
      }),
      ...seller,
    },
    control: railControl(url),
    close,
  };
}

function protocolOf(
  desk: Desk,
  app: App,
  callbacks: Callbacks<AlipayEvent>,
  sign: RailProtocol<AlipayOperation, AlipayEvent>['sign'],
): RailProtocol<AlipayOperation, AlipayEvent> {
  return {
    name: 'alipay',
    operations: ALIPAY_OPERATIONS,
    callbacks,
    receive(request) {
      if (request.method !== 'POST' || new URL(request.path, 'http://simulator').pathname !== '/gateway.do')
        return null;
      const call = readCall(request, app, ALIPAY_METHODS);
      return 'status' in call ? call : replyOf(() => readMethod(desk, call));
    },
    refuse: (operation, why) => {
      if (why === '429') return refusal('isv.app-call-limited', '应用调用次数超限', '40005');
      if (why === '500') return refusal('isp.unknow-error', '系统繁忙', '20000');
      return refusal(DECLINED[operation], '业务处理失败');
    },
    falsify,
    sign,
    act: (act) => play(desk, act),
    books: () => booksOf(desk),
  };
}

/** How each operation is refused for good. */
const DECLINED: Readonly<Record<AlipayOperation, string>> = {
  precreate: 'ACQ.TOTAL_FEE_EXCEED',
  query: 'ACQ.INVALID_PARAMETER',
  cancel: 'ACQ.CANCEL_NOT_ALLOWED',
  close: 'ACQ.TRADE_STATUS_ERROR',
  refund: 'ACQ.TRADE_NOT_ALLOW_REFUND',
  refund_query: 'ACQ.INVALID_PARAMETER',
  pay: 'ACQ.BUYER_BALANCE_NOT_ENOUGH',
  voucher_create: 'ACCESS_FORBIDDEN',
  hold_query: 'AUTH_ORDER_NOT_EXIST',
  unfreeze: 'ORDER_ALREADY_FINISH',
  hold_cancel: 'ORDER_ALREADY_FINISH',
};

function responseName({ path, rawBody }: IncomingRailRequest): string {
  const inQuery = new URL(path, 'http://simulator').searchParams.get('method');
  const method = inQuery ?? new URLSearchParams(rawBody.toString('utf8')).get('method') ?? '';
  return `${method.replaceAll('.', '_')}_response`;
}

/** @throws Error with a sentence */
function play({ trades, holds }: Desk, act: Act): object {
  const { action, reference, status } = act;
  if (action === 'settle_refund') return trades.settle(reference, status);
  const trade = trades.all.get(reference) ?? [...trades.all.values()].find(({ qrCode }) => qrCode === reference);
  if (trade !== undefined) return trades.act(trade, act);
  const hold = holds.all.get(reference) ?? [...holds.all.values()].find(({ codeValue }) => codeValue === reference);
  if (hold !== undefined) return holds.act(hold, act);
  throw new Error(`Alipay has no trade and no hold "${reference}".`);
}

/** A notification about a trade; about a refund it carries all that came back so far, and the refund's number. */
function tradeNotice(
  trade: Trade,
  what: 'WAIT_BUYER_PAY' | 'TRADE_SUCCESS' | 'TRADE_CLOSED' | TradeRefund,
): Record<string, string> {
  return {
    notify_type: 'trade_status_sync',
    ...tradeFields(trade),
    subject: trade.subject,
    buyer_id: '2088000000000001',
    buyer_logon_id: 'sim***@example.com',
    ...(trade.createdAt && { gmt_create: chinaTime(trade.createdAt) }),
    ...(trade.paidAt && { gmt_payment: chinaTime(trade.paidAt) }),
    ...(what === 'TRADE_CLOSED' && { gmt_close: chinaTime(trade.endedAt!) }),
    ...(typeof what === 'object' && {
      refund_fee: yuan(refunded(trade)),
      out_biz_no: what.outRequestNo,
      gmt_refund: chinaTime(what.createdAt),
    }),
  };
}

function holdNotice(hold: Hold, operation: HoldOperation): Record<string, string> {
  return {
    ...holdFields(hold, operation),
    gmt_create: chinaTime(operation.at),
    payer_user_id: '2088000000000001',
    payer_logon_id: 'sim***@example.com',
  };
}

/** The same answer about another order or amount. Answers of the gateway name no currency. */
function falsify(reply: RailReply, what: 'reference' | 'amount' | 'currency'): RailReply {
  if ('unsigned' in reply) return reply;
  const fields = JSON.parse(String(reply.body)) as Record<string, string>;
  const names =
    what === 'reference'
      ? ['out_trade_no', 'out_order_no', 'out_request_no']
      : ['total_amount', 'refund_fee', 'refund_amount', 'amount', 'total_freeze_amount', 'rest_amount'];
  for (const name of names) {
    const value = fields[name];
    if (value === undefined || what === 'currency') continue;
    // Another digit, and a smaller amount: a sum over several refunds may well be larger than the one asked for.
    fields[name] = what === 'reference' ? `${value.slice(0, -1)}${value.endsWith('0') ? '1' : '0'}` : lessThan(value);
  }
  return { ...reply, body: JSON.stringify(fields).replaceAll('/', '\\/') };
}

/** One fen less, but never nothing. */
function lessThan(amount: string): string {
  const fen = BigInt(amount.replace('.', ''));
  return yuan(fen > 1n ? fen - 1n : fen + 1n);
}

function booksOf({ trades, holds }: Desk): object {
  return {
    trades: [...trades.all.values()].map((trade) => ({
      out_trade_no: trade.outTradeNo,
      trade_no: trade.tradeNo,
      state: trade.state,
      total: trade.total,
      paid: trade.paidAt !== undefined,
      auth_no: trade.authNo ?? null,
      qr_code: trade.qrCode,
      refunds: trade.refunds.map(({ outRequestNo, amount, status }) => ({
        out_request_no: outRequestNo,
        amount,
        status,
      })),
    })),
    holds: [...holds.all.values()].map((hold) => ({
      out_order_no: hold.outOrderNo,
      auth_no: hold.authNo,
      state: hold.state,
      amount: hold.amount,
      rest: hold.rest,
      paid: hold.paid,
      code_value: hold.codeValue,
    })),
  };
}

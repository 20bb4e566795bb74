import { randomBytes } from 'node:crypto';
import { Callbacks } from '../kit/callbacks.js';
import { railControl, type RailControl } from '../kit/client.js';
import { seededNumbers } from '../kit/numbers.js';
import { serveRail, type RailProtocol } from '../kit/server.js';
import { refusal, replyOf } from './answer.js';
import { checkAuthorization } from './authorization.js';
import { bill } from './bills.js';
import { WechatBook } from './book.js';
import { rewriteNotification, writeNotification, type WechatEvent } from './notification.js';
import { newKeyPair, Platform, serialFrom, type WechatMode } from './platform.js';
import { readRequest, WECHAT_OPERATIONS, type Desk, type WechatOperation } from './requests.js';
import { falsify, paymentNotice, refundNotice } from './to-wire.js';

export type { WechatMode } from './platform.js';

export interface WechatSimulatorOptions {
  /** Left out: a free one. */
  readonly port?: number;
  /** Numbers depend on it; keys are new at each start. */
  readonly seed?: string;
  /** Left out: `public_key`, as new merchants have it. `both` is the migration: notifications come with either key. */
  readonly mode?: WechatMode;
  /** Left out: `manual`; notifications wait for `control.deliverCallbacks`. */
  readonly callbacks?: 'auto' | 'manual';
  /** The rail's clock. Left out: that of the machine. */
  readonly now?: () => Date;
}

/** What a merchant of WeChat has. */
export interface WechatCredentials {
  readonly mchid: string;
  readonly appid: string;
  /** 32 characters. */
  readonly apiV3Key: string;
  /** PKCS#8, PEM. */
  readonly merchantPrivateKey: string;
  readonly merchantSerial: string;
  /** In the modes `public_key` and `both`. SPKI, PEM. */
  readonly platformPublicKey?: string;
  /** `PUB_KEY_ID_…` */
  readonly platformPublicKeyId?: string;
  /** In the modes `certificate` and `both`: WeChat lists its certificates. */
  readonly platformCertificates?: true;
}

export interface WechatSimulator {
  readonly url: string;
  readonly credentials: WechatCredentials;
  readonly control: RailControl;
  /**
   * From now on a new platform certificate signs; `GET /v3/certificates` lists it beside the old one.
   *
   * @returns its serial number
   */
  rotateCertificate(): string;
  close(): Promise<void>;
}

/** Starts a WeChat Pay (APIv3) that has one merchant and exists only on this machine. */
export async function startWechatSimulator({
  port = 0,
  seed = 'wechat',
  mode = 'public_key',
  callbacks: delivery = 'manual',
  now = () => new Date(),
}: WechatSimulatorOptions = {}): Promise<WechatSimulator> {
  const numbers = seededNumbers(seed);
  const merchantKey = newKeyPair();
  const merchant = {
    mchid: `16${numbers('mchid').slice(-8)}`,
    appid: `wx${BigInt(numbers('appid')).toString(16).slice(0, 16).padStart(16, '0')}`,
    serial: serialFrom(`${seed}|merchant`),
    publicKey: merchantKey.publicKey,
  };
  const publicKeyId = `PUB_KEY_ID_01${merchant.mchid}${numbers('public key').slice(-22)}`;
  const platform = new Platform(mode, randomBytes(16).toString('hex'), publicKeyId, now);

  const callbacks = new Callbacks<WechatEvent>({
    write: (event) => writeNotification(event, platform),
    rewrite: (callback, change) => rewriteNotification(callback, change, platform),
    isAcknowledged: (status) => status === 200 || status === 204,
    automatic: delivery === 'auto',
  });
  let notifications = 0;
  const notify = (kind: WechatEvent['kind'], reference: string, url: string | undefined, plaintext: object) => {
    if (url === undefined) return;
    const id = `EV-${numbers('notification', (notifications += 1))}`;
    const signedBy = platform.keyForNotification(notifications);
    callbacks.push({ id, kind, reference, url, createdAt: now(), plaintext, signedBy });
  };
  const book = new WechatBook(seed, now, {
    paid: (order) => notify('TRANSACTION.SUCCESS', order.outTradeNo, order.notifyUrl, paymentNotice(order, merchant)),
    refundEnded: (refund) => {
      const kind = `REFUND.${refund.status as 'SUCCESS' | 'CLOSED' | 'ABNORMAL'}` as const;
      notify(kind, refund.outRefundNo, refund.notifyUrl, refundNotice(refund, merchant));
    },
  });
  const desk: Desk = { merchant, platform, book, now, downloads: new Map() };

  const { url, close } = await serveRail(protocolOf(desk, callbacks), { port });
  return {
    url,
    credentials: {
      mchid: merchant.mchid,
      appid: merchant.appid,
      apiV3Key: platform.apiV3Key,
      merchantPrivateKey: merchantKey.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      merchantSerial: merchant.serial,
      ...(mode !== 'certificate' && {
        platformPublicKey: platform.publicKey.publicKey.export({ type: 'spki', format: 'pem' }) as string,
        platformPublicKeyId: publicKeyId,
      }),
      ...(mode !== 'public_key' && { platformCertificates: true }),
    },
    control: railControl(url),
    rotateCertificate() {
      if (mode === 'public_key') throw new Error('In the mode "public_key" there is no certificate to rotate.');
      return platform.addCertificate().serial;
    },
    close,
  };
}

function protocolOf(desk: Desk, callbacks: Callbacks<WechatEvent>): RailProtocol<WechatOperation, WechatEvent> {
  const { merchant, platform, book, now } = desk;
  const keyOf = (headers: Readonly<Record<string, string | undefined>>) => platform.keyFor(headers['wechatpay-serial']);
  let answers = 0;
  return {
    name: 'wechat',
    operations: WECHAT_OPERATIONS,
    callbacks,
    receive(request) {
      const stranger = checkAuthorization(request, merchant, now());
      if (stranger !== undefined) return stranger;
      if (keyOf(request.headers) === undefined) {
        return refusal('PARAM_ERROR', 'the Wechatpay-Serial header names no key of this merchant');
      }
      return replyOf(() => readRequest(desk, request)) ?? refusal('RESOURCE_NOT_EXISTS', 'there is no such address');
    },
    refuse: (_operation, why) =>
      refusal(({ decline: 'TRADE_ERROR', '429': 'FREQUENCY_LIMITED', '500': 'SYSTEM_ERROR' } as const)[why]),
    falsify,
    sign(reply, request, badly) {
      const headers = { ...reply.headers, 'request-id': `SIM-${(answers += 1)}` };
      if ('unsigned' in reply) return { ...reply, headers };
      const key = keyOf(request.headers) ?? platform.keyFor(undefined)!;
      return { ...reply, headers: { ...headers, ...platform.signatureOf(reply.body, key, { byStranger: badly }) } };
    },
    act: (act) => book.act(act),
    books: () => ({
      orders: [...book.orders.values()].map((order) => ({
        out_trade_no: order.outTradeNo,
        trade_state: order.state,
        total: order.total,
        code_url: order.code.url,
        scanned: order.scanned,
        transaction_id: order.payment?.transactionId ?? null,
        refunds: order.refunds.map(({ outRefundNo, refundId, refund, status }) => ({
          out_refund_no: outRefundNo,
          refund_id: refundId,
          refund,
          status,
        })),
      })),
    }),
    file(kind, date) {
      if (kind !== 'tradebill' && kind !== 'fundflowbill') return null;
      const content = bill(book, merchant, kind, date);
      return content && { name: `${date}-${kind}.csv`, content };
    },
  };
}

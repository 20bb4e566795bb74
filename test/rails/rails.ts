import { createDecipheriv } from 'node:crypto';
import { alipay } from '@itpay/channel-alipay';
import { bankTransfer } from '@itpay/channel-bank-transfer';
import { promptpay, scb } from '@itpay/channel-promptpay';
import { qris } from '@itpay/channel-qris';
import { wechat } from '@itpay/channel-wechat';
import type { ChannelPlugin } from '@itpay/kernel';
import {
  startAlipaySimulator,
  startScbSimulator,
  startSnapSimulator,
  startWechatSimulator,
  type PendingCallback,
  type RailControl,
  type SnapProfile,
  type WechatMode,
} from '@itpay/simulator';

/** What a simulated rail has written down, about one order of ours or about all. Amounts are in minor units. */
export interface Booked {
  readonly orders: number;
  /** Orders that can still be paid, and holds that can be taken. */
  readonly open: number;
  /** Money that was taken for it. */
  readonly taken: readonly number[];
  /** Money that was given back. */
  readonly givenBack: readonly { readonly reference: string; readonly value: number }[];
}

type Fields = Record<string, any>;
export type Notice = 'payment' | 'hold' | 'refund';

/** What these tests know about a rail that the framework does not. */
export interface RailFacts {
  readonly channel: string;
  readonly currency: string;
  /** The simulator's names of our calls. Left out: the rail has no such call. */
  readonly calls: Readonly<Partial<Record<'authorize' | 'hold' | 'capture' | 'cancel' | 'release' | 'refund', string>>>;
  /** `whole`: once, and the whole amount. `manual`: an operator transfers it. */
  readonly refunds: 'parts' | 'whole' | 'manual';
  /** An order can be closed only once its code was scanned. */
  readonly closesOnceScanned?: true;
  /** @param reference left out: of all orders */
  readonly booked: (books: any, reference?: string) => Booked;
  /** How the rail hears that it was not understood. */
  readonly isNo: (status: number, body: string) => boolean;
  /** The fields of a notification, as whoever signs it writes them. */
  readonly fieldsOf: (callback: PendingCallback, credentials: Fields) => Fields;
  /** What the rail tells us. */
  readonly notices: readonly Notice[];
  /** Fields of notifications of which nothing depends, so that they may be missing. `a.b` is a field of `a`. */
  readonly beside: Readonly<Partial<Record<Notice, readonly string[]>>>;
  /** Headers that come along unsigned, and of which nothing depends. */
  readonly headersBeside: readonly string[];
  /** Its notifications are forms and not JSON. */
  readonly form?: true;
  /** White space between the parts of a notification is not signed. */
  readonly signsCompact?: true;
  /** It signs nothing; a notification makes us ask. */
  readonly unsigned?: true;
  /** Signed by the rail, and not about us or not what was asked for, by what is wrong. */
  readonly wrong: Readonly<Partial<Record<Notice, Readonly<Record<string, Fields>>>>>;
}

/** A simulated rail, and the adapter that is configured for it. Without a simulator, the adapter alone. */
export interface StartedRail {
  readonly plugin: ChannelPlugin;
  readonly control?: RailControl;
  /** What the merchant has, and the adapter made from it. */
  readonly credentials: Readonly<Record<string, unknown>>;
  configure(credentials: Readonly<Record<string, unknown>>): ChannelPlugin;
  /** Says where notifications go, on rails whose orders do not. */
  register?(publicUrl: string): void;
  close(): Promise<void>;
}

type Start = (now: () => Date) => Promise<StartedRail>;

const words = (text: string): readonly string[] => text.split(' ');
const of = (entries: readonly Fields[], field: string, reference: string | undefined): readonly Fields[] =>
  entries.filter((one) => reference === undefined || one[field] === reference);

const isWechatNo = (status: number, body: string) => status >= 400 && JSON.parse(body).code === 'FAIL';
const isAlipayNo = (_: number, body: string) => body === 'failure';
const isScbNo = (_: number, body: string) => JSON.parse(body).resCode !== '00';
const isSnapNo = (status: number, body: string) => status >= 400 && !/"responseCode":"200/.test(body);

const WECHAT: RailFacts = {
  channel: 'wechat',
  currency: 'CNY',
  calls: { authorize: 'native', cancel: 'close', refund: 'refund' },
  refunds: 'parts',
  isNo: isWechatNo,
  fieldsOf({ body }, { apiV3Key }) {
    const { resource, ...envelope } = JSON.parse(body);
    const { nonce, associated_data: about, ciphertext } = resource;
    const bytes = Buffer.from(ciphertext, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', Buffer.from(apiV3Key), Buffer.from(nonce));
    decipher.setAAD(Buffer.from(about)).setAuthTag(bytes.subarray(-16));
    const text = Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString();
    return { ...envelope, resource, ...JSON.parse(text) };
  },
  notices: ['payment', 'refund'],
  beside: {
    // Words for people, facts about the payer and the bank; and what a coupon paid is not the price.
    payment: [
      ...words('create_time summary trade_state_desc bank_type attach payer'),
      ...words('amount.payer_total amount.payer_currency'),
    ],
    // A refund is told by its own amount, and the event says that it has ended.
    refund: [
      ...words('create_time summary user_received_account success_time'),
      ...words('amount.total amount.payer_total amount.payer_refund'),
    ],
  },
  headersBeside: ['wechatpay-signature-type'],
  wrong: {
    payment: {
      'of another merchant': { mchid: '1600000000' },
      'of another app': { appid: 'wx0000000000000000' },
      'of another amount': { amount: { total: 25_001, payer_total: 25_001, currency: 'CNY', payer_currency: 'CNY' } },
      'of a lower amount': { amount: { total: 1, payer_total: 1, currency: 'CNY', payer_currency: 'CNY' } },
      'in another currency': { amount: { total: 25_000, payer_total: 25_000, currency: 'USD', payer_currency: 'USD' } },
      'of an amount as text': {
        amount: { total: '25000', payer_total: 25_000, currency: 'CNY', payer_currency: 'CNY' },
      },
      'of an order that is not paid': { trade_state: 'NOTPAY' },
      'of another kind of payment': { trade_type: 'MICROPAY' },
      'of a refund, by its event': { event_type: 'REFUND.SUCCESS' },
    },
    refund: {
      'of another merchant': { mchid: '1600000000' },
      'of another amount': { amount: { total: 25_000, refund: 9_999, payer_total: 25_000, payer_refund: 9_999 } },
      'of another number': { out_refund_no: 'NOSUCHREFUND' },
      'of no known result': { refund_status: 'PROCESSING' },
      'of a payment, by its event': { event_type: 'TRANSACTION.SUCCESS' },
    },
  },
  booked(books, reference) {
    const orders = of(books.orders, 'out_trade_no', reference);
    return {
      orders: orders.length,
      open: orders.filter((one) => one.trade_state === 'NOTPAY').length,
      taken: orders.filter((one) => one.transaction_id !== null).map(({ total }) => Number(total)),
      givenBack: orders.flatMap(({ refunds }) =>
        refunds.map((one: any) => ({ reference: one.out_refund_no, value: Number(one.refund) })),
      ),
    };
  },
};

/** Facts about the payer, and what discounts and invoices make of the price. */
const ALIPAY_PAYER = [
  ...words('auth_app_id subject buyer_id buyer_logon_id'),
  ...words('receipt_amount buyer_pay_amount invoice_amount point_amount fund_bill_list'),
];

const ALIPAY: RailFacts = {
  channel: 'alipay',
  currency: 'CNY',
  calls: {
    authorize: 'precreate',
    hold: 'voucher_create',
    capture: 'pay',
    cancel: 'close',
    release: 'unfreeze',
    refund: 'refund',
  },
  refunds: 'parts',
  closesOnceScanned: true,
  isNo: isAlipayNo,
  fieldsOf({ body }) {
    const { sign: _, sign_type: __, ...fields } = Object.fromEntries(new URLSearchParams(body));
    return fields;
  },
  notices: ['payment', 'hold', 'refund'],
  form: true,
  beside: {
    payment: [...ALIPAY_PAYER, 'gmt_create'],
    // Of the two ways to name the payee, one is enough.
    hold: [
      ...words('auth_app_id operation_id gmt_create payer_user_id payer_logon_id payee_logon_id'),
      ...words('total_freeze_amount rest_amount total_pay_amount'),
    ],
    refund: [...ALIPAY_PAYER, 'gmt_create', 'gmt_payment'],
  },
  headersBeside: [],
  wrong: {
    payment: {
      'of another seller': { seller_id: '2088000000000000' },
      'of another app': { app_id: '2021000000000000' },
      'of another amount': { total_amount: '250.01' },
      'of a lower amount': { total_amount: '0.01' },
      'of an amount with too many decimals': { total_amount: '250.001' },
      'of no known state': { trade_status: 'TRADE_MAYBE' },
    },
    hold: {
      'of another payee': { payee_user_id: '2088000000000000' },
      'of another amount': { amount: '250.01' },
      'of another operation': { operation_type: 'PAY' },
      'of no known state': { status: 'MAYBE' },
    },
    refund: {
      'of another seller': { seller_id: '2088000000000000' },
      'of a lower amount': { refund_fee: '0.01' },
      'of another number': { out_biz_no: 'NOSUCHREFUND' },
    },
  },
  booked({ trades, holds }, reference) {
    const own = of(trades, 'out_trade_no', reference);
    const held = of(holds, 'out_order_no', reference);
    const open = [
      ...own.filter((one) => !one.paid && one.state !== 'TRADE_CLOSED'),
      ...held.filter(({ state }) => state === 'INIT' || state === 'AUTHORIZED'),
    ];
    return {
      // The trade that a capture makes belongs to its hold.
      orders: own.filter((one) => one.auth_no === null).length + held.length,
      open: open.length,
      taken: own.filter((one) => one.paid).map(({ total }) => Number(total)),
      givenBack: own.flatMap(({ refunds }) =>
        refunds.map((one: any) => ({ reference: one.out_request_no, value: Number(one.amount) })),
      ),
    };
  },
};

const SCB: RailFacts = {
  channel: 'promptpay',
  currency: 'THB',
  calls: { authorize: 'create' },
  refunds: 'manual',
  isNo: isScbNo,
  fieldsOf: ({ body }) => JSON.parse(body),
  notices: ['payment'],
  unsigned: true,
  // The bank is asked; its answer says the rest.
  beside: {
    payment: [
      ...words('payeeProxyType payeeAccountNumber payeeName sendingBankCode receivingBankCode'),
      ...words('payerProxyId payerProxyType payerAccountNumber payerName'),
      ...words('billPaymentRef2 channelCode transactionType'),
    ],
  },
  headersBeside: [],
  wrong: {
    payment: {
      'of another biller': { payeeProxyId: '099999999999999' },
      'of another amount': { amount: '250.01' },
      'in another currency': { currencyCode: '840' },
      'of another order': { billPaymentRef1: 'ANOTHERORDER' },
      'of a payment that is not there': { transactionId: '00000000000000000000' },
      'for another partner': { billPaymentRef3: 'ELSEWHERE' },
      'of a day long ago': { transactionDateandTime: '2024-06-01T10:00:00.000+07:00' },
      'of another day': { transactionDateandTime: '2024-12-30T10:00:00.000+07:00' },
    },
  },
  booked({ codes, payments }, reference) {
    const orders = of(codes, 'ref1', reference);
    const taken = of(payments, 'ref1', reference).map(({ satang }) => Number(satang));
    // A code of a bank never ends.
    return { orders: orders.length, open: orders.length, taken, givenBack: [] };
  },
};

const SNAP: RailFacts = {
  channel: 'qris',
  currency: 'IDR',
  calls: { authorize: 'generate', cancel: 'cancel', refund: 'refund' },
  refunds: 'whole',
  isNo: isSnapNo,
  fieldsOf: ({ body }) => JSON.parse(body),
  notices: ['payment'],
  beside: {
    payment: [
      ...words('transactionStatusDesc customerNumber createdTime'),
      // The key proves the merchant, and without a time of payment it is that of the notification.
      ...words('merchantId finishedTime additionalInfo'),
    ],
  },
  signsCompact: true,
  // X-EXTERNAL-ID and its like are not part of what SNAP signs.
  headersBeside: ['x-partner-id', 'x-external-id', 'channel-id'],
  wrong: {
    payment: {
      'of another merchant': { merchantId: '000000000000000' },
      'of another amount': { amount: { value: '250.01', currency: 'IDR' } },
      'of a lower amount': { amount: { value: '1.00', currency: 'IDR' } },
      'in another currency': { amount: { value: '250.00', currency: 'USD' } },
      'of an amount with too many decimals': { amount: { value: '250.001', currency: 'IDR' } },
      'of no known state': { latestTransactionStatus: '99' },
    },
  },
  booked(books, reference) {
    const orders = of(books.orders, 'partnerReferenceNo', reference);
    const paid = orders.filter(({ status }) => status === '00' || status === '04');
    return {
      orders: orders.length,
      open: orders.filter(({ status }) => status === '01').length,
      taken: paid.map(({ rupiah }) => Number(rupiah) * 100),
      givenBack: orders.flatMap(({ refunds }) =>
        refunds.map((one: any) => ({ reference: one.partnerRefundNo, value: Number(one.rupiah) * 100 })),
      ),
    };
  },
};

const startWechat =
  (mode: WechatMode): Start =>
  async (now) => {
    const { url, credentials, control, close } = await startWechatSimulator({ mode, now });
    const configure = (own: Fields) => wechat({ test: { baseUrl: url, ...(own as typeof credentials) }, now });
    return { plugin: configure(credentials), control, credentials: { ...credentials }, configure, close };
  };

const startAlipay =
  (mode: 'key' | 'certificate'): Start =>
  async (now) => {
    const { credentials, control, close } = await startAlipaySimulator({ mode, now });
    const configure = (own: Fields) => alipay({ test: { ...(own as typeof credentials), holds: true }, now });
    return { plugin: configure(credentials), control, credentials: { ...credentials }, configure, close };
  };

const startScb: Start = async (now) => {
  const { url, credentials, control, registerCallback, close } = await startScbSimulator({ now });
  const configure = (own: Fields) =>
    promptpay({ provider: scb({ test: { ...(own as typeof credentials), baseUrl: url }, now }) });
  const plugin = configure(credentials);
  const [channel] = plugin.channels;
  // The bank knows one address for all orders; a partner registers it when the first order has told it.
  const { authorize } = channel!;
  Object.assign(channel!, {
    authorize: (...[request, context]: Parameters<NonNullable<typeof authorize>>) => {
      registerCallback(request.notifyUrl);
      return authorize!(request, context);
    },
  });
  return { plugin, control, credentials: { ...credentials }, configure, close };
};

const NOTIFY_PATHS: Readonly<Record<SnapProfile, string>> = {
  aspi: '/v1.0/qr/qr-mpm-notify',
  doku: '/v1.0/qr/qr-mpm-notify',
  midtrans: '/v1.0/qr/qr-mpm-notify',
  dana: '/v1.0/debit/notify',
};

const startSnap =
  (profile: SnapProfile): Start =>
  async (now) => {
    const simulator = await startSnapSimulator({ profile, now });
    const { url: baseUrl, credentials, control, close } = simulator;
    const configure = (own: Fields) => qris({ test: { ...(own as typeof credentials), baseUrl }, now });
    return {
      plugin: configure(credentials),
      control,
      credentials: { ...credentials },
      configure,
      register: (publicUrl) => simulator.registerNotifyUrl(publicUrl + NOTIFY_PATHS[profile]),
      close,
    };
  };

const startAlone =
  (plugin: () => ChannelPlugin): Start =>
  async () => ({ plugin: plugin(), credentials: {}, configure: plugin, close: async () => {} });

const WITHOUT_SIMULATOR = {
  calls: {},
  refunds: 'manual',
  isNo: () => false,
  fieldsOf: () => ({}),
  notices: [],
  beside: {},
  headersBeside: [],
  wrong: {},
  booked: () => ({ orders: 0, open: 0, taken: [], givenBack: [] }),
} as const satisfies Partial<RailFacts>;

/** Every rail, in each of the ways in which it proves itself. */
export const RAILS = {
  'wechat with a public key': { facts: WECHAT, start: startWechat('public_key') },
  'wechat with certificates': { facts: WECHAT, start: startWechat('certificate') },
  'alipay with keys': { facts: ALIPAY, start: startAlipay('key') },
  'alipay with certificates': { facts: ALIPAY, start: startAlipay('certificate') },
  'promptpay at SCB': { facts: SCB, start: startScb },
  /** SNAP with a secret both ways. */
  'qris over DOKU': { facts: SNAP, start: startSnap('doku') },
  /** SNAP with keys both ways. */
  'qris over DANA': { facts: SNAP, start: startSnap('dana') },
  /** SNAP with a secret one way and a key the other, and with refunds in parts. */
  'qris by the standard': { facts: { ...SNAP, refunds: 'parts' }, start: startSnap('aspi') },
  /** The one acquirer that names an end to refunds. */
  'qris over Midtrans': { facts: SNAP, start: startSnap('midtrans') },
  'promptpay alone': {
    facts: { ...WITHOUT_SIMULATOR, channel: 'promptpay', currency: 'THB' },
    start: startAlone(() => promptpay()),
  },
  'bank transfer': {
    facts: { ...WITHOUT_SIMULATOR, channel: 'bank_transfer', currency: 'EUR' },
    start: startAlone(() => bankTransfer()),
  },
} as const satisfies Record<string, { readonly facts: RailFacts; readonly start: Start }>;

export type RailName = keyof typeof RAILS;

// What goes over the wire, in the words of the manual. (https://pay.weixin.qq.com/doc/v3/merchant/4012791874, Native pay)

/** Live payments. The second is for the time when the first is not reachable; both know the same orders. */
export const HOSTS = ['https://api.mch.weixin.qq.com', 'https://api2.mch.weixin.qq.com'] as const;

export const SIGNATURE_TYPE = 'WECHATPAY2-SHA256-RSA2048';
/** What `Wechatpay-Serial` begins with when it names a public key; otherwise it is the serial number of a certificate. */
export const PUBLIC_KEY_PREFIX = 'PUB_KEY_ID_';
/** Signatures with which WeChat tests whether we look at them. They have to fail. */
export const PROBE_PREFIX = 'WECHATPAY/SIGNTEST/';

export const PATHS = {
  order: '/v3/pay/transactions/native',
  byOrderNumber: (outTradeNo: string) => `/v3/pay/transactions/out-trade-no/${encodeURIComponent(outTradeNo)}`,
  refunds: '/v3/refund/domestic/refunds',
  refund: (outRefundNo: string) => `/v3/refund/domestic/refunds/${encodeURIComponent(outRefundNo)}`,
  certificates: '/v3/certificates',
  tradeBill: '/v3/bill/tradebill',
  fundFlowBill: '/v3/bill/fundflowbill',
} as const;

/** In bytes of UTF-8. */
export const MAX_DESCRIPTION = 127;
export const MAX_REASON = 80;
export const MAX_NOTIFY_URL = 255;

/** The body of a Native order. */
export interface WireOrder {
  readonly appid: string;
  readonly mchid: string;
  readonly description: string;
  readonly out_trade_no: string;
  /** RFC 3339 with the offset of China. What really ends the order; the code itself ends after two hours. */
  readonly time_expire: string;
  readonly notify_url: string;
  /** In fen. */
  readonly amount: { readonly total: number; readonly currency: 'CNY' };
}

export interface WireRefund {
  readonly transaction_id: string;
  readonly out_refund_no: string;
  readonly reason?: string;
  readonly notify_url?: string;
  /** In fen; `total` is that of the order. */
  readonly amount: { readonly refund: number; readonly total: number; readonly currency: 'CNY' };
}

/** Wallets read this text from the code. */
export const CODE_URL = /^weixin:\/\/wxpay\/[\x21-\x7e]+$/;

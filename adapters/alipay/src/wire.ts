/** The methods of the gateway that are spoken here. (https://docs.open.alipay.com/api_1, and api_28 for holds) */
export type MethodName =
  | 'alipay.trade.precreate'
  | 'alipay.trade.query'
  | 'alipay.trade.close'
  | 'alipay.trade.pay'
  | 'alipay.trade.refund'
  | 'alipay.trade.fastpay.refund.query'
  | 'alipay.fund.auth.order.voucher.create'
  | 'alipay.fund.auth.operation.detail.query'
  | 'alipay.fund.auth.operation.cancel'
  | 'alipay.fund.auth.order.unfreeze';

export const PRODUCTION_GATEWAY = 'https://openapi.alipay.com/gateway.do';
export const SANDBOX_GATEWAY = 'https://openapi-sandbox.dl.alipaydev.com/gateway.do';

/** An order that is paid at once. Amounts are yuan with two decimals, times are those of China. */
export interface PrecreateContent {
  readonly out_trade_no: string;
  readonly total_amount: string;
  readonly subject: string;
  readonly seller_id: string;
  /** The code and the trade end at this moment. */
  readonly time_expire: string;
}

/** An order that asks for a hold. */
export interface VoucherContent {
  readonly out_order_no: string;
  readonly out_request_no: string;
  readonly order_title: string;
  readonly amount: string;
  readonly payee_user_id?: string;
  readonly payee_logon_id?: string;
  readonly product_code: typeof HOLD_PRODUCT;
  /** `15m`: 1 minute to 15 days. */
  readonly pay_timeout: string;
  /** JSON text. */
  readonly extra_param?: string;
}

/** A capture. */
export interface TradePayContent {
  readonly out_trade_no: string;
  readonly auth_no: string;
  readonly total_amount: string;
  readonly subject: string;
  readonly seller_id: string;
  readonly product_code: typeof HOLD_PRODUCT;
  /** Takes the amount and releases the rest. */
  readonly auth_confirm_mode: 'COMPLETE';
}

export interface UnfreezeContent {
  readonly auth_no: string;
  readonly out_request_no: string;
  readonly amount: string;
  readonly remark: string;
}

export interface RefundContent {
  readonly out_trade_no: string;
  readonly trade_no?: string;
  readonly refund_amount: string;
  /** Our number of the refund: a repeated request with the same moves nothing twice. */
  readonly out_request_no: string;
  readonly refund_reason: string;
}

export const HOLD_PRODUCT = 'PRE_AUTH';

export { fetchBill, type BillKind, type FetchBillOptions } from './bill-download.js';
export { wechat } from './channel.js';
export type { WechatMerchant, WechatOptions, WechatTestMerchant } from './config.js';
export { parseFundFlowBill, parseTradeBill } from './statement.js';

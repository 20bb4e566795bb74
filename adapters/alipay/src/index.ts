export { alipay } from './channel.js';
export type { AlipayAccount, AlipayOptions, AlipayTestAccount } from './config.js';

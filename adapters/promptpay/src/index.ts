export { promptpay } from './channel.js';
export type { PromptPayOptions } from './config.js';
export { formatTarget, type Proxy, type ProxyType } from './mapping.js';
export { parsePromptPay, type PromptPayCode, type PromptPayReading } from './parse.js';
export { presentPromptPay, type PromptPayRequest } from './payload.js';

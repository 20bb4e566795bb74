export { simulator } from './plugin.js';
export { promptpayPayer } from './promptpay/payer.js';

export { pix } from './channel.js';
export type { PixOptions } from './config.js';
export { pixPayer } from './payer.js';

export { loyalty, type LoyaltyOptions } from './plugin.js';
export type { LoyaltyApi } from './api.js';
export type { LoyaltyEntry } from './entry.js';

export { qris } from './channel.js';
export type { QrisOptions, SnapMerchant, SnapTestMerchant, StatementReader } from './config.js';
export { ACQUIRERS, type AcquirerName, type AcquirerProfile } from './profile.js';
export { readQris, type QrisAccount, type QrisCode, type QrisReading, type QrisTip } from './read.js';
export { toDynamic, writeQris, type QrisRequest, type ToDynamicOptions } from './write.js';

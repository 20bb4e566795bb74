export { bankTransfer } from './channel.js';
export {
  parseDuitNow,
  presentDuitNow,
  type DuitNowCode,
  type DuitNowReading,
  type DuitNowTransfer,
} from './codes/duitnow.js';
export type { CommonFields, ReadOptions } from './codes/emvco-profile.js';
export {
  parseEpc,
  presentEpc,
  type EpcCharacterSet,
  type EpcCode,
  type EpcOptions,
  type EpcReading,
  type EpcTransfer,
} from './codes/epc.js';
export {
  parsePayNow,
  presentPayNow,
  type PayNowCode,
  type PayNowProxy,
  type PayNowReading,
  type PayNowTransfer,
} from './codes/paynow.js';
export {
  parseVietQr,
  presentVietQr,
  type VietQrCode,
  type VietQrReading,
  type VietQrTransfer,
} from './codes/vietqr.js';
export type {
  BankTransferOptions,
  DuitNowAccount,
  OtherAccount,
  PayNowAccount,
  ReceivingAccount,
  SepaAccount,
  StatementOptions,
  VietQrAccount,
} from './config.js';
export { formatIban, readIban } from './iban.js';
export { orderNumberOf, withOrderNumbers } from './references/order-number.js';
export { findRf, formatRf, readRf, rfReferences, writeRf } from './references/rf.js';
export type { ReferenceScheme } from './references/scheme.js';
export {
  refundFile,
  type Debtor,
  type RefundFile,
  type RefundFileVersion,
  type RefundTransfer,
} from './refund-file.js';
export { parseCamt } from './statement/camt/camt-rows.js';
export type { ReadCamtOptions } from './statement/camt/read-camt.js';
export type { CsvAmount, CsvProfile } from './statement/csv/csv-profile.js';
export { parseCsv, type ParseCsvOptions } from './statement/csv/csv-rows.js';
export { detectFormat, type StatementFormat } from './statement/detect-format.js';
export { parseMt940, type ParseMt940Options } from './statement/mt940/mt940-rows.js';
export type { ReadMt940Options } from './statement/mt940/read-mt940.js';
export { parseStatement, type ParseStatementOptions } from './statement/parse-statement.js';
export type { StatementSource } from './statement/source.js';
export type { StatementEncoding } from './statement/text-lines.js';

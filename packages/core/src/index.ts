export * from './canonical-json.js';
export * from './currency.js';
export * from './define-machine.js';
export * from './error-codes.js';
export * from './error-definition.js';
export * from './error.js';
export * from './event.js';
export * from './id.js';
export * from './machine.js';
export * from './money.js';

export { crc16 } from './emvco/crc.js';
export { readEmvco, type EmvcoMode, type EmvcoReading } from './emvco/read.js';
export { fieldAt, readTlv, type TlvField } from './emvco/tlv.js';
export { writeEmvco, writeTlv, type EmvcoInput } from './emvco/write.js';

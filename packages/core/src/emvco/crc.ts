const POLYNOMIAL = 0x1021;

/**
 * CRC-16/CCITT-FALSE of the UTF-8 bytes, as four upper-case hex digits: what field 63 of an EMVCo payload holds.
 *
 * Start FFFF, not reflected, no final xor; "123456789" gives 29B1. It finds slips of a camera, not forgeries.
 */
export function crc16(text: string): string {
  let crc = 0xffff;
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc & 0x8000 ? (crc << 1) ^ POLYNOMIAL : crc << 1) & 0xffff;
    }
  }
  return crc.toString(16).toUpperCase().padStart(4, '0');
}

import { crc16 } from './crc.js';
import { flawOf, isTemplate, isUnreserved } from './rules.js';
import { fieldAt, scanTlv, type LengthUnit, type TlvField } from './tlv.js';

/** `strict` is what a generator must produce; `tolerant` also reads what real issuers print. */
export type EmvcoMode = 'strict' | 'tolerant';

/** A payload as fields in their order, or the first reason against it as a sentence. */
export type EmvcoReading =
  | {
      readonly ok: true;
      readonly fields: readonly TlvField[];
      /** What tolerant mode had to overlook, as clauses; empty for a payload that strict mode takes. */
      readonly repaired: readonly string[];
    }
  | {
      readonly ok: false;
      readonly reason: string;
      /** What was read before the reason turned up. Only with a right checksum. */
      readonly fields?: readonly TlvField[];
    };

// The limit of the standard for a whole code. Hostile input stops here.
const MAX_LENGTH = 512;

/**
 * Reads an EMVCo merchant-presented code. A wrong checksum is refused in every mode, and before anything else is read.
 * It proves nothing about the sender: anyone can make a valid code.
 *
 * @param payload the text of the QR code, untrusted
 * @see https://www.emvco.com/emv-technologies/qr-codes/ (Merchant-Presented Mode 1.1)
 */
export function readEmvco(payload: string, options: { mode?: EmvcoMode } = {}): EmvcoReading {
  const refusal = refusalUnread(payload);
  if (refusal) return { ok: false, reason: refusal };

  const tolerant = options.mode === 'tolerant';
  const reading = readFields(payload, 'characters', tolerant);
  if (reading.ok || !tolerant) return reading;

  const byBytes = readFields(payload, 'bytes', tolerant);
  return byBytes.ok ? { ...byBytes, repaired: ['lengths count bytes', ...byBytes.repaired] } : reading;
}

function refusalUnread(payload: string): string | null {
  // The first comparison is cheap, and no text of 512 characters has more than 1024 UTF-16 units.
  if (payload.length > 2 * MAX_LENGTH || [...payload].length > MAX_LENGTH) {
    return `The payload is longer than ${MAX_LENGTH} characters.`;
  }
  if (/\p{Surrogate}/u.test(payload)) return 'The payload is not well-formed Unicode.';

  const [, checksum] = /6304([0-9A-Fa-f]{4})$/.exec(payload) ?? [];
  if (!checksum) return 'The payload does not end with a checksum, which is field 63 with four hex digits.';
  if (crc16(payload.slice(0, -4)) !== checksum.toUpperCase()) return 'The checksum is wrong.';
  return null;
}

function readFields(payload: string, unit: LengthUnit, tolerant: boolean): EmvcoReading {
  const root = scanTlv(payload, unit);
  if (!root.ok) return root;

  const fields: TlvField[] = [];
  const repaired: string[] = [];
  for (const field of root.fields) {
    const inner = isTemplate(field.tag) ? scanTlv(field.value, unit) : null;
    if (inner === null) {
      fields.push(field);
    } else if (tolerant && isUnreserved(field.tag) && !(inner.ok && fieldAt(inner.fields, '00') !== undefined)) {
      // TrueMoney puts a message in 81, DuitNow a hash in 82, neither as a template.
      repaired.push(`field ${field.tag} holds text instead of a template`);
      fields.push(field);
    } else if (!inner.ok) {
      return { ok: false, reason: `Template ${field.tag}: ${inner.reason}`, fields: root.fields };
    } else {
      fields.push({ ...field, children: inner.fields.map((child) => withOwnChildren(field.tag, child, unit)) });
    }
  }

  const flaw = flawOf(fields, tolerant);
  if (flaw) return { ok: false, reason: flaw, fields };
  if (fieldAt(fields, '54')?.endsWith('.')) repaired.push('the amount ends with a point');
  return { ok: true, fields, repaired };
}

// 62.50 to 62.99 belong to payment systems, as templates. What they hold is for the system to judge, so text is fine.
function withOwnChildren(parent: string, field: TlvField, unit: LengthUnit): TlvField {
  if (parent !== '62' || Number(field.tag) < 50) return field;
  const inner = scanTlv(field.value, unit);
  return inner.ok ? { ...field, children: inner.fields } : field;
}

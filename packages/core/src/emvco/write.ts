import { ItPayError } from '../error.js';
import { crc16 } from './crc.js';
import { readEmvco } from './read.js';

/** A field to write: its tag, and text or the fields of a template. */
export type EmvcoInput = readonly [tag: string, value: string | readonly EmvcoInput[]];

/**
 * The payload of a merchant-presented code, in the order given and with its checksum in field 63.
 *
 * Every payload is read back in strict mode, so that no code is shown which a strict wallet refuses.
 *
 * @throws ItPayError `PARAMETER_INVALID` naming the field that cannot be written, or the rule that the whole breaks
 */
export function writeEmvco(fields: readonly EmvcoInput[]): string {
  if (fields.some(([tag]) => tag === '63')) throw unwritable('63', 'is the checksum, which the writer adds itself');

  const unchecked = `${writeTlv(fields)}6304`;
  const payload = unchecked + crc16(unchecked);

  const reading = readEmvco(payload, { mode: 'strict' });
  if (!reading.ok) throw new ItPayError('PARAMETER_INVALID', { message: reading.reason });
  return payload;
}

/**
 * Fields one after the other, without a checksum and without the rules for a whole payload; the way back from
 * `readTlv`.
 *
 * @throws ItPayError `PARAMETER_INVALID` naming the field that cannot be written
 */
export function writeTlv(fields: readonly EmvcoInput[]): string {
  return writeFields(fields, '');
}

function writeFields(fields: readonly EmvcoInput[], parent: string): string {
  return fields.map(([tag, value]) => writeField(tag, value, parent)).join('');
}

function writeField(tag: string, value: string | readonly EmvcoInput[], parent: string): string {
  const path = parent + tag;
  if (!/^[0-9]{2}$/.test(tag)) throw unwritable(path, 'does not have a tag of two digits');

  const text = typeof value === 'string' ? value : writeFields(value, `${path}.`);
  if (/\p{Surrogate}/u.test(text)) throw unwritable(path, 'is not well-formed Unicode');

  const length = [...text].length; // code points, as readers count them
  if (length === 0) throw unwritable(path, 'is empty; leave it out instead');
  if (length > 99) throw unwritable(path, `has ${length} characters; the limit is 99`);
  return tag + String(length).padStart(2, '0') + text;
}

function unwritable(path: string, problem: string): ItPayError {
  return new ItPayError('PARAMETER_INVALID', {
    message: `EMVCo field ${path} ${problem}.`,
    details: { field: path },
  });
}

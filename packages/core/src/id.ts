/**
 * The prefix of each object's ids. Ids read `<prefix>_` + a UUIDv7 as 26 lower-case Crockford base32 characters, so
 * that they sort by time of creation and say what they name.
 */
export const ID_PREFIXES = {
  account: 'm',
  payment_intent: 'pi',
  qr_charge: 'qr',
  inflow: 'inf',
  operation: 'op',
  notification: 'ntf',
  refund: 'ref',
  void: 'void',
  ledger_entry: 'led',
  event: 'evt',
  api_key: 'key',
  audit_entry: 'aud',
  webhook_endpoint: 'we',
  delivery_attempt: 'att',
  statement: 'stm',
  statement_row: 'row',
  reconciliation: 'rec',
  reconciliation_exception: 'exc',
  report: 'rpt',
  refund_file: 'rff',
  request: 'req',
  job: 'job',
  // Payers and payees. They are named in requests; nothing here makes one.
  agent: 'agent',
  human: 'human',
} as const;

export type IdPrefix = (typeof ID_PREFIXES)[keyof typeof ID_PREFIXES];

// Crockford's alphabet leaves out i, l, o and u, which people misread. (https://www.crockford.com/base32.html)
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

// 26 characters hold 130 bits. The first may only use three of its five, or the value would not fit a UUID.
const BODY = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;

/**
 * The id of an object. Made from bytes that the caller provides, because ids come from a service, not from here.
 *
 * @param prefix one of `ID_PREFIXES`, or a plugin's own
 * @param uuid 16 bytes
 * @throws TypeError when either is malformed, which only a bug can cause
 */
export function encodeId(prefix: IdPrefix | (string & {}), uuid: Uint8Array): string {
  if (!/^[a-z]+$/.test(prefix)) throw new TypeError(`An id prefix is lower-case letters, not "${prefix}".`);
  if (uuid.length !== 16) throw new TypeError(`A UUID has 16 bytes, not ${uuid.length}.`);

  let body = '';
  let pending = 0;
  let pendingBits = 2; // two leading zero bits bring 128 to 26 × 5
  for (const byte of uuid) {
    pending = (pending << 8) | byte;
    pendingBits += 8;
    while (pendingBits >= 5) {
      pendingBits -= 5;
      body += ALPHABET[(pending >> pendingBits) & 31];
    }
    pending &= (1 << pendingBits) - 1;
  }
  return `${prefix}_${body}`;
}

/** Whether `text` is a well-formed id with this prefix. Says nothing about the object's existence. */
export function isId(prefix: IdPrefix | (string & {}), text: string): boolean {
  return text.startsWith(`${prefix}_`) && BODY.test(text.slice(prefix.length + 1));
}

/**
 * The 16 bytes behind an id of any prefix; the way back from `encodeId`.
 *
 * @throws TypeError when the id is malformed: check what comes from outside with `isId` first
 */
export function uuidOf(id: string): Uint8Array {
  const body = id.slice(id.indexOf('_') + 1);
  if (!BODY.test(body) || !id.includes('_')) throw new TypeError(`"${id}" is not an id.`);

  const uuid = new Uint8Array(16);
  let length = 0;
  let pending = 0;
  let pendingBits = -2; // the two leading zero bits
  for (const character of body) {
    pending = (pending << 5) | ALPHABET.indexOf(character);
    pendingBits += 5;
    if (pendingBits >= 8) {
      pendingBits -= 8;
      uuid[length++] = pending >> pendingBits;
      pending &= (1 << pendingBits) - 1;
    }
  }
  return uuid;
}

/** What field 86 tells of a line, in whichever of the ways that banks write it. */
export interface Mt940Info {
  /** What a reference is searched in. */
  readonly text: string;
  /** The number that the sender gave the transfer. */
  readonly endToEndId?: string;
  readonly name?: string;
  readonly account?: string;
  /** The business transaction code of German banks, three digits. */
  readonly code?: string;
  readonly returnReason?: string;
}

/** @param fields each `:86:` of a line, its lines divided by line feeds */
export function readInfo(fields: readonly string[]): Mt940Info {
  const [first] = fields;
  const joined = fields.map((field) => field.replaceAll('\n', '')).join('');
  const [, code, separator] = /^\s?([0-9]{3})([^A-Za-z0-9\s])(?=[0-9]{2})/.exec(joined) ?? [];
  if (code !== undefined) return subfields(joined.slice(joined.indexOf(code) + 3), separator!, code);
  if (first !== undefined && CODEWORD.test(first)) return codewords(fields.join('\n'), joined);
  return { text: fields.join('\n') };
}

/**
 * German banks: `?20` to `?29` and `?60` to `?63` hold the remittance, cut into pieces of 27 characters wherever that is.
 */
function subfields(joined: string, separator: string, code: string): Mt940Info {
  const parts = joined.split(new RegExp(`\\${separator}([0-9]{2})`));
  const values = new Map<string, string>();
  for (let at = 1; at < parts.length; at += 2) values.set(parts[at]!, (values.get(parts[at]!) ?? '') + parts[at + 1]!);
  const join = (...names: readonly string[]) => names.map((name) => values.get(name) ?? '').join('');

  const remittance = join(...range(20, 29), ...range(60, 63));
  const tags = sepaTags(remittance);
  const endToEndId = tags.get('EREF');
  const name = join('32', '33').trim() || tags.get('ABWA');
  const account = (values.get('38') ?? values.get('31'))?.replace(/\s/g, '');
  return {
    text: [remittance, values.get('00')].filter(Boolean).join('\n'),
    code,
    ...(endToEndId && { endToEndId }),
    ...(name && { name }),
    ...(account && { account }),
  };
}

const SEPA_TAG = /(EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|IBAN|BIC|PURP)\+/;

/** `EREF+…KREF+…SVWZ+…` within the remittance. */
function sepaTags(remittance: string): ReadonlyMap<string, string> {
  const parts = remittance.split(new RegExp(SEPA_TAG, 'g'));
  const tags = new Map<string, string>();
  for (let at = 1; at < parts.length; at += 2) tags.set(parts[at]!, parts[at + 1]!.trim());
  return tags;
}

const CODEWORD = /^\/(?:TRTP|TRCD|EREF|PREF|MARF|CSID|CNTP|ORDP|BENM|REMI|RTRN|NAME|IBAN|BIC|ISDT|PURP|ULTD|ULTB)\//;
const CODEWORDS = /\/(TRTP|TRCD|EREF|PREF|MARF|CSID|CNTP|ORDP|BENM|REMI|RTRN|NAME|IBAN|BIC|ISDT|PURP|ULTD|ULTB)\//;

/** Dutch banks: `/EREF/…/NAME/…/REMI/…`, or the party in one, `/CNTP/account/bic/name/city/`. */
function codewords(text: string, joined: string): Mt940Info {
  const parts = joined.split(new RegExp(CODEWORDS, 'g'));
  const values = new Map<string, string>();
  for (let at = 1; at < parts.length; at += 2) {
    if (!values.has(parts[at]!)) values.set(parts[at]!, parts[at + 1]!.trim());
  }
  const [partyAccount, , partyName] = (values.get('CNTP') ?? '').split('/');
  const clean = (value: string | undefined) => value?.replace(/\/+$/, '').trim();
  const endToEndId = clean(values.get('EREF'));
  const name = clean(values.get('NAME')) || partyName;
  const account = clean(values.get('IBAN')) || partyAccount;
  const returnReason = clean(values.get('RTRN'))?.split('/')[0];
  return {
    text,
    ...(endToEndId && { endToEndId }),
    ...(name && { name }),
    ...(account && { account }),
    ...(returnReason && { returnReason }),
  };
}

function range(from: number, to: number): readonly string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => String(from + index));
}

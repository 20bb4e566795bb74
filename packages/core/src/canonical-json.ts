/**
 * JSON in the one form that equal values share, for hashing and comparing requests. (RFC 8785)
 *
 * Follows JSON.stringify in what it leaves out: members that are undefined go, array items that are undefined become
 * null, `toJSON` is asked.
 *
 * @throws TypeError for what has no canonical form: NaN, infinities, bigint, functions, symbols, lone surrogates, and
 *   undefined itself
 */
export function canonicalJson(value: unknown): string {
  const text = serialize(value);
  if (text === undefined) throw new TypeError('undefined has no JSON form.');
  return text;
}

function serialize(value: unknown): string | undefined {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'undefined':
      return undefined;
    case 'boolean':
      return String(value);
    case 'number':
      return serializeNumber(value);
    case 'string':
      return serializeString(value);
    case 'object':
      return serializeObject(value);
    default:
      throw new TypeError(`A ${typeof value} has no JSON form.`);
  }
}

function serializeObject(value: object): string | undefined {
  if ('toJSON' in value && typeof value.toJSON === 'function') return serialize(value.toJSON());
  if (Array.isArray(value)) return `[${Array.from(value, (item) => serialize(item) ?? 'null').join(',')}]`;

  const members: string[] = [];
  // The default order is by UTF-16 code units, which is the one the RFC asks for.
  for (const key of Object.keys(value).toSorted()) {
    const member = serialize((value as Record<string, unknown>)[key]);
    if (member !== undefined) members.push(`${serializeString(key)}:${member}`);
  }
  return `{${members.join(',')}}`;
}

// The RFC took over the number and string forms of ECMAScript, so JSON.stringify has them right already.
function serializeNumber(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`${value} has no JSON form.`);
  return JSON.stringify(value);
}

function serializeString(value: string): string {
  if (/\p{Surrogate}/u.test(value)) throw new TypeError('A string with a lone surrogate has no canonical form.');
  return JSON.stringify(value);
}

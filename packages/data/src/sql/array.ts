/**
 * Reads an array in PostgreSQL's text form: `{a,"b \"c\"",NULL}`, nested or not.
 *
 * @see https://www.postgresql.org/docs/15/arrays.html#ARRAYS-IO
 */
export function parseArray<T>(text: string, element: (value: string) => T): unknown[] {
  let at = text.indexOf('{'); // bounds may come first: `[0:1]={a,b}`

  const readArray = (): unknown[] => {
    const items: unknown[] = [];
    at += 1;
    while (text[at] !== '}') {
      if (text[at] === ',') at += 1;
      items.push(text[at] === '{' ? readArray() : text[at] === '"' ? element(readQuoted()) : readBare());
      if (at >= text.length) throw new TypeError('An array from the database ended early.');
    }
    at += 1;
    return items;
  };

  const readQuoted = (): string => {
    let value = '';
    for (at += 1; text[at] !== '"'; at += 1) {
      if (at >= text.length) throw new TypeError('An array from the database ended early.');
      if (text[at] === '\\') at += 1;
      value += text[at];
    }
    at += 1;
    return value;
  };

  const readBare = (): T | null => {
    const start = at;
    while (at < text.length && text[at] !== ',' && text[at] !== '}') at += 1;
    const value = text.slice(start, at);
    return value === 'NULL' ? null : element(value);
  };

  return text === '{}' ? [] : readArray();
}

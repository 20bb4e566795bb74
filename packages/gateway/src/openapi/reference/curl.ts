import type { Call } from './operation.js';

/** The request as a command line. What the reader has to fill in stands in capitals. */
export function curlFor({ method, path, operation }: Call, base: string): string {
  const url = base + path.replaceAll(/\{(\w+)\}/g, (_, name: string) => name.toUpperCase());
  const body = operation.requestBody?.content['application/json']?.example;
  const headers = operation.parameters.filter((parameter) => parameter.in === 'header' && parameter.required);
  const parts = [
    ...(method === 'GET' ? [] : [`-X ${method}`]),
    ...(operation.security.length === 0 ? [] : [`-H 'Authorization: Bearer API_KEY'`]),
    ...headers.map(({ name }) => `-H '${name}: ${name === 'Idempotency-Key' ? 'A_FRESH_UUID' : 'VALUE'}'`),
    ...(body === undefined
      ? []
      : [`-H 'Content-Type: application/json'`, `-d '${quoted(JSON.stringify(body, null, 2))}'`]),
  ];
  return [`curl ${url}`, ...parts].join(' \\\n  ');
}

// An apostrophe ends the quotes of a shell.
const quoted = (text: string) => text.replaceAll("'", `'\\''`);

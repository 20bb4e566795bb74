import { expect, it } from 'vitest';
import { readFile } from './read-file.js';

function requestWith(body: string, headers: Record<string, string> = {}) {
  const asked: number[] = [];
  return {
    asked,
    method: 'POST',
    url: '/v1/statements',
    headers,
    remoteAddress: null,
    signal: new AbortController().signal,
    rawBody: async (limit: number) => {
      asked.push(limit);
      return Buffer.from(body);
    },
  };
}

it('gives the bytes as they came, of any content type', async () => {
  const request = requestWith('{"not": "read as JSON', { 'content-type': 'application/json' });

  expect(Buffer.from(await readFile(request, { maxBytes: 100 })).toString()).toBe('{"not": "read as JSON');
  expect(request.asked).toEqual([100]);
});

it('refuses a file that announces to be too large before its first byte', async () => {
  const request = requestWith('x', { 'content-length': '101' });

  await expect(readFile(request, { maxBytes: 100 })).rejects.toMatchObject({
    code: 'BODY_TOO_LARGE',
    details: { limit: 100 },
  });
  expect(request.asked).toEqual([]);
});

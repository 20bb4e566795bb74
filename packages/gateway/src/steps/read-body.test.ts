import { expect, it, vi } from 'vitest';
import { request } from '../../test/fakes.js';
import { BODY_LIMIT, readBody } from './read-body.js';

const json = { 'content-type': 'application/json' };
const optional = { required: false };
const required = { required: true };

it.each([
  [{ headers: json, body: '{"a":1}' }, required, { a: 1 }],
  [{ headers: json, body: '{}' }, optional, {}],
  [{ headers: {} }, optional, undefined],
  [{ headers: json }, optional, undefined], //           clients send the header with an empty body, too
  [{ headers: { 'content-type': 'Application/JSON; Charset="UTF-8"' }, body: '{}' }, required, {}],
  [{ headers: json, body: '\ufeff{"a":1}' }, required, { a: 1 }],
  [{ headers: json, body: '{"a":"\\ud83d\\ude00"}' }, required, { a: '😀' }],
  [{ headers: json, body: '{"a":"\\\\u0000"}' }, required, { a: '\\u0000' }], // a backslash and five characters
  [{ headers: json, parsedBody: { a: 1 } }, required, { a: 1 }],
])('reads %j, %j', async (parts, need, body) => {
  expect(await readBody(request(parts), need)).toEqual(body);
});

it.each([
  // body                                                                need       the message says
  [{ headers: { 'content-type': undefined }, body: '{}' }, required, 'Content-Type: application/json'],
  [{ headers: { 'content-type': 'text/plain' }, body: '{}' }, optional, 'Content-Type: application/json'],
  [{ headers: { 'content-type': 'application/json; charset=latin1' }, body: '{}' }, required, 'UTF-8'],
  [{ headers: json }, required, 'empty'],
  [{ headers: json, body: '{"a":1,}' }, required, 'not valid JSON at position 7'],
  [{ headers: json, body: '{"a":' }, required, 'not valid JSON'],
  [{ headers: json, body: '[1]' }, required, 'one JSON object'],
  [{ headers: json, body: 'null' }, required, 'one JSON object'],
  [{ headers: json, body: '"a"' }, required, 'one JSON object'],
  [{ headers: json, body: Buffer.from('{"a":"\xe9"}', 'latin1') }, required, 'not valid UTF-8'],
  [{ headers: json, body: '{"a":{"b":["\\u0000"]}}' }, required, 'U+0000'],
  [{ headers: json, body: '{"\\ud800":1}' }, required, 'surrogate'],
  [{ headers: json, parsedBody: [] }, required, 'one JSON object'],
  [{ headers: json, parsedBody: { a: '\0' } }, required, 'U+0000'],
  [{ headers: { 'content-type': 'application/x-www-form-urlencoded' }, parsedBody: {} }, required, 'application/json'],
])('refuses %j, %j: %s', async (parts, need, message) => {
  await expect(readBody(request(parts), need)).rejects.toMatchObject({
    code: 'BODY_INVALID',
    message: expect.stringContaining(message),
  });
});

it('survives a body that nests as deep as the limit allows', async () => {
  const depth = 80_000;
  const body = `{"\\u0041":${'['.repeat(depth)}"\\ud83d\\ude00"${']'.repeat(depth)}}`;

  await expect(readBody(request({ headers: json, body }), required)).resolves.toHaveProperty('A');
});

it('does not start to read a body that announces itself as too large', async () => {
  const rawBody = vi.fn();

  const reading = readBody(request({ headers: { ...json, 'content-length': `${BODY_LIMIT + 1}` }, rawBody }), required);

  await expect(reading).rejects.toMatchObject({ code: 'BODY_TOO_LARGE', details: { limit: BODY_LIMIT } });
  expect(rawBody).not.toHaveBeenCalled();
});

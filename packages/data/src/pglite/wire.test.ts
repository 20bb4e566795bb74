import { expect, it } from 'vitest';
import { errorAnswer, isStartup, query, readAnswer, readClientMessages, startup } from './wire.js';

const message = (code: string, body: string) => {
  const bytes = Buffer.from(`${code}....${body}`, 'latin1');
  bytes.writeUInt32BE(bytes.length - 1, 1);
  return bytes;
};
const ready = (status: string) => message('Z', status);

it.each([
  ['an idle session', ready('I'), true],
  ['an open transaction', ready('T'), false],
  ['a failed transaction', ready('E'), false],
  ['half an answer', message('1', ''), false],
  ['two statements, the last of which opens a transaction', Buffer.concat([ready('I'), ready('T')]), false],
])('reads %s', (_what, answer, idle) => {
  expect(readAnswer(answer).idle).toBe(idle);
});

it('takes the status from the message, not from bytes that look like one', () => {
  const row = message('D', `Z\0\0\0\x05I`);

  expect(readAnswer(Buffer.concat([row, ready('T')])).idle).toBe(false);
});

it('copies notifications out', () => {
  const notification = message('A', '\0\0\0\x07work\0job_1\0');

  const { notifications } = readAnswer(Buffer.concat([notification, ready('I')]));

  expect(notifications).toEqual([notification]);
});

it.each([
  ['a simple query', query('select 1'), 'select 1', true],
  [
    'a statement with parameters',
    Buffer.concat([message('P', '\0select $1\0\0\0'), message('S', '')]),
    'select $1',
    true,
  ],
  ['a named one', message('P', 'itpay_x\0select $1\0\0\0'), 'select $1', false],
  ['a bind without text', Buffer.concat([message('B', '\0\0'), message('S', '')]), null, true],
  ['a fetch that keeps its portal', Buffer.concat([message('E', '\0'), message('H', '')]), null, false],
])('reads what %s does', (_what, bytes, sql, complete) => {
  expect(readClientMessages(bytes)).toEqual({ sql, complete });
});

it('answers with an error after which the session is idle', () => {
  expect(readAnswer(errorAnswer('55P03', 'too long'))).toEqual({ idle: true, failed: true, notifications: [] });
});

it('tells a startup from a statement', () => {
  expect([isStartup(startup()), isStartup(query('select 1'))]).toEqual([true, false]);
});

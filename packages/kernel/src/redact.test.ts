import { capturedLogger } from '@itpay/testkit';
import { describe, expect, it } from 'vitest';
import { redactingLogger, redactor } from './redact.js';

const { text, value } = redactor(['a-known-password']);
const key = `itpay_live_abcdefghjkmn_${'x7'.repeat(21)}y`;
const emvco = '00020101021229370016A000000677010111011300668123456785802TH530376454041.006304ABCD';

describe('In texts, it takes out', () => {
  it.each([
    ['an API key', `key ${key} refused`, 'itpay_live_[redacted]'],
    ['a webhook secret', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_[redacted]'],
    ['a webhook signing key', 'whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsk_[redacted]'],
    ['a bearer token', 'Authorization: Bearer abc.def-123', 'Bearer [redacted]'],
    ['a display token in a URL', 'GET /pay/pi_1?a=b&t=abc.def HTTP/1.1', '&t=[redacted]'],
    ['the token of a callback address', 'POST /v1/channels/fake/callback/Ab_3-d', '/callback/[redacted]'],
    ['a password in a URL', 'connect postgres://app:hunter22@db/shop', 'postgres://[redacted]@db/shop'],
    ['a private key', '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----', '[redacted]'],
    ['a private key that is cut off', 'x -----BEGIN RSA PRIVATE KEY-----\nMIIE', 'x [redacted]'],
    ['an EMVCo payload', `cannot draw ${emvco}.`, 'cannot draw [redacted]'],
    ['a WeChat code', 'code weixin://wxpay/bizpayurl?pr=abc', 'code [redacted]'],
    ['what is long and random', `sig ${'aB3-'.repeat(12)}`, 'sig [redacted]'],
    ['what it was told', 'auth failed for a-known-password!', 'auth failed for [redacted]!'],
  ])('%s', (_, given, left) => {
    expect(text(given)).toContain(left);
    expect(text(given).length).toBeLessThan(given.length + '[redacted]'.length);
    expect(text(text(given))).toBe(text(given));
  });
});

it.each([
  'pi_01hzxw3v9k5m2n8p4q6r7s0t1v',
  'Cannot capture payment intent pi_01hzxw3v9k5m2n8p4q6r7s0t1v because it is expired.',
  'at run (file:///srv/app/node_modules/@itpay/kernel/dist/jobs/worker.js:120:15)',
  'payment.notification-retention-of-a-plugin-with-a-long-name',
  'https://shop.example/itpay/errors/QR_EXPIRED',
])('leaves "%s" as it is', (harmless) => {
  expect(text(harmless)).toBe(harmless);
});

it.each([
  'authorization',
  'Cookie',
  'token',
  'client_secret',
  'apiV3Key',
  'signature',
  'qr_data',
  'rawBody',
  'password',
])('takes out what is called %s, at any depth and of any type', (name) => {
  expect(value({ a: [{ [name]: 'short' }], [name]: { nested: 1 } })).toEqual({
    a: [{ [name]: '[redacted]' }],
    [name]: '[redacted]',
  });
});

it('says that there was none', () => {
  expect(value({ token: null, signature: false })).toEqual({ token: null, signature: false });
});

it('keeps what an error says: type, message, code, stack and cause, each without secrets', () => {
  const cause = Object.assign(new TypeError(`bad ${key}`), { code: 'EBAD', apiKey: key });
  const error = new Error(`outer ${key}`, { cause });

  const clean = value({ err: error }) as { err: Record<string, unknown> };

  expect(clean.err).toMatchObject({
    type: 'Error',
    message: 'outer itpay_live_[redacted]',
    stack: expect.stringContaining('redact.test.ts'),
    cause: { type: 'TypeError', message: 'bad itpay_live_[redacted]', code: 'EBAD' },
  });
  expect(JSON.stringify(clean)).not.toContain(key);
});

it('ends on circles, depths, lengths and bytes', () => {
  const circle: Record<string, unknown> = { bytes: Buffer.from('secret'), n: 5n, at: new Date(0) };
  circle['self'] = circle;
  let deep: object = {};
  for (let i = 0; i < 50; i++) deep = { deep };

  expect(value(circle)).toEqual({ bytes: '[6 bytes]', n: '5', at: '1970-01-01T00:00:00.000Z', self: '[circular]' });
  expect(JSON.stringify(value(deep)).length).toBeLessThan(100);
  expect(text('a '.repeat(100_000)).length).toBeLessThan(10_000);
});

it('stands before the logger, for fields and messages of every level', () => {
  const port = capturedLogger();
  const logger = redactingLogger(port);

  for (const level of ['debug', 'info', 'warn', 'error'] as const) logger[level]({ used: key }, `with ${key}`);

  expect(port.lines).toHaveLength(4);
  for (const line of port.lines) {
    expect(line).toMatchObject({ fields: { used: 'itpay_live_[redacted]' }, message: 'with itpay_live_[redacted]' });
  }
});

it('takes out secrets that became known later', () => {
  const port = capturedLogger();
  const known: string[] = [];
  const logger = redactingLogger(port, () => known);

  logger.info({}, 'before: a-late-password');
  known.push('a-late-password');
  logger.info({}, 'after: a-late-password');

  expect(port.lines.map(({ message }) => message)).toEqual(['before: a-late-password', 'after: [redacted]']);
});

it('makes no line that nobody takes, and survives a logger that throws', () => {
  const port = capturedLogger();
  const quiet = redactingLogger({ ...port, isLevelEnabled: (level) => level !== 'debug' });
  let made = false;
  const fields = Object.defineProperty({}, 'expensive', { enumerable: true, get: () => (made = true) });

  quiet.debug(fields, 'unseen');
  redactingLogger({
    ...port,
    error: () => {
      throw new Error('The disk is full.');
    },
  }).error({}, 'lost');

  expect([made, port.lines]).toEqual([false, []]);
});

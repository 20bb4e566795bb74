import { expect, it } from 'vitest';
import { assertPostgresUrl, unreachable } from './connection-errors.js';

const url = 'postgres://shop:s3cr3t@db.example:5432/shop?sslpassword=s3cr3t';

it.each<[error: object, says: string]>([
  [{ code: 'ECONNREFUSED' }, 'nothing listens there. Start the server'],
  [{ code: 'ENOTFOUND' }, 'has a host name that does not exist'],
  [{ code: '28P01' }, 'refused the password'],
  [{ code: '3D000' }, 'has no such database. Create it (createdb)'],
  [{ message: 'timeout expired' }, 'does not answer in time'],
  [{ message: 'The server does not support SSL connections' }, 'did not agree on TLS'],
  [{ code: 'XX000', message: 'oops' }, 'refused the connection (XX000)'],
])('explains %o', (error, says) => {
  const explained = unreachable(Object.assign(new Error(), error), url);

  expect(explained.code).toBe('CONFIGURATION_INVALID');
  expect(explained.message).toContain('PostgreSQL at postgres://shop@db.example:5432/shop');
  expect(explained.message).toContain(says);
  expect(explained.message).toContain('DATABASE_URL');
});

it('keeps the password out of message and cause', () => {
  const cause = Object.assign(new TypeError('Invalid URL'), { input: url });

  const explained = unreachable(cause, url);

  expect(`${explained.message} ${JSON.stringify(explained)} ${String(explained.cause)}`).not.toContain('s3cr3t');
});

it.each(['mysql://root@localhost/shop', 'localhost:5432', ''])('says that %j is not a PostgreSQL URL', (text) => {
  expect(() => assertPostgresUrl(text)).toThrow('(DATABASE_URL) is not a PostgreSQL URL');
});

import { expect, it } from 'vitest';
import { optionsFromEnvironment } from './environment.js';
import { passwordsOf } from './logger.js';

it.each([
  [undefined, undefined],
  ['', undefined],
  ['redis://localhost:6379', 'redis://localhost:6379'],
  ['redis://one:1, redis://two:2', { cluster: ['redis://one:1', 'redis://two:2'] }],
])('REDIS_URL=%s', (text, redis) => {
  expect(optionsFromEnvironment({ REDIS_URL: text }).redis).toEqual(redis);
});

it('refuses a REDIS_URL that is none, without repeating it', () => {
  const read = () => optionsFromEnvironment({ REDIS_URL: 'http://:s3cr3t@localhost' });

  expect(read).toThrow(/REDIS_URL/);
  expect(read).not.toThrow(/s3cr3t/);
});

it('keeps the passwords of all its URLs out of the log', () => {
  const redis = { cluster: ['redis://:one%2F@a', 'rediss://u:two@b'] };

  expect(passwordsOf({ redis })).toEqual(expect.arrayContaining(['one%2F', 'one/', 'two']));
});

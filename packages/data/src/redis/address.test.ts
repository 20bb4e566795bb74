import { describe, expect, it } from 'vitest';
import { addressOf, readRedisSettings, redisNodes } from './address.js';

describe('The address of Redis', () => {
  it.each([
    ['redis://localhost', { host: 'localhost', port: 6379, db: 0, tls: false }],
    ['redis://localhost/', { host: 'localhost', port: 6379, db: 0, tls: false }],
    ['redis://10.0.0.1:6380/3', { host: '10.0.0.1', port: 6380, db: 3, tls: false }],
    ['rediss://:s3%40ret@redis.internal', { host: 'redis.internal', port: 6379, password: 's3@ret', db: 0, tls: true }],
    [
      'redis://shop:p%2Fw@[::1]:7000',
      { host: '::1', port: 7000, username: 'shop', password: 'p/w', db: 0, tls: false },
    ],
  ])('%s', (url, node) => {
    expect(redisNodes(url)).toEqual([node]);
  });

  it.each([
    ['localhost:6379'],
    ['postgres://localhost'],
    ['redis://:s3cr3t@'],
    ['redis://:s3cr3t@host/one'],
    ['redis://:s3cr3t@host?tls=true'],
    ['redis://:s3cr3t%@host'],
    [42],
    [{}],
    [{ url: 'redis://:s3cr3t@host', cluster: ['redis://:s3cr3t@host'] }],
    [{ cluster: 'redis://:s3cr3t@host' }],
    [{ cluster: ['redis://:s3cr3t@host', 'redis://:s3cr3t@host/1'] }],
    [{ url: 'redis://:s3cr3t@host', prefix: 'a}b' }],
  ])('is refused without being repeated: %j', (settings) => {
    const read = () => readRedisSettings(settings as string);

    expect(read).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID', param: 'redis' }));
    expect(read).not.toThrow(/s3cr3t/);
  });

  it('is shown without user and password', () => {
    expect(addressOf(redisNodes({ cluster: ['redis://u:s3cr3t@one:1', 'redis://two:2'] }))).toBe('one:1, two:2');
  });
});

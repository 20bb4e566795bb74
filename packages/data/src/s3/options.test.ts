import { expect, it } from 'vitest';
import { checkS3Options, type S3Options } from './options.js';

const OPTIONS: S3Options = { bucket: 'shop-files', region: 'eu-central-1' };
const check = (more: Partial<Record<keyof S3Options, unknown>>) => checkS3Options({ ...OPTIONS, ...more } as S3Options);

it.each<[options: Partial<S3Options>, prefix: string, forcePathStyle: boolean]>([
  [{}, '', false],
  [{ prefix: '' }, '', false],
  [{ prefix: 'itpay' }, 'itpay/', false],
  [{ prefix: 'shops/itpay/' }, 'shops/itpay/', false],
  [{ endpoint: 'http://127.0.0.1:9000' }, '', true],
  [{ endpoint: 'https://x.example/storage/v1/s3' }, '', true],
  [{ endpoint: 'https://fra1.spaces.example', forcePathStyle: false }, '', false],
])('takes %j', (options, prefix, forcePathStyle) => {
  expect(check(options)).toMatchObject({ ...OPTIONS, prefix, forcePathStyle });
});

it.each(['abc', 'a.b.c', '1st-bucket', 'x'.repeat(63)])('takes the bucket %j', (bucket) => {
  expect(check({ bucket }).bucket).toBe(bucket);
});

it.each<[option: keyof S3Options, value: unknown, names: string]>([
  ...['ab', 'Shop', 'shop_files', '-shop', 'shop-', 'a..b', '10.0.0.1', 'a/b', 'x'.repeat(64), undefined].map(
    (bucket): [keyof S3Options, unknown, string] => ['bucket', bucket, 'S3_BUCKET'],
  ),
  ['region', 'eu central', 'S3_REGION'],
  ['region', '', 'S3_REGION'],
  ['endpoint', 'minio:9000', 'S3_ENDPOINT'],
  ['endpoint', 'ftp://minio', 'S3_ENDPOINT'],
  ['endpoint', 'https://user:pa55word@minio', 'S3_ENDPOINT'],
  ['endpoint', 'https://minio?x=1', 'S3_ENDPOINT'],
  ['prefix', '/itpay', 'S3_PREFIX'],
  ['prefix', '../itpay', 'S3_PREFIX'],
  ['prefix', 'a//b', 'S3_PREFIX'],
  ['prefix', 'a b', 'S3_PREFIX'],
  ['prefix', `${'a'.repeat(60)}!`, 'S3_PREFIX'],
  ['prefix', 'x'.repeat(201), 'S3_PREFIX'],
  ['credentials', { accessKeyId: 'AKIA', secretAccessKey: '' }, 'S3_SECRET_ACCESS_KEY'],
  ['credentials', { accessKeyId: '', secretAccessKey: 'pa55word' }, 'S3_ACCESS_KEY_ID'],
])('refuses %s %j, and names its variable', (option, value, names) => {
  expect(() => check({ [option]: value })).toThrow(
    expect.objectContaining({
      code: 'CONFIGURATION_INVALID',
      param: `s3.${option}`,
      message: expect.stringMatching(new RegExp(`^(?!.*pa55word).*s3\\.${option} \\(.*${names}.*\\)`)),
    }),
  );
});

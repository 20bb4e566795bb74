import { expect, it } from 'vitest';
import { optionsFromEnvironment } from './environment.js';

const BUCKET = { S3_BUCKET: 'shop-files', S3_REGION: 'eu-central-1' };

it.each<[environment: NodeJS.ProcessEnv, s3: object | undefined]>([
  [{}, undefined],
  [{ S3_BUCKET: '', S3_REGION: '' }, undefined],
  [BUCKET, { bucket: 'shop-files', region: 'eu-central-1', credentials: undefined, forcePathStyle: undefined }],
  [
    {
      ...BUCKET,
      S3_ENDPOINT: 'http://127.0.0.1:9000',
      S3_PREFIX: 'itpay/',
      S3_FORCE_PATH_STYLE: 'true',
      S3_PRESIGNED_DOWNLOADS: 'false',
      S3_ACCESS_KEY_ID: 'AKIA',
      S3_SECRET_ACCESS_KEY: 's3cr3t',
    },
    {
      endpoint: 'http://127.0.0.1:9000',
      prefix: 'itpay/',
      forcePathStyle: true,
      presignedDownloads: false,
      credentials: { accessKeyId: 'AKIA', secretAccessKey: 's3cr3t' },
    },
  ],
])('reads where files are kept from %j', (environment, s3) => {
  const read = optionsFromEnvironment(environment).s3;

  if (s3 === undefined) expect(read).toBeUndefined();
  else expect(read).toMatchObject(s3);
});

it.each<[environment: NodeJS.ProcessEnv, param: string]>([
  [{ S3_BUCKET: 'shop-files' }, 'S3_REGION'],
  [{ S3_REGION: 'eu-central-1' }, 'S3_BUCKET'],
  [{ S3_SECRET_ACCESS_KEY: 's3cr3t' }, 'S3_BUCKET'],
  [{ ...BUCKET, S3_ACCESS_KEY_ID: 'AKIA' }, 'S3_SECRET_ACCESS_KEY'],
  [{ ...BUCKET, S3_SECRET_ACCESS_KEY: 's3cr3t' }, 'S3_ACCESS_KEY_ID'],
  [{ ...BUCKET, S3_FORCE_PATH_STYLE: 'yes' }, 'S3_FORCE_PATH_STYLE'],
  [{ ...BUCKET, S3_PRESIGNED_DOWNLOADS: '0' }, 'S3_PRESIGNED_DOWNLOADS'],
])('names the variable that is wrong in %j', (environment, param) => {
  expect(() => optionsFromEnvironment(environment)).toThrow(
    expect.objectContaining({
      code: 'CONFIGURATION_INVALID',
      param,
      message: expect.stringMatching(new RegExp(`^(?!.*s3cr3t).*${param}`)),
    }),
  );
});

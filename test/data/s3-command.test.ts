import { join } from 'node:path';
import { expect, it } from 'vitest';
import { servedAlone } from '../client/server.js';
import { installation, itpay } from '../command-line/itpay.js';
import { whenFileEnds } from '../support/cleanup.js';
import { startS3Double } from '../support/s3-double.mjs';

const credentials = { accessKeyId: 'AKIATESTKEY', secretAccessKey: 'not-to-be-seen-anywhere' };
const bucket = 'shop-files';
const region = 'eu-central-1';

it('itpay reports download fetches a report from S3, of a server and without one, and takes no key there', async () => {
  const double = await startS3Double({ ...credentials, bucket, region });
  whenFileEnds(() => double.stop());
  const presigned = () => double.requests().filter(({ path }) => path.includes('X-Amz-Signature')).length;
  const cwd = await installation();
  const { t, token, baseUrl } = await servedAlone({
    dataDir: join(cwd, '.itpay'),
    s3: { bucket, region, endpoint: double.endpoint, credentials },
    work: false,
  });
  const today = new Date().toISOString().slice(0, 10);
  const body = { type: 'transactions', from: today, to: today };
  const { id } = (await t.request('POST', '/v1/reports', { body })).body;
  await t.settle();

  const ofServer = await itpay(['reports', 'download', id], cwd, { ITPAY_URL: baseUrl, ITPAY_API_KEY: token });
  expect(presigned()).toBe(1);
  await t.stop();
  const alone = await itpay(['reports', 'download', id], cwd, {
    S3_BUCKET: bucket,
    S3_REGION: region,
    S3_ENDPOINT: double.endpoint,
    S3_ACCESS_KEY_ID: credentials.accessKeyId,
    S3_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  });
  expect(presigned()).toBe(2);
  await double.refuse(true);
  const away = await itpay(['reports', 'download', id], cwd, {
    S3_BUCKET: bucket,
    S3_REGION: region,
    S3_ENDPOINT: double.endpoint,
    S3_ACCESS_KEY_ID: credentials.accessKeyId,
    S3_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  });

  expect(ofServer).toMatchObject({ code: 0, out: expect.stringMatching(/^payment_intent_id,.*\r\n$/) });
  expect(alone).toMatchObject({ code: 0, out: ofServer.out });
  expect(away).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining(`at ${double.endpoint} does not answer`),
  });
  expect(JSON.stringify(double.requests())).not.toContain(token);
});

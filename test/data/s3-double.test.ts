import { request as send } from 'node:http';
import { s3BlobStore } from '@itpay/data';
import { describe, expect, it } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { startS3Double, type S3Double } from '../support/s3-double.mjs';

// What is tested against the double is worth what it refuses.

const CSV = { expiresInSeconds: 60, fileName: 'a.csv', contentType: 'text/csv' };
const key = { accessKeyId: 'AKIATESTKEY', secretAccessKey: 'a-secret' };

async function started(options: Partial<Parameters<typeof startS3Double>[0]> = {}) {
  const double = await startS3Double({ ...key, bucket: 'files', ...options });
  whenFileEnds(() => double.stop());
  return double;
}

async function storeOn({ endpoint }: S3Double, credentials = key, region = 'us-east-1') {
  const store = await s3BlobStore({ bucket: 'files', region, endpoint, credentials });
  whenFileEnds(() => store.close!());
  return store;
}

/** Sent as it is, with a host of the test's choice. */
function raw({ endpoint }: S3Double, method: string, path: string, headers: Record<string, string>, body = '') {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const request = send(`${endpoint}${path}`, { method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode!, text }));
    });
    request.on('error', reject).end(body);
  });
}

// From the S3 API reference: "Authenticating Requests: Using the Authorization Header", "Example: GET Object", and "Using Query
// Parameters". The bucket stands in the host there; what is asked for here is "test.txt", which is no bucket.
const PUBLISHED = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  now: () => new Date('2013-05-24T00:00:00Z'),
};
const SCOPE = 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request';
const HEADERS = {
  host: 'examplebucket.s3.amazonaws.com',
  range: 'bytes=0-9',
  'x-amz-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  'x-amz-date': '20130524T000000Z',
  authorization:
    `AWS4-HMAC-SHA256 Credential=${SCOPE},SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,` +
    'Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
};
const QUERY =
  `/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${encodeURIComponent(SCOPE)}&X-Amz-Date=20130524T000000Z` +
  '&X-Amz-Expires=86400&X-Amz-SignedHeaders=host' +
  '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404';
const host = { host: HEADERS.host };

describe('the published examples of SigV4', () => {
  const passed = 'NoSuchBucket';
  it.each<[what: string, path: string, headers: Record<string, string>, code: string]>([
    ['signed in the header', '/test.txt', HEADERS, passed],
    ['for another file', '/test.tx', HEADERS, 'SignatureDoesNotMatch'],
    ['with another header', '/test.txt', { ...HEADERS, range: 'bytes=0-8' }, 'SignatureDoesNotMatch'],
    ['with a query', '/test.txt?acl', HEADERS, 'SignatureDoesNotMatch'],
    ['with a header that is not signed', '/test.txt', { ...HEADERS, 'x-amz-acl': 'public-read' }, 'AccessDenied'],
    ['signed in the query', QUERY, host, passed],
    ['for another file, in the query', QUERY.replace('test.txt', 'test.tx'), host, 'SignatureDoesNotMatch'],
    ['for longer', QUERY.replace('86400', '86401'), host, 'SignatureDoesNotMatch'],
    ['for another host', QUERY, { host: 'example.com' }, 'SignatureDoesNotMatch'],
    ['for too long', QUERY.replace('86400', '604801'), host, 'AuthorizationQueryParametersError'],
    ['signed not at all', '/test.txt', host, 'AccessDenied'],
  ])('%s', async (_what, path, headers, code) => {
    const double = await started(PUBLISHED);

    const { text } = await raw(double, 'GET', path, headers);

    expect(/<Code>(\w+)/.exec(text)?.[1]).toBe(code);
  });

  it.each([
    ['2013-05-24T23:59:59Z', 'RequestTimeTooSkewed', passed],
    ['2013-05-25T00:00:01Z', 'RequestTimeTooSkewed', 'AccessDenied'],
    ['2013-05-24T00:14:59Z', passed, passed],
    ['2013-05-23T23:40:00Z', 'RequestTimeTooSkewed', 'AccessDenied'],
  ])('at %s', async (now, header, query) => {
    const double = await started({ ...PUBLISHED, now: () => new Date(now) });

    await raw(double, 'GET', '/test.txt', HEADERS);
    await raw(double, 'GET', QUERY, host);

    expect(double.requests().map(({ code }) => code)).toEqual([header, query]);
  });
});

describe('the double', () => {
  it.each([
    ['another secret', { ...key, secretAccessKey: 'b-secret' }, 'us-east-1', 'SignatureDoesNotMatch'],
    ['another key', { ...key, accessKeyId: 'AKIAOTHER' }, 'us-east-1', 'InvalidAccessKeyId'],
    ['another region', key, 'eu-central-1', 'AuthorizationHeaderMalformed'],
  ])('refuses %s', async (_what, credentials, region, code) => {
    const double = await started();
    const store = await storeOn(double, credentials, region);

    await expect(store.put('a', Buffer.from('x'))).rejects.toThrow(code);

    expect(double.objects().size).toBe(0);
    expect(double.requests().every((request) => request.status >= 400)).toBe(true);
  });

  it('refuses a body that is not what was signed, or comes in chunks', async () => {
    const double = await started();
    const store = await storeOn(double);
    await store.put('a', Buffer.from('right'));
    const [{ path, headers }] = double.requests() as [ReturnType<S3Double['requests']>[0]];
    const signed = headers as Record<string, string>;

    const other = await raw(double, 'PUT', path, signed, 'wrong');
    const chunked = await raw(double, 'PUT', path, { ...signed, 'content-encoding': 'aws-chunked' }, 'right');

    expect(double.requests().map(({ code }) => code)).toEqual([null, 'XAmzContentSHA256Mismatch', 'NotImplemented']);
    expect([other.status, chunked.status]).toEqual([400, 501]);
    expect(String(double.objects().get('a'))).toBe('right');
  });

  it('gives a part of an object', async () => {
    const double = await started();
    const store = await storeOn(double);
    await store.put('a', Buffer.from('0123456789'));
    const address = await store.downloadUrl!('a', CSV);

    const part = await fetch(address, { headers: { range: 'bytes=2-4' } });
    const beyond = await fetch(address, { headers: { range: 'bytes=10-' } });

    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([206, 'bytes 2-4/10', '234']);
    expect(beyond.status).toBe(416);
  });

  it('lets a link end', async () => {
    let now = Date.now();
    const double = await started({ now: () => new Date(now) });
    const store = await storeOn(double);
    await store.put('a', Buffer.from('x'));
    const address = await store.downloadUrl!('a', CSV);
    now += 59_000;
    expect((await fetch(address)).status).toBe(200);

    now += 2_000;

    expect((await fetch(address)).status).toBe(403);
  });
});

import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { s3BlobStore, type S3Options } from '@itpay/data';
import { blobStoreContract } from '@itpay/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { describeNeeding } from '../support/needs.js';
import { startS3Double } from '../support/s3-double.mjs';
import { startSwift, swiftNeed } from '../support/swift.mjs';

const credentials = { accessKeyId: 'AKIATESTKEY', secretAccessKey: 'a-secret/with+odd=characters' };
const bucket = 'shop-files';
const region = 'eu-central-1';
const CSV = { expiresInSeconds: 60, fileName: 'fees.csv', contentType: 'text/csv' };

type Server = Required<Pick<S3Options, 'endpoint' | 'bucket' | 'region'>> & { credentials: typeof credentials };

async function onServer(server: Server, options: Partial<S3Options> = {}) {
  const store = await s3BlobStore({ ...server, prefix: `tests/${randomUUID()}`, ...options });
  whenFileEnds(() => store.close!());
  return store;
}

/** A bucket of the test's own, and a store on it. */
async function opened(options: Partial<S3Options> = {}) {
  const double = await startS3Double({ ...credentials, bucket, region });
  whenFileEnds(() => double.stop());
  const store = await onServer({ bucket, region, endpoint: double.endpoint, credentials }, options);
  return { double, store };
}

/** What every server has to do, so that what lies in the bucket is nobody else's. */
function storeOn(server: () => Server): void {
  blobStoreContract(() => onServer(server()));

  it('opens nothing for who has no key', async () => {
    const store = await onServer(server());
    await store.put('a', Buffer.from('x'));
    const link = await store.downloadUrl!('a', CSV);

    const unsigned = await fetch(link.split('?')[0]!);

    expect(unsigned.status).toBeGreaterThanOrEqual(400); // the double says 403, as AWS does, and Swift 400
    expect(await unsigned.text()).not.toBe('x');
  });

  it.each([
    ['another name', (link: string) => link.replace('fees.csv', 'fees.exe')],
    ['another type', (link: string) => link.replace('text%2Fcsv', 'text%2Fhtml')],
    ['a later end', (link: string) => link.replace('X-Amz-Expires=60', 'X-Amz-Expires=61')],
    [
      'another signature',
      (link: string) => link.replace(/(X-Amz-Signature=)(.)/, (_, name, c) => name + (c === '0' ? 1 : 0)),
    ],
  ])('refuses a link with %s', async (_what, change) => {
    const store = await onServer(server());
    await store.put('a', Buffer.from('x'));
    const link = await store.downloadUrl!('a', CSV);
    expect(change(link)).not.toBe(link);

    expect((await fetch(change(link))).status).toBe(403);
  });

  it('refuses a link that has ended', async () => {
    const at = server();
    const store = await onServer(at, { prefix: '' });
    await store.put('ended', Buffer.from('x'));
    const client = new S3Client({ ...at, forcePathStyle: true, responseChecksumValidation: 'WHEN_REQUIRED' });
    const sign = (minutesAgo: number) =>
      getSignedUrl(client, new GetObjectCommand({ Bucket: at.bucket, Key: 'ended' }), {
        expiresIn: 60,
        signingDate: new Date(Date.now() - minutesAgo * 60_000),
      });

    const [fresh, old] = [await fetch(await sign(0)), await fetch(await sign(2))];

    expect([fresh.status, old.status]).toEqual([200, 403]);
  });

  it('refuses a wrong secret, and says which option that is without showing it', async () => {
    const { accessKeyId } = server().credentials;
    const store = await onServer(server(), { credentials: { accessKeyId, secretAccessKey: 'a-wrong-secret' } });

    const error: Error = await store.put('a', Buffer.from('x')).catch((e) => e);

    expect(error.message).toMatch(/^S3 did not store tests\/\S+\/a in the bucket shop-files \(SignatureDoesNotMatch: /);
    expect(error.message).toContain('Correct S3_SECRET_ACCESS_KEY.');
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/a-wrong-secret|AWS4-HMAC|StringToSign/);
  });

  it('tells a bucket that is not there from a blob that is not there', async () => {
    const store = await onServer(server(), { bucket: 'no-such-bucket' });

    await expect(store.get('a')).rejects.toThrow('NoSuchBucket');
  });

  it('names a file in any language', async () => {
    const store = await onServer(server());
    await store.put('a', Buffer.from('x'));

    const answer = await fetch(await store.downloadUrl!('a', { ...CSV, fileName: 'Gebühren (Mai)\r\n".csv' }));

    expect(answer.headers.get('content-disposition')).toBe(
      `attachment; filename="Geb_hren__Mai____.csv"; filename*=UTF-8''Geb%C3%BChren%20%28Mai%29%0D%0A%22.csv`,
    );
    await answer.arrayBuffer();
  });
}

describe('s3BlobStore, on the double', () => {
  let server: Server;
  beforeAll(async () => {
    const double = await startS3Double({ ...credentials, bucket, region });
    whenFileEnds(() => double.stop());
    server = { bucket, region, credentials, endpoint: double.endpoint };
  });

  storeOn(() => server);
});

describeNeeding(swiftNeed(), 's3BlobStore, on OpenStack Swift', () => {
  let server: Server;
  beforeAll(async () => {
    const { accessKeyId, secretAccessKey, stop, ...swift } = await startSwift();
    whenFileEnds(stop);
    server = { ...swift, credentials: { accessKeyId, secretAccessKey } };
  });

  storeOn(() => server);
});

describe('s3BlobStore', () => {
  it('puts its prefix before every key', async () => {
    const { double, store } = await opened({ prefix: 'itpay' });

    await store.put('qr/one.png', Buffer.from('x'));

    expect([...double.objects().keys()]).toEqual(['itpay/qr/one.png']);
  });

  it('sends what every store understands: one body, no trailer, no condition', async () => {
    const { double, store } = await opened();
    await store.put('a', Buffer.alloc(3_000_000));
    await store.get('a');
    await store.delete('a');

    const names = double.requests().flatMap(({ headers }) => Object.keys(headers));

    expect(
      names.filter((name) => /trailer|checksum|crc|^if-|^expect$|content-encoding|transfer-encoding/.test(name)),
    ).toEqual([]);
    expect(double.requests().map(({ method, status }) => [method, status])).toEqual([
      ['PUT', 200],
      ['GET', 200],
      ['DELETE', 204],
    ]);
  });

  it.each(['../out', '.hidden', 'a//b', '', 'a b', 'x'.repeat(513)])('refuses the key %j', async (key) => {
    const { double, store } = await opened();

    await expect(store.put(key, new Uint8Array())).rejects.toThrow('is not allowed');
    await expect(store.get(key)).rejects.toThrow('is not allowed');
    await expect(store.delete(key)).rejects.toThrow('is not allowed');
    await expect(store.downloadUrl!(key, CSV)).rejects.toThrow('is not allowed');

    expect(double.requests()).toEqual([]);
  });

  it('links to the bucket’s own host on AWS, and asks nobody for that', async () => {
    const store = await s3BlobStore({ bucket, region, credentials, prefix: 'p/' });

    const link = new URL(await store.downloadUrl!('reports/one', CSV));

    expect(link.origin + link.pathname).toBe('https://shop-files.s3.eu-central-1.amazonaws.com/p/reports/one');
    expect(link.searchParams.get('X-Amz-Expires')).toBe('60');
    await store.close!();
  });

  it('has no links where they are switched off', async () => {
    const { store } = await opened({ presignedDownloads: false });

    expect(store.downloadUrl).toBeUndefined();
  });

  it('takes keys that change', async () => {
    const asked: number[] = [];
    const { store } = await opened({ credentials: async () => (asked.push(1), credentials) });

    await store.put('a', Buffer.from('x'));

    expect(asked.length).toBeGreaterThan(0);
  });

  it('gives up after three seconds, whatever it waits for', async () => {
    const [{ double, store: silent }, { store: keyless }, { store: nowhere }] = await Promise.all([
      opened(),
      opened({ credentials: () => new Promise<never>(() => {}) }),
      opened({ endpoint: 'http://192.0.2.1:9000' }), // kept for documents: nobody is there (RFC 5737)
    ]);
    double.hang(true);
    const since = Date.now();

    const results = await Promise.allSettled(
      [silent, keyless, nowhere].flatMap((store) => [
        store.put('a', Buffer.from('x')),
        store.get('a'),
        store.delete('a'),
      ]),
    );

    expect(results.map(({ status }) => status)).toEqual(Array(9).fill('rejected'));
    expect(Date.now() - since).toBeLessThan(8_000); // on a busy machine
  });

  it('gives no half of a blob when the answer is cut', async () => {
    const { double, store } = await opened();
    await store.put('a', Buffer.alloc(300_000, 1));
    double.cut(true);

    await expect(store.get('a')).rejects.toThrow(/^S3 did not give tests/);

    double.cut(false);
    expect(await store.get('a')).toHaveLength(300_000);
  });

  it('fails at once where nothing listens, and works again when something does', async () => {
    const { double, store } = await opened();
    await store.put('a', Buffer.from('x'));
    await double.refuse(true);
    const since = Date.now();

    await expect(store.get('a')).rejects.toThrow('ECONNREFUSED');
    expect(Date.now() - since).toBeLessThan(3_000); // it does not wait for its patience to end

    await double.refuse(false);
    expect(String(Buffer.from((await store.get('a'))!))).toBe('x');
  });

  it('says what to install when the SDK is not there', () => {
    const script = `
      import { register } from 'node:module';
      register('data:text/javascript,' + encodeURIComponent(\`
        export const resolve = async (name, context, next) => next(name.replace('@aws-sdk/', '@aws-sdk-missing/'), context);\`));
      const { s3BlobStore } = await import('@itpay/data');
      const error = await s3BlobStore({ bucket: 'shop-files', region: 'eu-central-1' }).catch((e) => e);
      console.log(error.code, error.message);
    `;

    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });

    expect(stderr).toBe('');
    expect(stdout).toMatch(
      /^CONFIGURATION_INVALID .*npm install @aws-sdk\/client-s3 @aws-sdk\/s3-request-presigner\n$/,
    );
  });
});

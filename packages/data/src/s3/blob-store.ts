import type { BlobDownload, BlobStore } from '@itpay/kernel';
import { blobKey } from '../blob-key.js';
import { checkS3Options, type S3Options } from './options.js';
import { loadS3Sdk } from './sdk.js';

/** How long a call may take before its bytes are counted, with everything that is tried again, in milliseconds. */
const PATIENCE_MS = 3_000;
/** A connection that is not there after this long is tried again. */
const CONNECT_MS = 1_000;
const ATTEMPTS = 3;
/** The slowest way to the store that is good enough. A job has half a minute for its files. */
const BYTES_PER_MS = 2_000;
const LONGEST_LINK_S = 604_800;

/**
 * Blobs in a bucket of S3, or of a store that speaks its protocol. Nothing is asked at the start: a store that is away makes
 * an installation slower, and does not keep it from taking payments.
 *
 * A call fails after three seconds, and one more per 2 MB. The errors of calls name bucket, key and what S3 said.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` for options that cannot work, and when the SDK is not installed
 */
export async function s3BlobStore(options: S3Options): Promise<BlobStore> {
  const { bucket, region, endpoint, prefix, forcePathStyle } = checkS3Options(options);
  const { credentials, presignedDownloads = true } = options;
  const { S3Client, PutObjectCommand, GetObjectCommand, DeleteObjectCommand, getSignedUrl } = await loadS3Sdk();
  const client = new S3Client({
    region,
    forcePathStyle,
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials !== undefined && { credentials }),
    maxAttempts: ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_MS },
    // Sums in trailers need chunked bodies, which stores beside AWS refuse.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // A proxy that does not answer to it would use up the time: the SDK waits for six seconds.
    expectContinueHeader: false,
  });
  const at = (key: string) => ({ Bucket: bucket, Key: prefix + blobKey(key) });
  const failed = (verb: string, key: string) => (error: unknown) => {
    throw storeError(`S3 did not ${verb} ${prefix}${key} in the bucket ${bucket}`, error);
  };

  const store: BlobStore = {
    async put(key, bytes) {
      const command = new PutObjectCommand({ ...at(key), Body: bytes, ContentLength: bytes.length });
      await within(patienceFor(bytes.length), (abortSignal) => client.send(command, { abortSignal })).catch(
        failed('store', key),
      );
    },

    async get(key) {
      const command = new GetObjectCommand(at(key));
      try {
        const { Body: body, ContentLength: length = 0 } = await within(PATIENCE_MS, (abortSignal) =>
          client.send(command, { abortSignal }),
        );
        // The signal of the SDK ends with the head of the answer.
        return await within(patienceFor(length), (signal) => {
          signal.addEventListener('abort', () => (body as { destroy?(): void }).destroy?.());
          return body!.transformToByteArray();
        });
      } catch (error) {
        if (isMissing(error)) return null;
        return failed('give', key)(error);
      }
    },

    async delete(key) {
      const command = new DeleteObjectCommand(at(key));
      await within(PATIENCE_MS, (abortSignal) => client.send(command, { abortSignal })).catch((error: unknown) => {
        if (!isMissing(error)) failed('delete', key)(error);
      });
    },

    async close() {
      client.destroy();
    },
  };
  if (!presignedDownloads) return store;
  return {
    ...store,
    async downloadUrl(key, { expiresInSeconds, fileName, contentType }: BlobDownload) {
      if (!Number.isInteger(expiresInSeconds) || expiresInSeconds < 1 || expiresInSeconds > LONGEST_LINK_S) {
        throw new TypeError(`expiresInSeconds is a whole number from 1 to ${LONGEST_LINK_S}, not ${expiresInSeconds}.`);
      }
      const command = new GetObjectCommand({
        ...at(key),
        ResponseContentType: contentType,
        ResponseContentDisposition: attachment(fileName),
      });
      // Made here; but the keys may have to be asked for.
      return within(PATIENCE_MS, () => getSignedUrl(client, command, { expiresIn: expiresInSeconds })).catch(
        failed('sign a link to', key),
      );
    },
  };
}

const patienceFor = (bytes: number) => PATIENCE_MS + Math.ceil(bytes / BYTES_PER_MS);

/** Ends the wait after a time whatever the work does: looking for credentials does not hear of the signal. */
async function within<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const limit = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${ms} ms`));
      limit.abort();
    }, ms);
  });
  try {
    return await Promise.race([work(limit.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

const isMissing = (error: unknown) => (error as Error).name === 'NoSuchKey';

const ADVICE: Readonly<Record<string, string>> = {
  AccessDenied:
    'The key needs s3:GetObject, s3:PutObject and s3:DeleteObject on its objects, and s3:ListBucket on the bucket.',
  NoSuchBucket: 'Make the bucket, or correct S3_BUCKET.',
  InvalidAccessKeyId: 'Correct S3_ACCESS_KEY_ID.',
  SignatureDoesNotMatch: 'Correct S3_SECRET_ACCESS_KEY.',
  PermanentRedirect: 'Correct S3_REGION: the bucket is in another one.',
  AuthorizationHeaderMalformed: 'Correct S3_REGION: the bucket is in another one.',
  CredentialsProviderError: 'Set S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY, or give the machine a role.',
};

// An error of the SDK carries the request, and where a signature is wrong also what was signed. None of that goes on.
function storeError(what: string, error: unknown): Error {
  const { name, message, code } = error as { name: string; message: string; code?: string };
  const said = [name === 'Error' ? '' : name, message.replace(/\.$/, ''), message.includes(code ?? '') ? '' : code];
  const why = said.filter(Boolean).join(': ');
  const advice = ADVICE[name];
  return new Error(`${what} (${why}).${advice ? ` ${advice}` : ''}`);
}

/** RFC 6266: a plain name, and beside it the same for names beyond ASCII. */
function attachment(fileName: string): string {
  const plain = fileName.replace(/[^\w.-]/g, '_');
  const encoded = encodeURIComponent(fileName).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${plain}"${plain === fileName ? '' : `; filename*=UTF-8''${encoded}`}`;
}

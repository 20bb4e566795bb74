import { ItPayError } from '@itpay/core';
import { isBlobKey } from '../blob-key.js';

/** Where files are kept in S3, or in a store that speaks its protocol. */
export interface S3Options {
  readonly bucket: string;
  /** `eu-central-1`. Stores beside AWS have one too, if only for the signature; most of them take `us-east-1`. */
  readonly region: string;
  /** The address of a store beside AWS: `https://minio.internal:9000`. Left out: AWS. */
  readonly endpoint?: string | undefined;
  /** Put in front of every key, so that a bucket can hold other things as well: `itpay/`. Default: none. */
  readonly prefix?: string | undefined;
  /** True: the bucket stands in the path of the address; false: in its host name. Default: true with an `endpoint`. */
  readonly forcePathStyle?: boolean | undefined;
  /** Left out: the SDK looks for them itself, in the environment, the profile of the user, or the role of the machine. */
  readonly credentials?: S3Credentials | (() => Promise<S3Credentials>) | undefined;
  /**
   * False: links to reports are not handed on to the store, which payees may not reach; ItPay sends the bytes. Default: true.
   */
  readonly presignedDownloads?: boolean | undefined;
}

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** What the options come to. */
export interface S3Location {
  readonly bucket: string;
  readonly region: string;
  readonly endpoint: string | undefined;
  /** Empty, or ends with a slash. */
  readonly prefix: string;
  readonly forcePathStyle: boolean;
}

const LONGEST_PREFIX = 200;

/** @throws ItPayError `CONFIGURATION_INVALID` that names the option, its variable, and what is expected; never a key */
export function checkS3Options(options: S3Options): S3Location {
  const { bucket, region, endpoint, prefix = '', forcePathStyle = endpoint !== undefined, credentials } = options;
  if (!isBucket(bucket)) {
    throw invalidS3(
      'bucket',
      `${quoted(bucket)} is not the name of a bucket: 3 to 63 lower case letters, digits, "-" and single ".".`,
    );
  }
  if (typeof region !== 'string' || !/^[a-z0-9]+(?:-[a-z0-9]+)*$/i.test(region)) {
    throw invalidS3('region', `${quoted(region)} is not a region. It looks like "eu-central-1".`);
  }
  if (endpoint !== undefined && !isEndpoint(endpoint)) {
    throw invalidS3(
      'endpoint',
      'Give the address without a user and a query, such as "https://minio.internal:9000"; leave it out for AWS.',
    );
  }
  if (!isPrefix(prefix)) {
    throw invalidS3(
      'prefix',
      `${quoted(prefix)} is not usable. Use letters, digits, "_", "-" and "." between slashes: "itpay/".`,
    );
  }
  if (typeof credentials === 'object' && (!credentials.accessKeyId || !credentials.secretAccessKey)) {
    throw invalidS3('credentials', 'Give accessKeyId and secretAccessKey, or leave both out.');
  }
  return { bucket, region, endpoint, prefix: prefix && `${prefix.replace(/\/$/, '')}/`, forcePathStyle };
}

const VARIABLES: Readonly<Record<string, string>> = {
  bucket: 'S3_BUCKET',
  region: 'S3_REGION',
  endpoint: 'S3_ENDPOINT',
  prefix: 'S3_PREFIX',
  credentials: 'S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY',
};

export function invalidS3(option: string, advice: string, cause?: unknown): ItPayError {
  const variable = VARIABLES[option];
  return new ItPayError('CONFIGURATION_INVALID', {
    message: `The option s3.${option}${variable ? ` (${variable})` : ''} is not usable. ${advice}`,
    param: `s3.${option}`,
    cause,
  });
}

// Nor may it look like an address. (S3 user guide, "General purpose bucket naming rules")
const isBucket = (name: unknown) =>
  typeof name === 'string' &&
  /^[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]$/.test(name) &&
  !/^\d+(?:\.\d+){3}$/.test(name);

function isPrefix(prefix: string): boolean {
  const folder = prefix.replace(/\/$/, '');
  return prefix === '' || (prefix.length <= LONGEST_PREFIX && isBlobKey(folder));
}

// A user name or a password in it would be shown wherever the address is.
function isEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && [username, password, search, hash].every((part) => part === '');
}

const quoted = (text: unknown) => JSON.stringify(String(text).slice(0, 80));

import { readRedisSettings, type S3Options } from '@itpay/data';
import { invalid, type ItPayOptions } from './options.js';

/** Options that come from the environment, for a server that is set up by it. */
export interface Environment extends Pick<ItPayOptions, 'database' | 'dataDir' | 'publicUrl' | 'redis' | 's3'> {
  /** Where the server listens. */
  readonly port: number;
}

/**
 * Reads `PORT` (3000), `ITPAY_PUBLIC_URL` (`http://localhost:PORT/itpay`), `ITPAY_DATA_DIR` (`.itpay`), `DATABASE_URL`
 * and `REDIS_URL` (several, separated by commas: nodes of one cluster);
 * for files in S3 `S3_BUCKET`, `S3_REGION`, `S3_ENDPOINT`, `S3_PREFIX`, `S3_FORCE_PATH_STYLE`, `S3_PRESIGNED_DOWNLOADS`,
 * `S3_ACCESS_KEY_ID` and `S3_SECRET_ACCESS_KEY`.
 * `ITPAY_SECRET_KEY` is read where it is used.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` naming the variable
 */
export function optionsFromEnvironment(environment: NodeJS.ProcessEnv = process.env): Environment {
  const port = readPort(environment.PORT);
  return {
    port,
    publicUrl: readUrl(environment.ITPAY_PUBLIC_URL) ?? `http://localhost:${port}/itpay`,
    dataDir: nonEmpty(environment.ITPAY_DATA_DIR) ?? '.itpay',
    database: readDatabase(environment.DATABASE_URL),
    redis: readRedis(environment.REDIS_URL),
    s3: readS3(environment),
  };
}

// A variable that is set to nothing counts as not set: `PORT= npm start`.
const nonEmpty = (text: string | undefined) => (text === undefined || text === '' ? undefined : text);

function readPort(text: string | undefined): number {
  const given = nonEmpty(text);
  if (given === undefined) return 3000;
  const port = Number(given);
  if (!/^\d+$/.test(given) || port > 65_535) {
    throw invalid('PORT', `"${given}" is not a port. Use a number from 1 to 65535, or 0 for a free one.`);
  }
  return port;
}

function readUrl(text: string | undefined): string | undefined {
  const given = nonEmpty(text);
  if (given === undefined) return undefined;
  if (!URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol)) {
    throw invalid(
      'ITPAY_PUBLIC_URL',
      `"${given}" is not a URL. Use the address of the mount: https://shop.example/itpay.`,
    );
  }
  return given;
}

function readDatabase(text: string | undefined): string | undefined {
  const given = nonEmpty(text);
  if (given === undefined) return undefined;
  // The value holds a password, so the message does not repeat it.
  if (!/^postgres(ql)?:\/\//.test(given) || !URL.canParse(given)) {
    throw invalid(
      'DATABASE_URL',
      'Use postgres://user:password@host:5432/name, or leave it out for the embedded database.',
    );
  }
  return given;
}

function readRedis(text: string | undefined): ItPayOptions['redis'] {
  const given = nonEmpty(text);
  if (given === undefined) return undefined;
  const urls = given.split(',').map((url) => url.trim());
  const redis = urls.length === 1 ? urls[0]! : { cluster: urls };
  readRedisSettings(redis);
  return redis;
}

// What stands in them is checked where the store is opened; here, that they fit together.
function readS3(environment: NodeJS.ProcessEnv): S3Options | undefined {
  const bucket = nonEmpty(environment.S3_BUCKET);
  if (bucket === undefined) {
    const alone = Object.keys(environment).find((name) => S3_VARIABLE.test(name) && nonEmpty(environment[name]));
    if (alone === undefined) return undefined;
    throw invalid('S3_BUCKET', `${alone} is set, and it is not. Set it too, or neither for files in ITPAY_DATA_DIR.`);
  }
  const region = nonEmpty(environment.S3_REGION);
  if (region === undefined) {
    throw invalid('S3_REGION', 'It is missing. Set the region of the bucket; most stores beside AWS take us-east-1.');
  }
  return {
    bucket,
    region,
    endpoint: nonEmpty(environment.S3_ENDPOINT),
    prefix: nonEmpty(environment.S3_PREFIX),
    forcePathStyle: readBoolean('S3_FORCE_PATH_STYLE', environment),
    presignedDownloads: readBoolean('S3_PRESIGNED_DOWNLOADS', environment),
    credentials: readS3Credentials(environment),
  };
}

const S3_VARIABLE =
  /^S3_(?:REGION|ENDPOINT|PREFIX|FORCE_PATH_STYLE|PRESIGNED_DOWNLOADS|ACCESS_KEY_ID|SECRET_ACCESS_KEY)$/;

function readS3Credentials(environment: NodeJS.ProcessEnv): S3Options['credentials'] {
  const accessKeyId = nonEmpty(environment.S3_ACCESS_KEY_ID);
  const secretAccessKey = nonEmpty(environment.S3_SECRET_ACCESS_KEY);
  if (accessKeyId !== undefined && secretAccessKey !== undefined) return { accessKeyId, secretAccessKey };
  if (accessKeyId === undefined && secretAccessKey === undefined) return undefined;
  throw invalid(
    accessKeyId === undefined ? 'S3_ACCESS_KEY_ID' : 'S3_SECRET_ACCESS_KEY',
    'It is missing. Set both, or neither for the profile of the user or the role of the machine.',
  );
}

function readBoolean(name: string, environment: NodeJS.ProcessEnv): boolean | undefined {
  const given = nonEmpty(environment[name]);
  if (given === undefined) return undefined;
  if (given !== 'true' && given !== 'false') throw invalid(name, `"${given}" is neither "true" nor "false".`);
  return given === 'true';
}

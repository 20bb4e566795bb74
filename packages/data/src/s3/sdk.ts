import { ItPayError } from '@itpay/core';

/**
 * Loads the SDK, which takes a quarter of a second: only an installation that keeps files in S3 does so.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` with the line that installs it
 */
export async function loadS3Sdk() {
  try {
    const [{ S3Client, PutObjectCommand, GetObjectCommand, DeleteObjectCommand }, { getSignedUrl }] = await Promise.all(
      [import('@aws-sdk/client-s3'), import('@aws-sdk/s3-request-presigner')],
    );
    return { S3Client, PutObjectCommand, GetObjectCommand, DeleteObjectCommand, getSignedUrl };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new ItPayError('CONFIGURATION_INVALID', {
      message:
        'Files in S3 (option s3, S3_BUCKET) need two packages that are not installed: ' +
        'npm install @aws-sdk/client-s3 @aws-sdk/s3-request-presigner',
      param: 's3',
      cause: error,
    });
  }
}

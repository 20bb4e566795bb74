import { ItPayError } from '@itpay/core';
import type { CallbackAnswer, ChannelNotice, RawCallback, VerifiedCallback } from '@itpay/kernel';
import type { Rail } from './client.js';
import { readBody, readCredit, readFen, readObject, readText, type Body } from './mapping.js';
import { isFresh, isSignedBy, open, proofIn } from './signature.js';
import { PROBE_PREFIX } from './wire.js';

const ACKNOWLEDGE: CallbackAnswer = { status: 204, body: '' };

/** Signature and freshness over the bytes first; then every field, because what is missing may be what was cut out. */
export async function verifyCallback(rail: Rail, callback: RawCallback): Promise<VerifiedCallback> {
  await requireProof(rail, callback);
  let event: Body;
  let resource: Body;
  try {
    event = readBody(callback.rawBody);
    resource = readObject(event, 'resource');
    if (readText(event, 'resource_type') !== 'encrypt-resource') throw new TypeError('resource_type');
    if (readText(resource, 'algorithm') !== 'AEAD_AES_256_GCM') throw new TypeError('algorithm');
    readText(resource, 'ciphertext');
    readText(resource, 'nonce');
  } catch (cause) {
    throw refused('A field is missing or malformed.', cause);
  }
  const opened = openResource(rail, resource);
  try {
    return { notices: noticesOf(rail, event, resource, readBody(opened)), acknowledge: ACKNOWLEDGE };
  } catch (cause) {
    throw refused('A field is missing, malformed, or of another merchant.', cause);
  }
}

/** WeChat tries again on any status of 400 and above. */
export function rejectCallback(reason: 'signature' | 'mismatch' | 'failure'): CallbackAnswer {
  const status = { signature: 401, mismatch: 422, failure: 500 }[reason];
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code: 'FAIL', message: reason }),
  };
}

async function requireProof({ config, keys }: Rail, { method, headers, rawBody }: RawCallback): Promise<void> {
  const proof = method === 'POST' ? proofIn(lowerCase(headers)) : null;
  if (proof === null) throw refused('The headers of the signature are missing or malformed.');
  // Before any key is looked for: WeChat tests in this way whether we check, and it has to fail.
  if (proof.signature.startsWith(PROBE_PREFIX)) throw refused('It is a probe of WeChat with a wrong signature.');
  if (!isFresh(proof, config.now())) throw refused('The timestamp is more than five minutes away from our clock.');
  const key = await keyFor({ config, keys }, proof.serial);
  if (key === null) throw refused('It names a key that WeChat does not have, or that is not configured.');
  if (!isSignedBy(key, proof, rawBody)) throw refused('The signature does not fit.');
}

async function keyFor({ keys }: Rail, serial: string) {
  try {
    return await keys.keyFor(serial);
  } catch (cause) {
    // Nothing was said about the signature: WeChat shall come again.
    throw new ItPayError('CHANNEL_UNAVAILABLE', {
      message: 'The certificates of WeChat, which prove the notification, could not be downloaded.',
      cause,
    });
  }
}

function openResource({ config }: Rail, resource: Body): Buffer {
  const associatedData = resource['associated_data'] ?? '';
  if (typeof associatedData !== 'string') throw refused('A field is missing or malformed.');
  try {
    return open(config.apiV3Key, {
      nonce: readText(resource, 'nonce'),
      associatedData,
      ciphertext: readText(resource, 'ciphertext'),
    });
  } catch {
    // WeChat wrote it, so it is our key that is wrong; until it is right, WeChat shall come again.
    throw new ItPayError('CONFIGURATION_INVALID', {
      message:
        'A notification that WeChat signed cannot be decrypted. ' +
        `Compare ${config.mode}.apiV3Key of wechat() with the APIv3 key in the merchant console.`,
      param: `${config.mode}.apiV3Key`,
    });
  }
}

function noticesOf({ config }: Rail, event: Body, resource: Body, content: Body): readonly ChannelNotice[] {
  const eventId = readText(event, 'id');
  const type = readText(event, 'event_type');
  const originalType = readText(resource, 'original_type');
  requireEqual(readText(content, 'mchid'), config.mchid, 'mchid');
  const about = { eventId, merchantAccount: config.mchid };

  if (type === 'TRANSACTION.SUCCESS') {
    requireEqual(originalType, 'transaction', 'original_type');
    requireEqual(readText(content, 'appid'), config.appid, 'appid');
    requireEqual(readText(content, 'trade_type'), 'NATIVE', 'trade_type');
    requireEqual(readText(content, 'trade_state'), 'SUCCESS', 'trade_state');
    return [{ ...about, kind: 'payment', reference: readText(content, 'out_trade_no'), credit: readCredit(content) }];
  }

  const [, status = ''] = /^REFUND\.(SUCCESS|CLOSED|ABNORMAL)$/.exec(type) ?? [];
  requireEqual(originalType, 'refund', 'original_type');
  requireEqual(readText(content, 'refund_status'), status, 'refund_status');
  for (const field of ['out_trade_no', 'transaction_id']) readText(content, field);
  const notice: ChannelNotice = {
    ...about,
    kind: 'refund',
    reference: readText(content, 'out_refund_no'),
    // Refunds of Native orders are in CNY; the notification names no currency.
    refund: {
      status: status === 'SUCCESS' ? 'succeeded' : 'failed',
      amount: readFen(readObject(content, 'amount'), 'refund'),
      channelRefundId: readText(content, 'refund_id'),
    },
  };
  // An abnormal refund has not ended: it needs another way to the payer. It is acknowledged, and a question goes on telling.
  return status === 'ABNORMAL' ? [] : [notice];
}

function requireEqual(value: string, expected: string, field: string): void {
  if (value === '' || value !== expected) throw new TypeError(field);
}

function lowerCase(headers: RawCallback['headers']): RawCallback['headers'] {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function refused(message: string, cause?: unknown): ItPayError {
  return new ItPayError('CHANNEL_SIGNATURE_INVALID', { message: `The notification is refused. ${message}`, cause });
}

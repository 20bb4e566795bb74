import { ItPayError } from '@itpay/core';
import type { CallbackAnswer, ChannelNotice, RawCallback, VerifiedCallback } from '@itpay/kernel';
import { isSigned } from '../fake-rail/signature.js';
import type { FakeChannelConfig } from './config.js';
import { readCredit, readMoney, readText } from './mapping.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const ACKNOWLEDGE: CallbackAnswer = { status: 200, headers: JSON_TYPE, body: '{"ok":true}' };

/** Signature and freshness over the bytes first; then every field, because what is missing may be what was cut out. */
export async function verifyCallback(
  { secret, now }: FakeChannelConfig,
  { method, headers, rawBody }: RawCallback,
): Promise<VerifiedCallback> {
  const proven = method === 'POST' && isSigned(secret, { kind: 'callback', body: rawBody }, lowerCase(headers), now());
  if (!proven) throw refused('The signature does not fit, or the timestamp is too old.');
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(rawBody);
    return { notices: [readNotice(JSON.parse(text) as Record<string, unknown>)], acknowledge: ACKNOWLEDGE };
  } catch (cause) {
    throw refused('A field is missing or malformed.', cause);
  }
}

export function rejectCallback(reason: 'signature' | 'mismatch' | 'failure'): CallbackAnswer {
  return { status: reason === 'failure' ? 500 : 400, headers: JSON_TYPE, body: `{"ok":false,"reason":"${reason}"}` };
}

function readNotice(body: Record<string, unknown>): ChannelNotice {
  const kind = readText(body, 'kind');
  const notice = {
    eventId: readText(body, 'event_id'),
    merchantAccount: readText(body, 'merchant'),
    reference: readText(body, 'reference'),
  };
  switch (kind) {
    case 'scanned':
    case 'closed':
      return { ...notice, kind };
    case 'payment':
    case 'authorized':
      return { ...notice, kind, credit: readCredit(body) };
    case 'refund': {
      readText(body, 'refund_id');
      const status = readText(body, 'status');
      if (status !== 'succeeded' && status !== 'failed') throw new TypeError('status');
      return { ...notice, kind, refund: { status, amount: readMoney(body) } };
    }
    default:
      throw new TypeError('kind');
  }
}

function lowerCase(headers: RawCallback['headers']): RawCallback['headers'] {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function refused(message: string, cause?: unknown): ItPayError {
  return new ItPayError('CHANNEL_SIGNATURE_INVALID', { message: `The callback is refused. ${message}`, cause });
}

import type { KeyObject } from 'node:crypto';
import type { CallbackRewrite, RailEvent, WrittenCallback } from '../kit/callbacks.js';
import type { Order } from './book.js';
import { MERCHANT_TOKEN_PATH, type Dialect } from './dialect.js';
import { DESCRIPTIONS, snapAmount, type Merchant } from './requests.js';
import { hmac, jakartaTime, rsa, toSign } from './signing.js';

export interface SnapEvent extends RailEvent {
  readonly fields: object;
}

/** The acquirer's own keys, and what it knows about the merchant's endpoints. */
export interface Sender {
  readonly dialect: Dialect;
  readonly merchant: Merchant;
  readonly privateKey: KeyObject;
  /** Made when somebody first wants a forgery: a key pair takes its time. */
  readonly strangerKey: () => KeyObject;
  readonly now: () => Date;
  /** A number that was never used before. */
  readonly nextExternalId: () => string;
}

/** The body of the notification of a payment. */
export function paymentFields(order: Order, dialect: Dialect, merchant: Merchant, rrn: string): object {
  const paidTime = jakartaTime(order.paidAt!);
  const common = {
    originalReferenceNo: order.referenceNo,
    originalPartnerReferenceNo: order.partnerReferenceNo,
    latestTransactionStatus: '00',
    transactionStatusDesc: DESCRIPTIONS['00'],
    amount: snapAmount(order.rupiah),
  };
  return dialect.notifyPath === '/v1.0/debit/notify'
    ? { ...common, merchantId: merchant.merchantId, createdTime: jakartaTime(order.createdAt), finishedTime: paidTime }
    : { ...common, customerNumber: '6280000000000', additionalInfo: { paidTime, rrn, issuer: 'Simulated wallet' } };
}

/** Writes and signs it now; before an HMAC, the merchant is asked for a token. @throws Error when it gives none */
export async function writeNotification(event: SnapEvent, sender: Sender): Promise<WrittenCallback> {
  const token = sender.dialect.notifications === 'hmac' ? await tokenFromMerchant(event.url, sender) : undefined;
  return signed(JSON.stringify(event.fields), new URL(event.url).pathname, token, sender.now(), sender, false);
}

/** The same notification, changed and signed anew, with the token that it had. */
export function rewriteNotification(
  { headers, body }: WrittenCallback,
  { fields = {}, drop = [], content, byStranger = false, signedAt }: CallbackRewrite,
  path: string,
  sender: Sender,
): WrittenCallback {
  const changed = { ...(JSON.parse(body) as object), ...fields } as Record<string, unknown>;
  for (const name of drop) delete changed[name];
  const at = signedAt === undefined ? sender.now() : new Date(signedAt);
  const token = headers['authorization']?.slice('Bearer '.length);
  return signed(content ?? JSON.stringify(changed), path, token, at, sender, byStranger);
}

function signed(
  body: string,
  path: string,
  token: string | undefined,
  at: Date,
  { merchant, privateKey, strangerKey, nextExternalId }: Sender,
  byStranger: boolean,
): WrittenCallback {
  const timestamp = jakartaTime(at);
  const text = toSign({ path, body, timestamp, ...(token !== undefined && { token }) });
  const signature =
    token === undefined
      ? rsa.sign(text, byStranger ? strangerKey() : privateKey)
      : hmac.sign(text, byStranger ? `${merchant.clientSecret} of somebody else` : merchant.clientSecret);
  return {
    headers: {
      'content-type': 'application/json',
      'x-timestamp': timestamp,
      'x-signature': signature,
      'x-partner-id': merchant.clientId,
      'x-external-id': nextExternalId(),
      'channel-id': merchant.channelId,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body,
  };
}

async function tokenFromMerchant(notifyUrl: string, { dialect, merchant, privateKey, now }: Sender): Promise<string> {
  const timestamp = jakartaTime(now());
  const answer = await fetch(notifyUrl.replace(dialect.notifyPath, MERCHANT_TOKEN_PATH), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-timestamp': timestamp,
      'x-client-key': merchant.clientId,
      'x-signature': rsa.sign(`${merchant.clientId}|${timestamp}`, privateKey),
    },
    body: JSON.stringify({ grantType: 'client_credentials' }),
  });
  const content = await answer.text();
  const { accessToken } = (answer.ok ? JSON.parse(content) : {}) as { accessToken?: string };
  if (accessToken === undefined) throw new Error(`The merchant gives no token: ${answer.status} ${content}`);
  return accessToken;
}

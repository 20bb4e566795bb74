import type { KeyObject } from 'node:crypto';
import { seededNumbers } from '../kit/numbers.js';
import type { IncomingRailRequest, RailReply, Understood } from '../kit/server.js';
import { refuse, replyOf, success } from './answer.js';
import type { Order, SnapBook } from './book.js';
import type { Dialect, SnapOperation } from './dialect.js';
import { hmac, jakartaTime, readTime, rsa, toSign } from './signing.js';

/** The merchant, as the acquirer knows it. */
export interface Merchant {
  readonly merchantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly channelId: string;
  readonly publicKey: KeyObject;
}

/** Everything that a request can touch. */
export interface Desk {
  readonly dialect: Dialect;
  readonly merchant: Merchant;
  readonly book: SnapBook;
  readonly now: () => Date;
  readonly numbers: ReturnType<typeof seededNumbers>;
  /** Tokens, and until when they are good. */
  readonly tokens: Map<string, Date>;
  readonly externalIds: Set<string>;
  /** What came in and was proven, in its order. */
  readonly requests: { readonly operation: string; readonly reference: string; readonly externalId: string }[];
}

const FRESH_MS = 5 * 60_000;
const TOKEN_LIFE_S = 900;

/** Verifies and reads a request, as strictly as acquirers do. @throws Refused */
export function understand(
  desk: Desk,
  operation: SnapOperation,
  request: IncomingRailRequest,
): Understood<SnapOperation> {
  if (request.method !== 'POST') refuse('NO_METHOD');
  const timestamp = request.headers['x-timestamp'] ?? refuse('MISSING', 'X-TIMESTAMP');
  const at = readTime(timestamp) ?? refuse('INVALID_FORMAT', 'X-TIMESTAMP');
  if (Math.abs(desk.now().getTime() - at.getTime()) > FRESH_MS) refuse('UNAUTHORIZED', 'X-TIMESTAMP is not now');
  return operation === 'token'
    ? tokenRequest(desk, request, timestamp)
    : apiRequest(desk, operation, request, timestamp);
}

function tokenRequest(desk: Desk, { headers, rawBody }: IncomingRailRequest, timestamp: string) {
  const { merchant, dialect, numbers, tokens, now } = desk;
  const signature = headers['x-signature'] ?? refuse('MISSING', 'X-SIGNATURE');
  if (headers['x-client-key'] !== merchant.clientId) refuse('UNAUTHORIZED', 'Unknown Client');
  if (!rsa.fits(`${merchant.clientId}|${timestamp}`, signature, merchant.publicKey))
    refuse('UNAUTHORIZED', 'Signature');
  if (jsonBody(rawBody).grantType !== 'client_credentials') refuse('MISSING', 'grantType');
  return {
    operation: 'token' as const,
    references: [],
    perform: () => {
      const accessToken = `SIM.${numbers('token', tokens.size)}`;
      tokens.set(accessToken, new Date(now().getTime() + TOKEN_LIFE_S * 1000));
      return success(dialect, 'token', 200, { accessToken, tokenType: 'BearerToken', expiresIn: String(TOKEN_LIFE_S) });
    },
  };
}

function apiRequest(
  desk: Desk,
  operation: Exclude<SnapOperation, 'token'>,
  { path, headers, rawBody }: IncomingRailRequest,
  timestamp: string,
): Understood<SnapOperation> {
  const { merchant, dialect, externalIds } = desk;
  const content = rawBody.toString('utf8');
  const signature = headers['x-signature'] ?? refuse('MISSING', 'X-SIGNATURE');
  if (headers['x-partner-id'] !== merchant.clientId) refuse('UNAUTHORIZED', 'Unknown Partner');
  if (headers['channel-id'] !== merchant.channelId) refuse('INVALID_FORMAT', 'CHANNEL-ID');
  if (dialect.calls === 'hmac') {
    const token = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1] ?? refuse('TOKEN');
    if ((desk.tokens.get(token) ?? new Date(0)) <= desk.now()) refuse('TOKEN');
    const signed = toSign({ path, body: content, timestamp, token });
    if (!hmac.fits(signed, signature, merchant.clientSecret)) refuse('UNAUTHORIZED', 'Signature');
  } else if (!rsa.fits(toSign({ path, body: content, timestamp }), signature, merchant.publicKey)) {
    refuse('UNAUTHORIZED', 'Signature');
  }
  if (!/^application\/json\b/.test(headers['content-type'] ?? '')) refuse('BAD_REQUEST', 'Content-Type');

  const body = jsonBody(rawBody);
  if (body.merchantId !== merchant.merchantId) refuse('INVALID_MERCHANT');
  const read = { generate: generateRequest, query: queryRequest, cancel: cancelRequest, refund: refundRequest }[
    operation
  ];
  const { references, perform } = read(desk, body);

  const externalId = headers['x-external-id'] ?? refuse('MISSING', 'X-EXTERNAL-ID');
  const [reference = ''] = references.slice(-1);
  const numbered = dialect.externalId === 'reference' && (operation === 'generate' || operation === 'refund');
  if (numbered ? externalId !== reference : !/^\d{1,36}$/.test(externalId)) refuse('INVALID_FORMAT', 'X-EXTERNAL-ID');
  const today = `${jakartaTime(desk.now()).slice(0, 10)} ${externalId}`;
  if (!numbered) {
    if (externalIds.has(today)) refuse('CONFLICT');
    externalIds.add(today);
  }
  desk.requests.push({ operation, reference, externalId });
  return {
    operation,
    references,
    perform: (how) => replyOf(dialect, operation, () => perform(how)),
  };
}

type Json = Readonly<Record<string, unknown>>;
type Work = { readonly references: readonly string[]; perform(how: { readonly pending: boolean }): RailReply };

function generateRequest({ dialect, book }: Desk, body: Json): Work {
  const { merchantId: _merchant, ...content } = body;
  const partnerReferenceNo = text(body, 'partnerReferenceNo', 64);
  const validityPeriod = optionalText(body, 'validityPeriod', 25);
  const validUntil = validityPeriod === undefined ? undefined : readTime(validityPeriod);
  if (validUntil === null) refuse('INVALID_FORMAT', 'validityPeriod');
  const order = {
    partnerReferenceNo,
    rupiah: rupiah(body.amount, 'amount'),
    validUntil,
    content: JSON.stringify(content),
  };
  return {
    references: [partnerReferenceNo],
    perform: ({ pending }) => {
      const { referenceNo, qrContent } = book.open(order);
      if (pending) return success(dialect, 'generate', 202, { partnerReferenceNo });
      return success(dialect, 'generate', 200, { referenceNo, partnerReferenceNo, qrContent, terminalId: 'SIM01' });
    },
  };
}

function queryRequest({ dialect, book }: Desk, body: Json): Work {
  const reference = text(body, 'originalPartnerReferenceNo', 64);
  if (body.serviceCode !== '47') refuse('INVALID_FORMAT', 'serviceCode');
  return {
    references: [reference],
    perform: () => {
      const order = book.orderOf(reference, optionalText(body, 'originalReferenceNo', 64));
      return success(dialect, 'query', 200, orderFields(order, book.statusOf(order), dialect));
    },
  };
}

function cancelRequest({ dialect, book, now }: Desk, body: Json): Work {
  const reference = text(body, 'originalPartnerReferenceNo', 64);
  text(body, 'reason', 256);
  return {
    references: [reference],
    perform: () => {
      const order = book.cancel(book.orderOf(reference, optionalText(body, 'originalReferenceNo', 64)));
      return success(dialect, 'cancel', 200, {
        originalPartnerReferenceNo: order.partnerReferenceNo,
        originalReferenceNo: order.referenceNo,
        cancelTime: jakartaTime(now()),
      });
    },
  };
}

function refundRequest({ dialect, book }: Desk, body: Json): Work {
  const request = {
    originalPartnerReferenceNo: text(body, 'originalPartnerReferenceNo', 64),
    originalReferenceNo: optionalText(body, 'originalReferenceNo', 64),
    partnerRefundNo: text(body, 'partnerRefundNo', 64),
    rupiah: rupiah(body.refundAmount, 'refundAmount'),
  };
  text(body, 'reason', 256);
  return {
    references: [request.originalPartnerReferenceNo, request.partnerRefundNo],
    perform: (how) => {
      const refund = book.refund(request, how);
      return success(dialect, 'refund', refund.status === '03' ? 202 : 200, {
        originalPartnerReferenceNo: refund.originalPartnerReferenceNo,
        originalReferenceNo: book.orderOf(refund.originalPartnerReferenceNo).referenceNo,
        partnerRefundNo: refund.partnerRefundNo,
        refundNo: refund.refundNo,
        refundAmount: snapAmount(refund.rupiah),
        refundTime: jakartaTime(refund.createdAt),
      });
    },
  };
}

function orderFields(order: Order, status: string, dialect: Dialect): object {
  return {
    originalReferenceNo: order.referenceNo,
    originalPartnerReferenceNo: order.partnerReferenceNo,
    serviceCode: '47',
    latestTransactionStatus: status,
    transactionStatusDesc: DESCRIPTIONS[status],
    amount: snapAmount(order.rupiah),
    ...(order.paidAt !== undefined && { paidTime: jakartaTime(order.paidAt) }),
    ...(dialect.refunds === 'history' && {
      refundHistory: order.refunds.map((refund) => ({
        refundNo: refund.refundNo,
        partnerRefundNo: refund.partnerRefundNo,
        refundAmount: snapAmount(refund.rupiah),
        refundStatus: refund.status,
        refundDate: jakartaTime(refund.createdAt),
      })),
    }),
  };
}

export const DESCRIPTIONS: Readonly<Record<string, string>> = {
  '00': 'Success',
  '01': 'Initiated',
  '04': 'Refunded',
  '05': 'Cancelled',
  '07': 'Not Found',
};

/** Rupiah have two decimals in SNAP, and they are zeros. */
export function snapAmount(whole: bigint): { readonly value: string; readonly currency: string } {
  return { value: `${whole}.00`, currency: 'IDR' };
}

function jsonBody(rawBody: Buffer): Json {
  try {
    const value: unknown = JSON.parse(rawBody.toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  } catch {
    // Said below.
  }
  return refuse('BAD_REQUEST', 'the body is no JSON object');
}

function text(body: Json, name: string, maxLength: number): string {
  return optionalText(body, name, maxLength) ?? refuse('MISSING', name);
}

function optionalText(body: Json, name: string, maxLength: number): string | undefined {
  const value = body[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value === '' || value.length > maxLength) return refuse('INVALID_FORMAT', name);
  return value;
}

function rupiah(amount: unknown, name: string): bigint {
  const { value, currency } = (amount ?? refuse('MISSING', name)) as { value?: unknown; currency?: unknown };
  if (currency !== 'IDR') return refuse('INVALID_AMOUNT', `${name}.currency`);
  const [, whole] = (typeof value === 'string' && /^([1-9]\d{0,12})\.00$/.exec(value)) || [];
  return whole === undefined ? refuse('INVALID_AMOUNT', `${name}.value`) : BigInt(whole);
}

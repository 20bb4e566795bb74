import type { Bank } from './bank.js';
import { Refusal } from './refusal.js';
import type { RailOperation } from './wire.js';

/** A request of the merchant's side, read from its method, path and body. */
export interface RailRequest {
  readonly operation: RailOperation;
  readonly merchant: string;
  /** The order number; of a file, its day. */
  readonly reference: string;
  /** The number of the capture or the refund, where it has one of its own. */
  readonly key: string | null;
  readonly body: any;
}

const ROUTES: readonly [method: string, path: RegExp, operation: RailOperation][] = [
  ['POST', /^\/v1\/([^/]+)\/orders$/, 'authorize'],
  ['GET', /^\/v1\/([^/]+)\/orders\/([^/]+)$/, 'query'],
  ['POST', /^\/v1\/([^/]+)\/orders\/([^/]+)\/close$/, 'cancel'],
  ['POST', /^\/v1\/([^/]+)\/orders\/([^/]+)\/captures$/, 'capture'],
  ['POST', /^\/v1\/([^/]+)\/orders\/([^/]+)\/refunds$/, 'refund'],
  ['GET', /^\/v1\/([^/]+)\/orders\/([^/]+)\/refunds\/([^/]+)$/, 'queryRefund'],
  ['GET', /^\/v1\/([^/]+)\/statements\/([^/]+)$/, 'fetchStatement'],
];

/** Null when there is no such path. @throws Refusal `invalid_request` when the body is no JSON or lacks a field */
export function readRequest(method: string, path: string, rawBody: Buffer): RailRequest | null {
  for (const [routeMethod, pattern, operation] of ROUTES) {
    const match = routeMethod === method ? pattern.exec(path) : null;
    if (match === null) continue;
    const [merchant = '', inPath, keyInPath] = match.slice(1).map(decodeURIComponent);
    const body = parsed(rawBody);
    const key = keyInPath ?? body.capture_reference ?? body.refund_reference ?? null;
    return { operation, merchant, reference: inPath ?? text(body, 'reference'), key, body };
  }
  return null;
}

const FIELDS: Partial<Record<RailOperation, readonly string[]>> = {
  authorize: ['reference', 'amount', 'currency', 'capture_method', 'expires_at', 'notify_url'],
  capture: ['capture_reference', 'amount', 'currency'],
  refund: ['refund_reference', 'transaction_id', 'amount', 'currency', 'reason'],
};

/** Does what is asked, and returns the answer's body. @throws Refusal */
export function perform(bank: Bank, request: RailRequest, refundStatus: 'processing' | 'succeeded'): object {
  const { operation, merchant, reference, key, body } = request;
  for (const field of FIELDS[operation] ?? []) text(body, field);
  switch (operation) {
    case 'authorize':
      return bank.authorize(merchant, body);
    case 'query':
      return bank.query(merchant, reference);
    case 'cancel':
      return bank.close(merchant, reference);
    case 'capture':
      return bank.capture(merchant, reference, body);
    case 'refund':
      return bank.refund(merchant, reference, body, refundStatus);
    case 'queryRefund':
      return bank.queryRefund(merchant, reference, key ?? '');
    case 'fetchStatement':
      return bank.statements.of(merchant, reference);
  }
}

function parsed(rawBody: Buffer): any {
  if (rawBody.length === 0) return {};
  try {
    return JSON.parse(rawBody.toString('utf8')) ?? {};
  } catch {
    throw new Refusal('invalid_request', 'The body is no JSON.');
  }
}

function text(body: any, field: string): string {
  const value: unknown = body[field];
  if (typeof value !== 'string' || value === '') throw new Refusal('invalid_request', `${field} is missing.`);
  return value;
}

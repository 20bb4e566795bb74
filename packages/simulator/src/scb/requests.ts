import { randomBytes } from 'node:crypto';
import { formatDecimal } from '@itpay/core';
import type { IncomingRailRequest, RailReply, Understood } from '../kit/server.js';
import { answered, ok, refuse } from './answer.js';
import type { ScbBook } from './book.js';
import { bangkokTime } from './bangkok-time.js';
import { paymentToWire, SCB_BANK } from './to-wire.js';

export const SCB_OPERATIONS = ['token', 'create', 'inquiry', 'transaction'] as const;
export type ScbOperation = (typeof SCB_OPERATIONS)[number];

/** What a partner of SCB has. */
export interface ScbPartner {
  readonly billerId: string;
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly reference3Prefix: string;
}

/** What the requests need to be answered. */
export interface Desk {
  readonly partner: ScbPartner;
  readonly book: ScbBook;
  readonly now: () => Date;
  /** Tokens that were given out, and when they end. */
  readonly tokens: Map<string, number>;
}

type Body = Readonly<Record<string, unknown>>;
type Reading = (desk: Desk, request: IncomingRailRequest, url: URL, number: string) => Understood<ScbOperation>;

const TOKEN_LIFE_S = 1_800;
const REFERENCE = /^[A-Z0-9]{1,20}$/;

const PATHS: readonly (readonly [method: string, path: RegExp, read: Reading])[] = [
  ['POST', /^\/v1\/oauth\/token$/, readToken],
  ['POST', /^\/v1\/payment\/qrcode\/create$/, readCreate],
  ['GET', /^\/v1\/payment\/billpayment\/inquiry$/, readInquiry],
  ['GET', /^\/v1\/payment\/billpayment\/transactions\/([^/]+)$/, readTransaction],
];

/** Checks headers and token, and reads the operation. Null when there is no such path. @throws Refused */
export function readRequest(desk: Desk, request: IncomingRailRequest): Understood<ScbOperation> | null {
  const url = new URL(request.path, 'http://simulator');
  for (const [method, path, read] of PATHS) {
    const [found, number = ''] = path.exec(url.pathname) ?? [];
    if (found === undefined || request.method !== method) continue;
    checkHeaders(desk, request, read === readToken);
    return read(desk, request, url, decodeURIComponent(number));
  }
  return null;
}

function checkHeaders({ partner, tokens, now }: Desk, { headers }: IncomingRailRequest, forToken: boolean): void {
  if (!headers['content-type']?.startsWith('application/json')) refuse('9100', 'content-type');
  if (headers['resourceownerid'] === undefined) refuse('9100', 'resourceOwnerId');
  if (!/^[0-9A-Za-z-]{1,36}$/.test(headers['requestuid'] ?? '')) refuse('9100', 'requestUId');
  if (headers['resourceownerid'] !== partner.apiKey) refuse('9500');
  if (forToken) return;
  const [, token = ''] = /^Bearer (.+)$/.exec(headers['authorization'] ?? '') ?? [];
  const until = tokens.get(token);
  if (until === undefined) return refuse('9500');
  if (now().getTime() >= until) refuse('9300');
}

function readToken({ partner, tokens, now }: Desk, { rawBody }: IncomingRailRequest): Understood<ScbOperation> {
  const body = bodyOf(rawBody, ['applicationKey', 'applicationSecret']);
  const fits = text(body, 'applicationKey') === partner.apiKey && text(body, 'applicationSecret') === partner.apiSecret;
  if (!fits) refuse('9500');
  return {
    operation: 'token',
    references: [],
    perform: () => {
      const accessToken = randomBytes(18).toString('base64url');
      const until = now().getTime() + TOKEN_LIFE_S * 1000;
      tokens.set(accessToken, until);
      return ok({
        accessToken,
        tokenType: 'Bearer',
        expiresIn: TOKEN_LIFE_S,
        expiresAt: Math.floor(until / 1000),
      });
    },
  };
}

function readCreate({ partner, book }: Desk, { rawBody }: IncomingRailRequest): Understood<ScbOperation> {
  const body = bodyOf(rawBody, ['qrType', 'ppType', 'ppId', 'amount', 'ref1', 'ref2', 'ref3']);
  if (text(body, 'qrType') !== 'PP') refuse('1102', 'qrType');
  if (text(body, 'ppType') !== 'BILLERID') refuse('1102', 'ppType');
  if (text(body, 'ppId') !== partner.billerId) refuse('1102', 'ppId');
  const amount = text(body, 'amount', /^(0|[1-9]\d{0,9})\.\d{2}$/);
  if (Number(amount) === 0) refuse('1102', 'amount');
  const content = {
    ppId: partner.billerId,
    amount,
    ref1: text(body, 'ref1', REFERENCE),
    ref2: body['ref2'] === undefined ? undefined : text(body, 'ref2', REFERENCE),
    ref3: text(body, 'ref3', REFERENCE),
  };
  if (!content.ref3.startsWith(partner.reference3Prefix)) refuse('1102', 'ref3');
  return {
    operation: 'create',
    references: [content.ref1],
    perform: answering(() => ok({ qrRawData: book.make(content).qrRawData })),
  };
}

function readInquiry({ partner, book }: Desk, _: IncomingRailRequest, url: URL): Understood<ScbOperation> {
  const query = Object.fromEntries(url.searchParams);
  const allowed = ['eventCode', 'transactionDate', 'billerId', 'reference1', 'reference2', 'amount'];
  const strange = Object.keys(query).find((name) => !allowed.includes(name));
  if (strange !== undefined) refuse('1105', strange);
  if (text(query, 'eventCode') !== '00300100') refuse('1102', 'eventCode');
  if (text(query, 'billerId') !== partner.billerId) refuse('1102', 'billerId');
  const day = text(query, 'transactionDate', /^\d{4}-\d\d-\d\d$/);
  const ref1 = text(query, 'reference1', REFERENCE);
  return {
    operation: 'inquiry',
    references: [ref1],
    perform: answering(() => {
      const found = book
        .on(day, ref1)
        .filter(({ ref2 }) => query['reference2'] === undefined || ref2 === query['reference2'])
        .filter(({ satang }) => query['amount'] === undefined || formatDecimal(satang, 2) === query['amount']);
      const facts = { eventCode: '00300100', transactionType: 'Domestic Transfers' };
      return ok(
        found.map((payment) => ({
          ...facts,
          ...paymentToWire(payment, partner),
          reverseFlag: payment.reversed ? 'R' : '',
        })),
      );
    }),
  };
}

function readTransaction(
  { partner, book }: Desk,
  _: IncomingRailRequest,
  url: URL,
  transRef: string,
): Understood<ScbOperation> {
  const sendingBank = text(Object.fromEntries(url.searchParams), 'sendingBank', /^\d{3}$/);
  return {
    operation: 'transaction',
    references: [transRef],
    perform: answering(() => {
      const payment = book.payments.find(({ slipNumber }) => slipNumber === transRef);
      if (payment === undefined || sendingBank !== SCB_BANK) return refuse('1104', 'transRef');
      const [transDate = '', time = ''] = bangkokTime(payment.paidAt).split('T');
      return ok({
        transRef,
        sendingBank,
        receivingBank: SCB_BANK,
        transDate: transDate.replaceAll('-', ''),
        transTime: time.slice(0, 8),
        sender: { displayName: 'Simulated P.', name: 'Simulated Payer' },
        receiver: {
          displayName: 'Simulated Shop',
          name: 'Simulated Shop',
          proxy: { type: 'BILLERID', value: partner.billerId },
        },
        amount: formatDecimal(payment.satang, 2),
        paidLocalAmount: formatDecimal(payment.satang, 2),
        paidLocalCurrency: '764',
        countryCode: 'TH',
        ref1: payment.ref1,
        ref2: payment.ref2 ?? '',
        ref3: payment.ref3,
      });
    }),
  };
}

function bodyOf(rawBody: Buffer, allowed: readonly string[]): Body {
  let body: unknown;
  try {
    body = JSON.parse(rawBody.toString('utf8'));
  } catch {
    refuse('1102', 'body');
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) refuse('1102', 'body');
  const strange = Object.keys(body).find((name) => !allowed.includes(name));
  if (strange !== undefined) refuse('1105', strange);
  return body as Body;
}

function text(body: Body, name: string, form = /./): string {
  const value = body[name];
  if (value === undefined || value === null) refuse('1101', name);
  if (value === '') refuse('1103', name);
  if (typeof value !== 'string' || !form.test(value)) refuse('1102', name);
  return value;
}

/** The work; what it refuses is an answer as well. */
function answering(work: () => RailReply): Understood<ScbOperation>['perform'] {
  return () => answered(work);
}

import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { Callbacks } from '../kit/callbacks.js';
import { railControl, type RailControl } from '../kit/client.js';
import { seededNumbers } from '../kit/numbers.js';
import { serveRail, type RailProtocol, type RailReply } from '../kit/server.js';
import { Refused, refusal, refuse, replyOf, type RefusalWord } from './answer.js';
import { SnapBook, type Order } from './book.js';
import { DIALECTS, SNAP_OPERATIONS, type Dialect, type SnapOperation, type SnapProfile } from './dialect.js';
import { paymentFields, rewriteNotification, writeNotification, type Sender, type SnapEvent } from './notification.js';
import { falsifyQr } from './qr.js';
import { understand, type Desk } from './requests.js';
import { jakartaTime } from './signing.js';

export type { SnapProfile } from './dialect.js';

export interface SnapSimulatorOptions {
  /** Left out: a free one. */
  readonly port?: number;
  /** Numbers depend on it; keys are new at each start. */
  readonly seed?: string;
  /** Whose SNAP it speaks. Left out: `aspi`, the standard by the letter. */
  readonly profile?: SnapProfile;
  /** Where the merchant listens; it ends with the path of notifications. Left out: nowhere, until `registerNotifyUrl`. */
  readonly notifyUrl?: string;
  /** Left out: `manual`; notifications wait for `control.deliverCallbacks`. */
  readonly callbacks?: 'auto' | 'manual';
  /** The acquirer's clock. Left out: that of the machine. */
  readonly now?: () => Date;
}

/** What a merchant of the acquirer has. */
export interface SnapCredentials {
  readonly acquirer: SnapProfile;
  readonly merchantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly channelId: string;
  /** The merchant's own key. PKCS#8, PEM. */
  readonly privateKey: string;
  /** The acquirer's key. SPKI, PEM. */
  readonly publicKey: string;
}

export interface SnapSimulator {
  readonly url: string;
  readonly credentials: SnapCredentials;
  readonly control: RailControl;
  /** SNAP has no notification address in its orders: merchants register one, as on a portal. */
  registerNotifyUrl(url: string): void;
  /** Tokens that were given out end now. */
  revokeTokens(): void;
  close(): Promise<void>;
}

/** Where nobody listens. */
const NOWHERE = 'http://127.0.0.1:9';

/**
 * Starts a QRIS acquirer that speaks SNAP, has one merchant and exists only on this machine. Answers of SNAP carry no
 * signature, so that the behaviour `bad_signature` changes nothing here.
 *
 * @throws Error when `notifyUrl` does not end with the path of notifications
 */
export async function startSnapSimulator({
  port = 0,
  seed = 'snap',
  profile = 'aspi',
  notifyUrl = NOWHERE + DIALECTS[profile].notifyPath,
  callbacks: delivery = 'manual',
  now = () => new Date(),
}: SnapSimulatorOptions = {}): Promise<SnapSimulator> {
  const dialect: Dialect = DIALECTS[profile];
  const numbers = seededNumbers(seed);
  const [merchantKey, acquirerKey] = [newKeyPair(), newKeyPair()];
  let stranger: KeyObject | undefined;
  const merchant = {
    merchantId: numbers('merchant').slice(-15),
    clientId: `SIM-${numbers('client').slice(-12)}`,
    clientSecret: randomBytes(16).toString('hex'),
    channelId: '95221',
    publicKey: merchantKey.publicKey,
  };
  let registered = checkNotifyUrl(notifyUrl, profile);
  const register = (address: string) => void (registered = checkNotifyUrl(address, profile));
  let sent = 0;
  const sender: Sender = {
    dialect,
    merchant,
    privateKey: acquirerKey.privateKey,
    strangerKey: () => (stranger ??= newKeyPair().privateKey),
    now,
    nextExternalId: () => numbers('external', (sent += 1)),
  };
  const callbacks = new Callbacks<SnapEvent>({
    write: (event) => writeNotification(event, sender),
    rewrite: (callback, change) => rewriteNotification(callback, change, new URL(registered).pathname, sender),
    isAcknowledged: (status, body) => status === 200 && /"responseCode"\s*:\s*"200\d{4}"/.test(body),
    automatic: delivery === 'auto',
  });
  const book = new SnapBook(dialect, seed, now, (order) =>
    callbacks.push({
      id: `N-${order.referenceNo}`,
      kind: 'payment',
      reference: order.partnerReferenceNo,
      url: registered,
      fields: paymentFields(order, dialect, merchant, numbers('rrn', order.partnerReferenceNo).slice(-12)),
    }),
  );
  const desk: Desk = {
    dialect,
    merchant,
    book,
    now,
    numbers,
    tokens: new Map(),
    externalIds: new Set(),
    requests: [],
  };

  const { url, close } = await serveRail({ ...protocolOf(desk, callbacks), register }, { port });
  return {
    url,
    credentials: {
      acquirer: profile,
      merchantId: merchant.merchantId,
      clientId: merchant.clientId,
      clientSecret: merchant.clientSecret,
      channelId: merchant.channelId,
      privateKey: merchantKey.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      publicKey: acquirerKey.publicKey.export({ type: 'spki', format: 'pem' }) as string,
    },
    control: railControl(url),
    registerNotifyUrl: register,
    revokeTokens: () => desk.tokens.clear(),
    close,
  };
}

function checkNotifyUrl(address: string, profile: SnapProfile): string {
  const { notifyPath } = DIALECTS[profile];
  if (URL.canParse(address) && new URL(address).pathname.endsWith(notifyPath)) return address;
  throw new Error(`Notifications of "${profile}" go to an address that ends with ${notifyPath}.`);
}

function protocolOf(desk: Desk, callbacks: Callbacks<SnapEvent>): RailProtocol<SnapOperation, SnapEvent> {
  const { dialect, book, now } = desk;
  const operationAt = new Map(SNAP_OPERATIONS.map((operation) => [dialect.paths[operation], operation]));
  return {
    name: 'snap',
    operations: SNAP_OPERATIONS,
    callbacks,
    receive(request) {
      const operation = operationAt.get(request.path.split('?')[0]!);
      if (operation === undefined) return null;
      try {
        return understand(desk, operation, request);
      } catch (error) {
        if (error instanceof Refused) return refusal(dialect, operation, error);
        throw error;
      }
    },
    refuse: (operation, why) => {
      const word = ({ decline: 'NOT_PERMITTED', '429': 'TOO_MANY', '500': 'BROKEN' } as const)[why];
      return replyOf(dialect, operation, () => refuse(word satisfies RefusalWord));
    },
    falsify,
    sign: (reply) => ({ ...reply, headers: { ...reply.headers, 'x-timestamp': jakartaTime(now()) } }),
    act: (act) => book.act(act),
    books: () => ({
      orders: [...book.orders.values()].map((order) => bookEntry(order, book)),
      requests: desk.requests,
    }),
  };
}

function bookEntry({ refunds, ...order }: Order, book: SnapBook): object {
  const { partnerReferenceNo, referenceNo, rupiah, qrContent } = order;
  return {
    partnerReferenceNo,
    referenceNo,
    qrContent,
    rupiah,
    status: book.statusOf({ refunds, ...order }),
    refunds: refunds.map(({ partnerRefundNo, refundNo, rupiah: amount, status }) => ({
      partnerRefundNo,
      refundNo,
      rupiah: amount,
      status,
    })),
  };
}

function falsify({ body, ...reply }: RailReply, what: 'reference' | 'amount' | 'currency'): RailReply {
  const content = JSON.parse(String(body)) as Record<string, any>;
  for (const [name, value] of Object.entries(content)) {
    if (what === 'reference' && /partner\w*No$/i.test(name)) content[name] = `${value}0`;
    if (what === 'reference') continue;
    if (name === 'qrContent') content[name] = falsifyQr(value as string, what);
    if (/amount$/i.test(name)) {
      content[name] = what === 'amount' ? { ...value, value: `1${value.value}` } : { ...value, currency: 'USD' };
    }
  }
  return { ...reply, body: JSON.stringify(content) };
}

function newKeyPair(): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}

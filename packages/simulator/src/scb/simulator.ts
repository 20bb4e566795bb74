import { randomBytes } from 'node:crypto';
import { Callbacks, type RailEvent, type WrittenCallback, type CallbackRewrite } from '../kit/callbacks.js';
import { railControl, type RailControl } from '../kit/client.js';
import { seededNumbers } from '../kit/numbers.js';
import { serveRail, type RailProtocol } from '../kit/server.js';
import { answered, refusal } from './answer.js';
import { ScbBook } from './book.js';
import { readRequest, SCB_OPERATIONS, type Desk, type ScbOperation, type ScbPartner } from './requests.js';
import { slipOf } from './slip.js';
import { falsify, paymentToWire, SCB_BANK } from './to-wire.js';

export interface ScbSimulatorOptions {
  /** Left out: a free one. */
  readonly port?: number;
  /** Numbers depend on it; the secret and tokens are new at each start. */
  readonly seed?: string;
  /** Left out: `manual`; confirmations wait for `control.deliverCallbacks`. */
  readonly callbacks?: 'auto' | 'manual';
  /** Where confirmations go, as a partner registers it with the bank. Left out: nowhere until `registerCallback`. */
  readonly callbackUrl?: string;
  /** The bank's clock. Left out: that of the machine. */
  readonly now?: () => Date;
}

/** What a partner of SCB has: what `scb({ test: { …credentials, baseUrl: url } })` needs. */
export type ScbCredentials = ScbPartner;

export interface ScbSimulator {
  readonly url: string;
  readonly credentials: ScbCredentials;
  readonly control: RailControl;
  /** Registers another address for confirmations; codes name none. What waits keeps the address that it had. */
  registerCallback(url: string): void;
  /** The bank takes a payment back. Nobody is told; inquiries say so. */
  reverse(transactionId: string): void;
  /** All tokens end at once. */
  endTokens(): void;
  /** The text of the small code on the slip of a payment. */
  slipOf(transactionId: string): string;
  close(): Promise<void>;
}

/** What the bank confirms. */
interface Confirmation extends RailEvent {
  readonly content: Readonly<Record<string, unknown>>;
}

// The biller that test mode shows everywhere. It cannot exist, because a biller id begins with a company's tax id.
const NOBODY_BILLER = '000000000000000';

/**
 * Starts an SCB (Open API, bill payment by Thai QR) that has one partner and exists only on this machine. Like the real one,
 * it signs nothing: `bad_signature` and a rewriting "by a stranger" change nothing here.
 */
export async function startScbSimulator({
  port = 0,
  seed = 'scb',
  callbacks: delivery = 'manual',
  callbackUrl: registered = '',
  now = () => new Date(),
}: ScbSimulatorOptions = {}): Promise<ScbSimulator> {
  const partner: ScbPartner = {
    billerId: NOBODY_BILLER,
    apiKey: `l7${BigInt(seededNumbers(seed)('api key')).toString(16).slice(0, 32)}`,
    apiSecret: randomBytes(16).toString('hex'),
    reference3Prefix: 'SIM',
  };
  let callbackUrl = registered;
  const callbacks = new Callbacks<Confirmation>({
    write: ({ content }) => written(content),
    rewrite,
    isAcknowledged: (status, body) => status === 200 && /"resCode"\s*:\s*"00"/.test(body),
    automatic: delivery === 'auto',
    attempts: 3,
  });
  const book = new ScbBook(seed, partner.reference3Prefix, now, (payment) => {
    const content = paymentToWire(payment, partner);
    const { transactionId: id, ref1: reference } = payment;
    callbacks.push({ id, kind: 'payment', reference, url: callbackUrl, content });
  });
  const desk: Desk = { partner, book, now, tokens: new Map() };

  const register = (to: string) => void (callbackUrl = to);
  const { url, close } = await serveRail({ ...protocolOf(desk, callbacks), register }, { port });
  return {
    url,
    credentials: partner,
    control: railControl(url),
    registerCallback: register,
    reverse: (transactionId) => book.reverse(transactionId),
    endTokens: () => desk.tokens.clear(),
    slipOf(transactionId) {
      const payment = book.payments.find((one) => one.transactionId === transactionId);
      if (payment === undefined) throw new Error(`SCB has no payment "${transactionId}".`);
      return slipOf({ sendingBank: SCB_BANK, transRef: payment.slipNumber });
    },
    close,
  };
}

function protocolOf(desk: Desk, callbacks: Callbacks<Confirmation>): RailProtocol<ScbOperation, Confirmation> {
  const { book } = desk;
  const requests: Record<ScbOperation, number> = { token: 0, create: 0, inquiry: 0, transaction: 0 };
  return {
    name: 'scb',
    operations: SCB_OPERATIONS,
    callbacks,
    receive(request) {
      const understood = answered(() => readRequest(desk, request));
      if (understood !== null && 'perform' in understood) requests[understood.operation] += 1;
      return understood;
    },
    refuse: (_operation, why) => refusal(({ decline: '1102', '429': '9700', '500': '9900' } as const)[why]),
    falsify,
    sign: (reply) => reply,
    act: (act) => book.act(act),
    books: () => ({
      requests,
      codes: [...book.codes.values()].map(({ ref1, ref2, ref3, amount, qrRawData }) => ({
        ref1,
        ref2: ref2 ?? null,
        ref3,
        amount,
        qrRawData,
      })),
      payments: book.payments.map(({ transactionId, ref1, satang, paidAt, reversed }) => ({
        transactionId,
        ref1,
        satang,
        paidAt,
        reversed,
      })),
    }),
  };
}

function written(content: Readonly<Record<string, unknown>>): WrittenCallback {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(content) };
}

function rewrite({ body }: WrittenCallback, { fields = {}, drop = [], content }: CallbackRewrite): WrittenCallback {
  if (content !== undefined) return { ...written({}), body: content };
  const changed = { ...(JSON.parse(body) as Record<string, unknown>), ...fields };
  for (const name of drop) delete changed[name];
  return written(changed);
}

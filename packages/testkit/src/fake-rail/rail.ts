import { booksFromJson, type BookedPayment, type BookEntry, type RailBooks } from './books.js';
import type { Delivery, DeliverOptions, PendingCallback } from './callback-queue.js';
import type { ActBody, ControlBodies } from './control.js';
import type { ScriptRule } from './script.js';
import { referenceIn } from './to-wire.js';
import type { WireStatementRow } from './wire.js';

export interface PayOptions {
  /** In minor units. Left out: what the order asks for. */
  readonly amount?: bigint;
  /** Left out: that of the order. */
  readonly currency?: string;
  /** How often; each is a payment of its own. */
  readonly times?: number;
  /** Left out: the rail's own time. */
  readonly paidAt?: Date;
}

/**
 * A running fake rail, as a test sees it: the bank and its payer. Where it takes an order number, the text of the order's
 * code does as well.
 */
export interface FakeRail {
  readonly url: string;
  readonly secret: string;
  /** Says how the next requests are treated. Rules are used up in their order. */
  script(...rules: ScriptRule[]): Promise<void>;
  clearScript(): Promise<void>;
  scan(reference: string): Promise<void>;
  /** Pays; an order with manual capture gets a hold instead. */
  pay(reference: string, options?: PayOptions): Promise<BookedPayment[]>;
  /** Agrees to the hold of an order with manual capture. */
  authorize(reference: string): Promise<BookedPayment>;
  /** The payer says no: the order is closed, and a callback says so. */
  decline(reference: string): Promise<void>;
  /** The order's time is over, whatever the clock says. */
  expire(reference: string): Promise<void>;
  /** Ends a refund that was scripted `pending`. */
  settleRefund(refundReference: string, status: 'succeeded' | 'failed'): Promise<void>;
  /** Whether closed and expired orders can still be paid. At first they cannot. */
  setPayableAfterClose(payable: boolean): Promise<void>;
  /**
   * The rail's time, for expiry and `paid_at`; it stands still. Null: the machine's, and then no order expires by itself.
   * Signatures always have the machine's time.
   */
  setTime(now: Date | null): Promise<void>;
  /** What the file of a day of UTC says: the payments, fees and refunds of that day, as the bank has them. */
  statement(day: string, merchant?: string): Promise<WireStatementRow[]>;
  /** The file of a day says this from now on, whatever the bank has. Null: it is not there yet. */
  setStatement(day: string, rows: readonly WireStatementRow[] | null, merchant?: string): Promise<void>;
  books(): Promise<RailBooks>;
  /** One order number in the books; undefined when the rail never heard of it. */
  entry(reference: string): Promise<BookEntry | undefined>;
  /** The callbacks that wait, each signed now. */
  callbacks(): Promise<PendingCallback[]>;
  /** Delivers what waits. What is not acknowledged goes on waiting. */
  deliverCallbacks(options?: DeliverOptions): Promise<Delivery[]>;
  stop(): Promise<void>;
}

/** The typed face of the control API. */
export function railAt(url: string, secret: string, stop: () => Promise<void>): FakeRail {
  const command = <T>(name: keyof ControlBodies, body: object) => post<T>(`${url}/control/${name}`, body);
  const act = async (action: ActBody['action'], reference: string, more: object = {}) => {
    const { payments } = await command<{ payments: BookedPayment[] }>('act', { action, reference, ...more });
    return payments;
  };
  const books = () => get<RailBooks>(`${url}/books`);
  return {
    url,
    secret,
    async script(...rules) {
      await command('script', { rules } satisfies ControlBodies['script']);
    },
    async clearScript() {
      await command('script/clear', {});
    },
    async scan(reference) {
      await act('scan', reference);
    },
    pay: (reference, { amount, ...more } = {}) =>
      act('pay', reference, { ...more, ...(amount !== undefined && { amount: String(amount) }) }),
    async authorize(reference) {
      const [hold] = await act('authorize', reference);
      return hold!;
    },
    async decline(reference) {
      await act('decline', reference);
    },
    async expire(reference) {
      await act('expire', reference);
    },
    async settleRefund(refundReference, status) {
      await command('refunds', { refundReference, status } satisfies ControlBodies['refunds']);
    },
    async setPayableAfterClose(payableAfterClose) {
      await command('settings', { payableAfterClose } satisfies ControlBodies['settings']);
    },
    async setTime(now) {
      await command('settings', { now: now?.toISOString() ?? null } satisfies ControlBodies['settings']);
    },
    async statement(day, merchant = 'shop-test') {
      const { rows } = await command<{ rows: WireStatementRow[] }>('statement', { merchant, day });
      return rows;
    },
    async setStatement(day, rows, merchant = 'shop-test') {
      await command('statement', { merchant, day, rows } satisfies ControlBodies['statement']);
    },
    books,
    async entry(reference) {
      const { entries } = await books();
      return entries.find((entry) => entry.reference === referenceIn(reference));
    },
    callbacks: () => get(`${url}/control/callbacks`),
    deliverCallbacks: (options = {}) => command('callbacks/deliver', options),
    stop,
  };
}

async function post<T>(url: string, body: object): Promise<T> {
  return read(await fetch(url, { method: 'POST', body: JSON.stringify(body) }));
}

async function get<T>(url: string): Promise<T> {
  return read(await fetch(url));
}

async function read<T>(answer: Response): Promise<T> {
  const text = await answer.text();
  if (!answer.ok) throw new Error(`The fake rail refuses: ${messageIn(text)}`);
  return booksFromJson<T>(text);
}

function messageIn(text: string): string {
  try {
    return (JSON.parse(text) as { message: string }).message;
  } catch {
    return text;
  }
}

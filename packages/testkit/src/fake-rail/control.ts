import type { Bank, Payment } from './bank.js';
import type { CallbackQueue, DeliverOptions } from './callback-queue.js';
import type { Script, ScriptRule } from './script.js';
import { referenceIn } from './to-wire.js';
import type { WireStatementRow } from './wire.js';

/** What `POST /control/…` takes, as JSON. Amounts are integers of minor units, as text. */
export interface ControlBodies {
  script: { readonly rules: readonly ScriptRule[] };
  'script/clear': object;
  /** What the payer does, or the passing of time. */
  act: ActBody;
  refunds: { readonly refundReference: string; readonly status: 'succeeded' | 'failed' };
  settings: { readonly payableAfterClose?: boolean; readonly now?: string | null };
  /** Without `rows`: what the file of a day says. With them it says that; null: it is not there yet. */
  statement: { readonly merchant: string; readonly day: string; readonly rows?: readonly WireStatementRow[] | null };
  'callbacks/deliver': DeliverOptions;
}

export interface ActBody {
  readonly action: 'scan' | 'pay' | 'authorize' | 'decline' | 'expire';
  /** The order number, or the text of its code. */
  readonly reference: string;
  readonly amount?: string;
  readonly currency?: string;
  readonly times?: number;
  readonly paidAt?: string;
}

export interface ControlContext {
  readonly bank: Bank;
  readonly script: Script;
  readonly callbacks: CallbackQueue;
}

/** The test's side of the rail. Undefined when there is no such command. */
export async function control(
  { bank, script, callbacks }: ControlContext,
  command: string,
  body: any,
): Promise<unknown> {
  switch (command as keyof ControlBodies) {
    case 'script':
      script.add((body as ControlBodies['script']).rules);
      return {};
    case 'script/clear':
      script.clear();
      return {};
    case 'act':
      return { payments: act(bank, body as ActBody) };
    case 'refunds': {
      const { refundReference, status } = body as ControlBodies['refunds'];
      bank.settleRefund(refundReference, status);
      return {};
    }
    case 'settings': {
      const { payableAfterClose, now } = body as ControlBodies['settings'];
      if (payableAfterClose !== undefined) bank.settings.payableAfterClose = payableAfterClose;
      if (now !== undefined) bank.settings.now = now === null ? null : new Date(now);
      return {};
    }
    case 'statement': {
      const { merchant, day, rows } = body as ControlBodies['statement'];
      if (rows !== undefined) bank.statements.replace(merchant, day, rows);
      return { rows: rows === null ? [] : bank.statements.of(merchant, day).rows };
    }
    case 'callbacks/deliver':
      return callbacks.deliver(body as DeliverOptions);
    default:
      return undefined;
  }
}

function act(bank: Bank, { action, amount, currency, times, paidAt, ...more }: ActBody): unknown[] {
  const reference = referenceIn(more.reference);
  switch (action) {
    case 'scan':
      bank.scan(reference);
      return [];
    case 'pay': {
      const payment: Payment = {
        ...(amount !== undefined && { amount: BigInt(amount) }),
        ...(currency !== undefined && { currency }),
        ...(times !== undefined && { times }),
        ...(paidAt !== undefined && { paidAt: new Date(paidAt) }),
      };
      return bank.pay(reference, payment);
    }
    case 'authorize':
      return [bank.authorizeHold(reference)];
    case 'decline':
    case 'expire':
      bank.end(reference);
      return [];
    default:
      throw new TypeError(`There is no action "${action as string}".`);
  }
}

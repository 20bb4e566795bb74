import type { RawCallback } from '@itpay/kernel';

/** What a contract asks of a channel over its network. */
export type ContractOperation = 'authorize' | 'query' | 'cancel' | 'capture' | 'refund' | 'queryRefund';

/** How the rail shall treat one request. "After" means that it does what it was asked, and then misbehaves. */
export type ContractFault =
  /** Refuses for good. */
  | 'decline'
  /** Accepts; the result comes later. */
  | 'pending'
  /** Does nothing and never answers. */
  | 'hang'
  | 'hang_after'
  /** Cuts the connection. */
  | 'reset_after'
  | 'rate_limited'
  /** Does nothing, and answers as a broken server of the rail would. */
  | 'server_error'
  /** The remaining ones do the work. The answer is not in the rail's format, but signed if the rail signs. */
  | 'garbage'
  | 'bad_signature'
  | 'wrong_reference'
  | 'wrong_amount'
  | 'wrong_currency';

/**
 * The other side of a channel with a network: what the suite needs to play the rail and the payer. In front of a sandbox
 * or of a fake of yours. Offer what the channel's capabilities need; a case that misses a function fails and names it.
 */
export interface ContractRail {
  /** The payer pays what the order asks for; where the order asks for a hold, the payer agrees to that. */
  pay?(reference: string): Promise<unknown>;
  /** Needed with `scan_notification`: the payer looks at the code, and does not pay yet. */
  scan?(reference: string): Promise<unknown>;
  /**
   * Left out where every order can be closed at once. Where the rail closes an order only once the payer did something:
   * makes that happen, short of paying.
   */
  makeClosable?(reference: string): Promise<unknown>;
  /** Treats the next request of this kind in this way, and those after it as usual. */
  next?(operation: ContractOperation, fault: ContractFault): Promise<unknown>;
  /** What the rail's own books hold under an order number of ours. */
  made?(reference: string): Promise<{ readonly orders: number; readonly captures: number; readonly refunds: number }>;
  /** Needed with `callback`: the latest notification about an order or a refund, as it is or would be delivered. */
  lastCallback?(reference: string): Promise<RawCallback>;
  /** Needed with `callback`: the same notification, written and signed anew. */
  rewriteCallback?(callback: RawCallback, change: CallbackChange): Promise<RawCallback>;
  /**
   * Needed with `callback`: every field of a payment notification, each with another value that is valid in its place. All
   * of them have to be there for a notification to count.
   */
  readonly callbackFields?: Readonly<Record<string, unknown>>;
}

export interface CallbackChange {
  /** New values; undefined leaves the field out. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Replaces the whole content. */
  readonly content?: string;
  /** Signed with a key that is not the rail's. */
  readonly byStranger?: boolean;
  /** When it says that it was signed. */
  readonly signedAt?: Date;
}

const ADVICE = {
  pay: 'let the payer pay the order: pay(reference)',
  scan: 'let the payer scan the code: scan(reference)',
  makeClosable: 'bring an open order to where it can be closed: makeClosable(reference)',
  next: 'make the rail misbehave once: next(operation, fault)',
  made: 'count orders, captures and refunds in the books of the rail: made(reference)',
  lastCallback: 'return the latest notification: lastCallback(reference)',
  rewriteCallback: 'write a notification anew with other fields, signed by the rail: rewriteCallback(callback, change)',
  callbackFields: 'name the fields of a payment notification, each with another valid value: callbackFields',
} satisfies Record<keyof ContractRail, string>;

const nothingToDo = async (): Promise<void> => {};

/** The rail with every function; one that is missing says what to add when a case needs it. */
export function offered(rail: ContractRail | undefined): Required<ContractRail> {
  return new Proxy({} as Required<ContractRail>, {
    get(_, name: keyof ContractRail) {
      const member = rail?.[name] ?? (name === 'makeClosable' ? nothingToDo : undefined);
      if (member !== undefined) return typeof member === 'function' ? member.bind(rail) : member;
      throw new TypeError(
        `This case needs ContractRail.${name}. Pass channelContract(make, { network: { rail } }) a rail that can ` +
          `${ADVICE[name]}. If that is not possible, excuse the case with the reason.`,
      );
    },
  });
}

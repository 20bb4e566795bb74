import type { Money } from '@itpay/core';
import { point } from '../token.js';
import type { ChannelFailure, Outcome } from './outcome.js';
import type { StatementFile, StatementPart } from './statement.js';

/** What a channel can do, said beforehand. A request that needs more is refused before anything is sent. */
export const CAPABILITIES = [
  'qr_dynamic',
  'offline_qr',
  /** The wallet can be opened on the phone that shows the code. Needs `deepLink`. */
  'deep_link',
  /** The payer cannot change the amount; a different one is a security event and not an over- or underpayment. */
  'amount_locked',
  /** Money can be held first and taken later. Needs `capture`. */
  'manual_capture',
  'partial_capture',
  /** Needs `refund` and `queryRefund`. */
  'refund',
  'partial_refund',
  'multiple_refunds',
  /** The rail tells us. Needs `verifyCallback`. */
  'callback',
  'scan_notification',
  /** An unpaid order can be closed. Needs `cancel`. */
  'close_order',
  /** The same order may be sent twice under one reference, and gives the same code again. */
  'authorize_idempotent',
  /** A file tells what happened. Needs `parseStatement`, `fetchStatement`, or both. */
  'statement',
  /** Refunds leave as a file that the bank takes. Needs `refundFile`. For rails without `refund`. */
  'refund_file',
  /** When the rail says that it does not know an order, it never will. Otherwise two answers 30 seconds apart are needed. */
  'not_found_is_final',
] as const;
export type Capability = (typeof CAPABILITIES)[number];

export const QR_STANDARDS = [
  'emvco',
  'proprietary',
  /** EPC069-12, a SEPA credit transfer. Needs `instructions`. */
  'epc',
  /** Text for a person where no bank app reads a code. It is shown as instructions. Needs `instructions`. */
  'text',
] as const;
export type QrStandard = (typeof QR_STANDARDS)[number];

/** What the payer shall see. The amount is exact; `reference` is the order number under which the rail knows the payment. */
export interface AuthorizeRequest {
  readonly reference: string;
  readonly amount: Money;
  readonly description: string | null;
  readonly expiresAt: Date;
}

/** An order at a rail with a network. */
export interface OrderRequest extends AuthorizeRequest {
  readonly captureMethod: 'automatic' | 'manual';
  /** Where the rail shall tell us; proves nothing by itself. */
  readonly notifyUrl: string;
}

export interface QrPresentation {
  readonly kind: 'qr';
  readonly qrStandard: QrStandard;
  /** The text of the QR code, byte for byte as the wallet must read it. */
  readonly qrData: string;
}

/** What a payer types into a bank's form, by the names of the fields. `amount` is a decimal with a point. */
export const INSTRUCTION_FIELDS = [
  'beneficiary',
  'iban',
  'account_number',
  'card_number',
  'mobile',
  'company_number',
  'bank',
  'bank_code',
  'bic',
  'amount',
  'reference',
] as const;

export interface PaymentInstruction {
  readonly field: (typeof INSTRUCTION_FIELDS)[number];
  /** As it is typed and copied: without spaces where the field has none. */
  readonly value: string;
}

/** Money that arrived, as the rail reports it. */
export interface Credit {
  /** The rail's own number of the payment. */
  readonly channelTransactionId: string;
  readonly amount: Money;
  readonly paidAt: Date;
}

/** What the rail says about an order of ours. */
export type OrderStatus =
  | { readonly status: 'not_found' | 'pending' | 'scanned' | 'closed' }
  | { readonly status: 'authorized'; readonly channelTransactionId: string; readonly amount: Money }
  | { readonly status: 'captured'; readonly credit: Credit }
  /** It would not say. */
  | { readonly status: 'unknown'; readonly failure: ChannelFailure };

export interface CaptureRequest {
  /** The order. */
  readonly reference: string;
  /** The key of this capture, the same for every attempt. */
  readonly captureReference: string;
  readonly amount: Money;
}

export interface RefundRequest {
  /** The order that was paid, and the rail's number of the payment that is given back. */
  readonly reference: string;
  readonly channelTransactionId: string;
  /** The key of this refund, the same for every attempt. */
  readonly refundReference: string;
  readonly amount: Money;
  /** What that payment brought. */
  readonly total: Money;
  readonly reason: string;
  /** Where the rail shall tell us what became of it; proves nothing by itself. Left out: nowhere. */
  readonly notifyUrl?: string;
}

/** What the rail says about a refund of ours. */
export type RefundStatus =
  | { readonly status: 'not_found' | 'processing' | 'succeeded' }
  | { readonly status: 'failed' | 'unknown'; readonly failure: ChannelFailure };

/** A refund that an operator sends as a bank transfer, because the rail has no refunds. */
export interface RefundTransfer {
  /** Our refund number; the statement brings it back. */
  readonly refundReference: string;
  readonly amount: Money;
  /** Where the payment came from, as the statement named it. */
  readonly account: string;
  readonly name: string;
  /** What the payer reads: the order number of the host, where there is one. */
  readonly text: string | null;
}

export interface RefundFileRequest {
  /** Tells this file from every other; a bank refuses a second one of the same. Letters and digits, at most 26. */
  readonly fileId: string;
  readonly createdAt: Date;
  readonly transfers: readonly RefundTransfer[];
}

/** A file for the bank. */
export interface RefundFileDocument {
  /** `refunds.xml`, say; the id of the file is put in front. */
  readonly extension: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** A notification as it came in, byte for byte. */
export interface RawCallback {
  readonly method: string;
  /** The public path as the rail called it, with its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly rawBody: Uint8Array;
}

/** What a verified notification says. Every field was there and well-formed; the framework compares them with the order. */
export interface ChannelNotice {
  /** The rail's own number of the notification; a repeated one carries the same. */
  readonly eventId: string;
  readonly kind: 'payment' | 'authorized' | 'scanned' | 'closed' | 'refund';
  readonly merchantAccount: string;
  /** Our order number, or our refund number for `refund`. */
  readonly reference: string;
  /** With `payment` and `authorized`. */
  readonly credit?: Credit;
  /** With `refund`. */
  readonly refund?: {
    readonly status: 'succeeded' | 'failed';
    readonly amount: Money;
    /** True where the rail tells what all refunds of the payment come to by now, this one among them. */
    readonly isSum?: boolean;
    /** The rail's own number of the refund, where the notification tells it. */
    readonly channelRefundId?: string;
  };
}

export interface CallbackAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface VerifiedCallback {
  readonly notices: readonly ChannelNotice[];
  /** "Understood", in the rail's dialect; sent after the commit. */
  readonly acknowledge: CallbackAnswer;
}

export interface CallContext {
  /** Aborts when the time of the call is over. */
  readonly signal: AbortSignal;
}

/**
 * One configured instance of a rail: its facts, and the methods that the rail has. A missing method is a missing
 * capability.
 *
 * A method that calls the rail returns an outcome; what it throws becomes one through `mapError`.
 */
export interface Channel {
  /** The rail: `promptpay`. Lower case letters, digits and `_`. */
  readonly id: string;
  readonly displayName: string;
  /** Test principals reach test instances only, live principals live ones. */
  readonly mode: 'live' | 'test';
  /** True for an instance whose QR nobody can pay, because a simulator of ours stands in for the rail. */
  readonly simulated?: boolean;
  /** Who receives the money, as the rail names it. With `id` and `mode` it tells instances apart. */
  readonly merchantAccount: string;
  readonly countries: readonly string[];
  /** ISO 4217 codes. */
  readonly currencies: readonly string[];
  readonly capabilities: readonly Capability[];
  /** Where the rail counts in other minor units than ISO 4217: `{ IDR: 0 }`. */
  readonly exponentOverrides?: Readonly<Record<string, number>>;
  /** Smallest and largest payment per currency, in minor units of ISO 4217. */
  readonly limits?: Readonly<Record<string, { readonly min?: bigint; readonly max?: bigint }>>;
  /** The order numbers that the rail accepts. */
  readonly reference: { readonly maxLength: number; readonly alphabet: string };
  /** How long a QR can be paid, in milliseconds. Left out: as long as the intent. */
  readonly qrTtlMs?: number;
  /** How long an intent stays open unless its creator says otherwise, in milliseconds. Left out: 15 minutes. */
  readonly defaultExpiryMs?: number;
  /** How long after its expiry an order that cannot be closed is still waited for, in milliseconds. Left out: 2 minutes. */
  readonly expiryGraceMs?: number;
  /** How long after the payment a refund is possible, in milliseconds. Left out: the rail sets no limit. */
  readonly refundWindowMs?: number;
  /** How long one call may take, in milliseconds; less than the lease of 60 seconds. Left out: 15 seconds. */
  readonly timeoutMs?: number;

  /**
   * Builds the QR of a rail that needs no network. Pure and synchronous, so that creating an intent stays one round trip.
   * A rail has `encode` or `authorize`, one of the two.
   *
   * @throws ItPayError `AMOUNT_PRECISION_UNSUPPORTED` when the rail cannot express the amount exactly
   */
  encode?(request: AuthorizeRequest): QrPresentation;
  /**
   * A link that opens the payer's wallet with this code, for a payer who has only the phone that shows it. Pure. A web
   * address or an app's own scheme; the page offers it on phones.
   */
  deepLink?(qrData: string): string;
  /**
   * What a payer types who cannot scan this code, in the order of a bank's form. Pure. Read from the code itself, so that
   * the two never differ. Empty for a text that is no code of this channel.
   */
  instructions?(qrData: string): readonly PaymentInstruction[];
  /** Opens an order. `succeeded` means that the order exists and can be paid, not that money moved. */
  authorize?(request: OrderRequest, context: CallContext): Promise<Outcome<QrPresentation>>;
  /** Asks for the state of an order by our own reference: after a timeout, before expiry and while a payment is open. */
  query?(reference: string, context: CallContext): Promise<OrderStatus>;
  /** Closes an unpaid order, or releases a hold. */
  cancel?(reference: string, context: CallContext): Promise<Outcome<{ readonly result: 'closed' | 'already_paid' }>>;
  /** Takes held money. */
  capture?(request: CaptureRequest, context: CallContext): Promise<Outcome<Credit>>;
  refund?(request: RefundRequest, context: CallContext): Promise<Outcome<{ readonly channelRefundId: string }>>;
  /** Asks for the state of a refund by our own refund reference. */
  queryRefund?(
    request: Pick<RefundRequest, 'reference' | 'refundReference' | 'channelTransactionId'>,
    context: CallContext,
  ): Promise<RefundStatus>;
  /**
   * Checks a notification: signature first, then form. It reads nothing from the database. A rail that signs nothing is
   * asked here, with a time limit of the adapter's own, and the notices are what it answers; no transaction is open.
   *
   * @throws ItPayError `CHANNEL_SIGNATURE_INVALID` for anything that is not proven to come from the rail
   */
  verifyCallback?(callback: RawCallback): Promise<VerifiedCallback>;
  /** "Not accepted", in the rail's dialect, so that it tries again. Left out: a status without a body. */
  rejectCallback?(reason: 'signature' | 'mismatch' | 'failure'): CallbackAnswer;
  /**
   * Reads a file of the bank or the rail, in its order and in little memory. Nothing of it counts before the reading has
   * ended without an error. Rows of an order carry its number as `reference`, in our spelling, wherever the file has it.
   *
   * On a rail without `query` the file is the only evidence there is, and its rows are booked. On any other rail a file
   * changes nothing: what differs is asked about.
   *
   * @throws ItPayError `STATEMENT_INVALID` for a file that it cannot read, naming the line
   */
  parseStatement?(file: AsyncIterable<Uint8Array>, about: StatementFile): AsyncIterable<StatementPart>;
  /**
   * Fetches what the rail tells about one of its days, checked as a whole before this resolves. A day on which nothing
   * happened is empty.
   *
   * @param day `YYYY-MM-DD` in the rail's calendar, see `statementDays`
   * @throws what `mapError` explains while it is not to be had; `STATEMENT_INVALID` for one that cannot be read
   */
  fetchStatement?(day: string, context: CallContext): Promise<AsyncIterable<StatementPart>>;
  /**
   * The rail's calendar, for `fetchStatement`: its offset from UTC, and the time of the next day, in that calendar, from
   * which the file of a day is there. `{ utcOffset: '+08:00', readyAt: '10:00' }`
   */
  readonly statementDays?: { readonly utcOffset: string; readonly readyAt: string };
  /**
   * Writes the file with which the bank sends refunds. Pure: the same request gives the same bytes.
   *
   * @throws ItPayError `PARAMETER_INVALID` naming the transfer (`transfers[3].account`) that it cannot write
   */
  refundFile?(request: RefundFileRequest): RefundFileDocument;
  /** Paths below the mount at which the rail calls us, where it fixes them itself. */
  readonly callbackPaths?: readonly string[];
  /** Says what an error that a method threw means. Left out, or undefined: the outcome is unknown. */
  mapError?(error: unknown): ChannelFailure | undefined;
}

/** Extension point: every channel instance that plugins bring. */
export const Channels = point<Channel>('channels');

/** Identifies an instance in the database: two instances of one rail never share order numbers by accident. */
export function channelInstanceKey(channel: Pick<Channel, 'id' | 'mode' | 'merchantAccount'>): string {
  return `${channel.id}:${channel.mode}:${channel.merchantAccount}`;
}

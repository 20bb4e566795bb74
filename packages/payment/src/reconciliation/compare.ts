import { moneyToWire, type Money } from '@itpay/core';
import type { StatementRow } from '@itpay/kernel';
import type { InflowKind, InflowStatus } from '../inflow/inflow.js';
import { STATUS_RANK, type IntentStatus } from '../intent/machine.js';
import type { RefundState } from '../refund/refund.js';
import { sameMoney } from '../same-money.js';
import type { ExceptionClass, ExceptionFacts, Side } from './reconciliation.js';

/** A line of a file, as the channel tells it. */
export interface ChannelLine {
  readonly id: string;
  readonly kind: StatementRow['kind'];
  readonly status: StatementRow['status'];
  readonly outcome: 'booked' | 'matched' | 'needs_match' | 'held' | 'noted';
  readonly amount: Money;
  readonly fee: Money | null;
  readonly reference: string | null;
  readonly channelTransactionId: string | null;
  readonly bookedAt: Date;
  readonly doubt: string | null;
}

/** Money that arrived, as it is known here. */
export interface KnownInflow {
  readonly id: string;
  readonly amount: Money;
  readonly status: InflowStatus;
  readonly kind: InflowKind;
  readonly reference: string | null;
  readonly channelTransactionId: string;
  readonly paymentIntentId: string | null;
  readonly paidAt: Date;
}

export interface KnownRefund {
  readonly id: string;
  readonly amount: Money;
  readonly status: RefundState;
  readonly reference: string;
  readonly paymentIntentId: string;
  readonly createdAt: Date;
  readonly succeededAt: Date | null;
}

export interface KnownPayment {
  readonly id: string;
  readonly status: IntentStatus;
  readonly amount: Money;
  readonly amountCaptured: bigint;
  readonly amountRefunded: bigint;
  /** What the ledger says is the payee's of it, in minor units. */
  readonly receivable: bigint;
}

/** One difference. */
export interface Finding {
  readonly class: ExceptionClass;
  readonly subject: string;
  /** It may be a difference of time: it alarms once a later run sees it too. */
  readonly waits: boolean;
  readonly facts: ExceptionFacts;
}

export interface LineContext {
  readonly line: ChannelLine;
  /** The arrival that it tells of. */
  readonly inflow: KnownInflow | null;
  /** The refund that it tells of. */
  readonly refund: KnownRefund | null;
  /** The payment to which our number in it leads. */
  readonly paymentIntentId: string | null;
  /** The same transaction stands in another line before this one. */
  readonly repeated: boolean;
  /** What other lines tell as the fee of this transaction; null: nothing. */
  readonly feeElsewhere: Money | null;
}

/** Compares a line of a file with what is known here. Pure; empty: they agree. */
export function compareLine(context: LineContext): Finding[] {
  const { line, inflow, refund } = context;
  if (line.outcome === 'held') {
    return [found(context, 'held', line.id, `Nobody booked this line: ${line.doubt ?? 'it is odd'}.`)];
  }
  switch (line.kind) {
    case 'credit':
      return compareCredit(context);
    case 'refund':
      return compareRefundLine(context);
    case 'debit':
      // What leaves an account for other reasons is nobody's business here.
      return refund === null ? [] : compareRefundLine(context);
    case 'reversal':
    case 'return':
      if (refund !== null) return compareReturn(context, refund);
      if (inflow === null) return [missingHere(context, 'The channel took something back that is not known here.')];
      if (inflow.status === 'refunded' || inflow.status === 'refunding') return [];
      return [found(context, 'status_mismatch', line.id, 'The channel took this money back; here it is booked.')];
    case 'fee':
      return [];
  }
}

function compareCredit(context: LineContext): Finding[] {
  const { line, inflow, repeated, feeElsewhere } = context;
  if (line.status !== 'booked') {
    if (inflow === null) return [];
    return [found(context, 'status_mismatch', line.id, `It is booked here; the channel says "${line.status}".`)];
  }
  if (repeated) return [found(context, 'duplicate', line.id, 'The file has this transaction more than once.')];
  if (inflow === null) return [missingHere(context, 'The channel has this payment; here it is not known.')];
  const findings: Finding[] = [];
  if (line.amount.currency !== inflow.amount.currency) {
    findings.push(found(context, 'currency_mismatch', inflow.id, 'The currencies differ.'));
  } else if (line.amount.value !== inflow.amount.value) {
    findings.push(found(context, 'amount_mismatch', inflow.id, 'The amounts differ.'));
  }
  if (line.fee !== null && feeElsewhere !== null && !sameMoney(line.fee, feeElsewhere)) {
    const note = `One line tells a fee of ${text(line.fee)}, another one ${text(feeElsewhere)}.`;
    findings.push(found(context, 'fee_mismatch', line.id, note));
  }
  return findings;
}

function compareRefundLine(context: LineContext): Finding[] {
  const { line, refund } = context;
  if (refund === null) return [missingHere(context, 'The channel has this refund; here it is not known.')];
  const differs = (note: string, waits = false) => [found(context, 'refund_mismatch', refund.id, note, waits)];
  if (!sameMoney(line.amount, refund.amount)) return differs('The amounts of the refund differ.');
  if (line.status === 'booked') {
    if (refund.status === 'succeeded') return [];
    if (refund.status === 'processing') return differs('The channel gave the money back; here it is on its way.', true);
    return differs(`The channel gave the money back; here the refund is ${refund.status}.`);
  }
  // Files keep the state of the day on which they were made, so one that is on its way there may have ended since.
  const endedBefore = refund.succeededAt !== null && refund.succeededAt <= line.bookedAt;
  if (line.status === 'info' && endedBefore) return differs('The channel did not give the money back; here it did.');
  return [];
}

function compareReturn(context: LineContext, refund: KnownRefund): Finding[] {
  if (refund.status !== 'succeeded') return [];
  const note = 'The money of this refund came back; here it counts as given back.';
  return [found(context, 'refund_mismatch', refund.id, note)];
}

export interface InflowContext {
  readonly inflow: KnownInflow;
  readonly payment: KnownPayment | null;
  /** A file has it. */
  readonly inFile: boolean;
  /** The file of its day was read. */
  readonly dayIsRead: boolean;
}

/** Compares money that is booked here with the files, with its payment and with the ledger. Pure. */
export function compareInflow({ inflow, payment, inFile, dayIsRead }: InflowContext): Finding[] {
  const findings: Finding[] = [];
  const add = (differs: ExceptionClass, subject: string, note: string, waits = false) =>
    findings.push({ class: differs, subject, waits, facts: inflowFacts(inflow, payment, note) });

  if (dayIsRead && !inFile) {
    add('missing_at_channel', inflow.id, 'It is booked here; the file of its day does not have it.', true);
  }
  if (inflow.status === 'needs_match') {
    add('missing_here', inflow.id, 'The money is here, and no payment that it is for.', true);
  }
  const aside = inflow.status === 'parked' ? ASIDE[inflow.kind] : undefined;
  if (aside !== undefined) add(aside.class, inflow.id, aside.note);
  if (payment === null) return findings;
  if (inflow.status === 'applied' && STATUS_RANK[payment.status] < 4) {
    add('status_mismatch', inflow.id, `The money counts for the payment, and the payment is ${payment.status}.`);
  }
  const expected = payment.amountCaptured - payment.amountRefunded;
  if (payment.receivable !== expected) {
    const note = `The ledger has ${payment.receivable} in minor units for the payee, the payment ${expected}.`;
    add('ledger_mismatch', payment.id, note);
  }
  return findings;
}

/** Money that lies aside differs from what the merchant asked for. */
const ASIDE: Readonly<Partial<Record<InflowKind, { readonly class: ExceptionClass; readonly note: string }>>> = {
  late: { class: 'late', note: 'It came after the payment was closed, and lies aside.' },
  duplicate: { class: 'duplicate', note: 'The payment was paid already; this lies aside.' },
  over: { class: 'amount_mismatch', note: 'More came than was asked for; the rest lies aside.' },
  under: { class: 'amount_mismatch', note: 'Less came than was asked for; it lies aside.' },
  wrong_currency: { class: 'currency_mismatch', note: 'It is of another currency than was asked for, and lies aside.' },
};

export interface RefundContext {
  readonly refund: KnownRefund;
  readonly inFile: boolean;
  readonly dayIsRead: boolean;
}

/** Compares a refund that succeeded here with the files. Pure. */
export function compareRefund({ refund, inFile, dayIsRead }: RefundContext): Finding[] {
  if (inFile || !dayIsRead) return [];
  const note = 'The money went back as it is known here; no file has it.';
  const facts: ExceptionFacts = {
    statementRowId: null,
    inflowId: null,
    refundId: refund.id,
    paymentIntentId: refund.paymentIntentId,
    reference: refund.reference,
    channelTransactionId: null,
    occurredAt: (refund.succeededAt ?? refund.createdAt).toISOString(),
    channel: null,
    here: side(refund.amount, refund.status),
    note,
    asked: null,
  };
  return [{ class: 'missing_at_channel', subject: refund.id, waits: true, facts }];
}

function missingHere(context: LineContext, note: string): Finding {
  return found(context, 'missing_here', context.line.id, note, true);
}

function found(context: LineContext, differs: ExceptionClass, subject: string, note: string, waits = false): Finding {
  const { line, inflow, refund, paymentIntentId } = context;
  const known = refund ?? inflow;
  return {
    class: differs,
    subject,
    waits,
    facts: {
      statementRowId: line.id,
      inflowId: inflow && inflow.id,
      refundId: refund && refund.id,
      paymentIntentId: known?.paymentIntentId ?? paymentIntentId,
      reference: line.reference ?? known?.reference ?? null,
      channelTransactionId: line.channelTransactionId,
      occurredAt: line.bookedAt.toISOString(),
      channel: side(line.amount, line.status),
      here: known && side(known.amount, known.status),
      note,
      asked: null,
    },
  };
}

function inflowFacts(inflow: KnownInflow, payment: KnownPayment | null, note: string): ExceptionFacts {
  return {
    statementRowId: null,
    inflowId: inflow.id,
    refundId: null,
    paymentIntentId: payment?.id ?? inflow.paymentIntentId,
    reference: inflow.reference,
    channelTransactionId: inflow.channelTransactionId,
    occurredAt: inflow.paidAt.toISOString(),
    channel: null,
    here: side(inflow.amount, inflow.status),
    note,
    asked: null,
  };
}

const side = (amount: Money, status: string): Side => ({ amount: moneyToWire(amount), status });
const text = ({ currency, value }: Money) => `${value} ${currency} in minor units`;

import { parseDecimal } from '@itpay/core';
import { seededNumbers } from '../kit/numbers.js';
import type { Act } from '../kit/server.js';
import { refuse } from './answer.js';
import { bangkokDay } from './bangkok-time.js';
import { qrOf, type QrContent } from './qr.js';

/** A code that was made. The bank keeps it only to compare a repeated request; a payment does not need it. */
export interface MadeCode extends QrContent {
  readonly qrRawData: string;
}

/** Money that came in for the biller. */
export interface Payment {
  readonly transactionId: string;
  /** The number on the payer's slip. */
  readonly slipNumber: string;
  readonly ref1: string;
  readonly ref2: string | undefined;
  readonly ref3: string;
  readonly satang: bigint;
  readonly paidAt: Date;
  reversed: boolean;
}

const REFERENCE = /^[A-Z0-9]{1,20}$/;

/** The codes and payments of one biller. */
export class ScbBook {
  readonly codes = new Map<string, MadeCode>();
  readonly payments: Payment[] = [];
  readonly #numbers: (kind: string, ...parts: readonly (string | number)[]) => string;
  readonly #now: () => Date;
  readonly #prefix: string;
  readonly #paid: (payment: Payment) => void;

  constructor(seed: string, prefix: string, now: () => Date, paid: (payment: Payment) => void) {
    this.#numbers = seededNumbers(seed);
    this.#now = now;
    this.#prefix = prefix;
    this.#paid = paid;
  }

  /** The same request has the same code. @throws Refused for another one under the same reference */
  make(content: QrContent): MadeCode {
    const known = this.codes.get(content.ref1);
    if (known === undefined) {
      const made = { ...content, qrRawData: qrOf(content) };
      this.codes.set(content.ref1, made);
      return made;
    }
    if (known.qrRawData !== qrOf(content)) refuse('1111', 'ref1');
    return known;
  }

  on(day: string, ref1: string): readonly Payment[] {
    return this.payments.filter((payment) => payment.ref1 === ref1 && bangkokDay(payment.paidAt) === day);
  }

  /** @throws Error with a sentence */
  act({ action, reference, amount, times = 1, paidAt }: Act): object {
    if (action === 'decline' || action === 'scan') return {}; // The bank does not learn of it.
    if (action === 'expire') throw new Error('A code of SCB does not expire. It can be paid for ever.');
    if (action !== 'pay') throw new Error(`SCB has no "${action}".`);
    const at = paidAt === undefined ? this.#now() : new Date(paidAt);
    if (Number.isNaN(at.getTime())) throw new Error('"paidAt" is no time.');
    const { ref1, ref2, ref3, satang } = this.#order(reference, amount);
    const paid = Array.from({ length: times }, () => this.#receive({ ref1, ref2, ref3, satang, paidAt: at }));
    return { transaction_ids: paid.map(({ transactionId }) => transactionId) };
  }

  /** The bank takes the money back and tells nobody. @throws Error */
  reverse(transactionId: string): void {
    const payment = this.payments.find((one) => one.transactionId === transactionId);
    if (payment === undefined) throw new Error(`SCB has no payment "${transactionId}".`);
    payment.reversed = true;
  }

  // A payer scans the code, or types biller and reference by hand and says how much.
  #order(reference: string, amount: string | undefined) {
    const code = this.codes.get(reference) ?? [...this.codes.values()].find(({ qrRawData }) => qrRawData === reference);
    if (code === undefined && (amount === undefined || !REFERENCE.test(reference))) {
      throw new Error(`SCB has made no code "${reference}". To pay without one, say the reference and an amount.`);
    }
    const satang = amount === undefined ? parseDecimal(code!.amount, 2) : BigInt(amount);
    if (satang <= 0n) throw new Error('The amount is not above zero.');
    return { ref1: code?.ref1 ?? reference, ref2: code?.ref2, ref3: code?.ref3 ?? this.#prefix, satang };
  }

  #receive(money: Pick<Payment, 'ref1' | 'ref2' | 'ref3' | 'satang' | 'paidAt'>): Payment {
    const number = this.payments.length + 1;
    const day = bangkokDay(money.paidAt).replaceAll('-', '');
    const payment: Payment = {
      ...money,
      transactionId: this.#numbers('payment', number).slice(0, 20),
      slipNumber: `${day}${this.#numbers('slip', number).slice(0, 12)}`,
      reversed: false,
    };
    this.payments.push(payment);
    this.#paid(payment);
    return payment;
  }
}

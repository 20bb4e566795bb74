import { ItPayError } from '@itpay/core';
import type { CallbackAnswer, ChannelNotice, RawCallback, VerifiedCallback } from '@itpay/kernel';
import { addDays, bangkokDay, timeOf } from '../bangkok.js';
import { readJsonObject, textAt, type JsonObject } from '../json.js';
import { isReference, satangOf } from '../mapping.js';
import { QuestionBudget } from './budget.js';
import type { ScbClient } from './client.js';
import type { ScbMerchantConfig } from './config.js';
import { findPayments, LOOK_BACK_DAYS, type BillPayment } from './inquiry.js';
import { BAHT, UNDERSTOOD } from './wire.js';

const JSON_TYPE = { 'content-type': 'application/json' };
/** A confirmation has below 1 kB. */
const MAX_BYTES = 8 * 1024;
/** SCB waits for our answer. */
const INQUIRY_TIMEOUT_MS = 8_000;

/** What a confirmation claims. It is only good for a question: which payment to look for, and on which day. */
interface Claim {
  readonly transactionId: string;
  readonly reference1: string;
  readonly satang: bigint;
  readonly day: string;
}

/**
 * Checks confirmations, which SCB does not sign: anybody who learns the address can send one. So nothing in it is believed.
 * It makes us ask the bank, and what the bank answers is reported; without the payment at the bank it is a forgery.
 *
 * Whoever has the address could make us ask the bank all day. What can be seen without asking is refused without asking,
 * and questions that proved nothing come out of a budget; what is repeated is answered from memory for a minute. When the
 * budget is used up, questions of the payment service still find every payment.
 */
export class CallbackVerifier {
  readonly #config: ScbMerchantConfig;
  readonly #client: ScbClient;
  readonly #budget: QuestionBudget;
  readonly #proven: ProvenClaims;

  constructor(config: ScbMerchantConfig, client: ScbClient) {
    this.#config = config;
    this.#client = client;
    this.#budget = new QuestionBudget(config.now);
    this.#proven = new ProvenClaims(config.now);
  }

  /**
   * @throws ItPayError `CHANNEL_SIGNATURE_INVALID` when the bank knows no such payment; `CHANNEL_UNAVAILABLE` when it could
   *   not be asked, so that SCB should come again
   */
  async verify({ method, rawBody }: RawCallback): Promise<VerifiedCallback> {
    if (method !== 'POST' || rawBody.length > MAX_BYTES) throw forged('It is no confirmation of a payment.');
    const body = readJsonObject(rawBody);
    const claim = body && this.#claimOf(body);
    if (claim === null) throw forged('A field is missing, malformed, or somebody else’s.');

    const payments = this.#proven.get(claim) ?? (await this.#prove(claim));
    // Every payment of that reference: the confirmation of another one may have been lost.
    return {
      notices: payments.filter(({ reversed }) => !reversed).map((payment) => this.#noticeOf(payment)),
      acknowledge: answer(200, { ...UNDERSTOOD, transactionId: claim.transactionId }),
    };
  }

  /** @returns the payments of the claim's reference and day, one of which is the claimed one */
  async #prove(claim: Claim): Promise<readonly BillPayment[]> {
    if (!this.#budget.take()) throw unavailable('Too many confirmations turned out to be none.');
    const payments = await this.#find(claim);
    const named = payments.find(({ transactionId }) => transactionId === claim.transactionId);
    if (named === undefined || named.amount.value !== claim.satang) throw forged('The bank knows no such payment.');
    this.#budget.giveBack();
    this.#proven.set(claim, payments);
    return payments;
  }

  /** Null for what cannot be a confirmation of a payment to us. */
  #claimOf(body: JsonObject): Claim | null {
    const { billerId, reference3Prefix, now } = this.#config;
    const transactionId = textAt(body, 'transactionId') ?? '';
    const reference1 = textAt(body, 'billPaymentRef1') ?? '';
    const reference3 = textAt(body, 'billPaymentRef3') ?? '';
    const amount = satangOf(textAt(body, 'amount') ?? '');
    const paidAt = timeOf(textAt(body, 'transactionDateandTime') ?? '');
    if (textAt(body, 'payeeProxyId') !== billerId || textAt(body, 'currencyCode') !== BAHT) return null;
    if (!/^[0-9A-Za-z._-]{1,64}$/.test(transactionId) || !isReference(reference1)) return null;
    if (!reference3.startsWith(reference3Prefix) || amount === null || amount.value <= 0n || paidAt === null)
      return null;

    const [day, today] = [bangkokDay(paidAt), bangkokDay(now())];
    // SCB tries three times within a minute. What is older is an old confirmation once more.
    if (day > addDays(today, 1) || day < addDays(today, -LOOK_BACK_DAYS)) return null;
    return { transactionId, reference1, satang: amount.value, day };
  }

  async #find({ reference1, day }: Claim): Promise<readonly BillPayment[]> {
    const { billerId } = this.#config;
    try {
      const signal = AbortSignal.timeout(INQUIRY_TIMEOUT_MS);
      return await findPayments(this.#client, { billerId, reference1, day }, signal);
    } catch (cause) {
      throw unavailable('The bank could not be asked about it.', cause);
    }
  }

  #noticeOf({ transactionId, reference1, amount, paidAt }: BillPayment): ChannelNotice {
    return {
      eventId: transactionId,
      kind: 'payment',
      merchantAccount: this.#config.billerId,
      reference: reference1,
      credit: { channelTransactionId: transactionId, amount, paidAt },
    };
  }
}

const PROVEN_FOR_MS = 60_000;
const MOST_PROVEN = 1_000;

/** What the bank answered to claims that were true, so that repeating one makes nobody ask again. */
class ProvenClaims {
  readonly #now: () => Date;
  readonly #answers = new Map<string, { readonly until: number; readonly payments: readonly BillPayment[] }>();

  constructor(now: () => Date) {
    this.#now = now;
  }

  get(claim: Claim): readonly BillPayment[] | null {
    const known = this.#answers.get(keyOf(claim));
    return known !== undefined && this.#now().getTime() < known.until ? known.payments : null;
  }

  set(claim: Claim, payments: readonly BillPayment[]): void {
    this.#answers.delete(keyOf(claim));
    this.#answers.set(keyOf(claim), { until: this.#now().getTime() + PROVEN_FOR_MS, payments });
    if (this.#answers.size > MOST_PROVEN) this.#answers.delete(this.#answers.keys().next().value!);
  }
}

function keyOf({ transactionId, reference1, satang, day }: Claim): string {
  return [transactionId, reference1, satang, day].join('|');
}

/** "Not accepted": anything but `00`. */
export function rejectCallback(reason: 'signature' | 'mismatch' | 'failure'): CallbackAnswer {
  const status = { signature: 401, mismatch: 422, failure: 500 }[reason];
  return answer(status, { resCode: '99', resDesc: reason === 'failure' ? 'try again' : 'refused' });
}

function answer(status: number, content: object): CallbackAnswer {
  return { status, headers: JSON_TYPE, body: JSON.stringify(content) };
}

function forged(message: string): ItPayError {
  return new ItPayError('CHANNEL_SIGNATURE_INVALID', { message: `The confirmation is refused. ${message}` });
}

function unavailable(message: string, cause?: unknown): ItPayError {
  return new ItPayError('CHANNEL_UNAVAILABLE', { message: `The confirmation was not checked. ${message}`, cause });
}

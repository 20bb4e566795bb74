import {
  RailError,
  railFailure,
  type Channel,
  type OrderRequest,
  type OrderStatus,
  type Outcome,
  type QrPresentation,
} from '@itpay/kernel';
import { PROMPTPAY_FACTS } from '../facts.js';
import { isObject, textAt } from '../json.js';
import { bahtOf } from '../mapping.js';
import { parsePromptPay } from '../parse.js';
import { CallbackVerifier, rejectCallback } from './callback.js';
import { unreadable, type ScbClient } from './client.js';
import type { ScbMerchantConfig } from './config.js';
import { daysToAsk, findPayments, lastDayOver, LookedDays } from './inquiry.js';
import { PATHS, type WireQrRequest } from './wire.js';

/**
 * PromptPay with SCB behind it: SCB makes the code, says when it was paid, and answers questions.
 *
 * @param learnCallbackUrl is told where confirmations should go: an order at SCB has no field for it
 */
export function scbChannel(
  config: ScbMerchantConfig,
  client: ScbClient,
  learnCallbackUrl: (url: string) => void,
): Channel {
  const { mode, billerId, simulated } = config;
  const looked = new LookedDays();
  const verifier = new CallbackVerifier(config, client);
  return {
    ...PROMPTPAY_FACTS,
    mode,
    ...(simulated && { simulated }),
    merchantAccount: billerId,
    // Not amount_locked: a payer can type biller and reference by hand, with any amount. Not close_order and no qrTtlMs:
    // nothing ends a code. authorize_idempotent: to make a code changes nothing at the bank.
    capabilities: ['qr_dynamic', 'callback', 'authorize_idempotent'],
    authorize(request, { signal }) {
      learnCallbackUrl(request.notifyUrl);
      return presentQr(config, client, looked, request, signal);
    },
    query: (reference, { signal }) => query(config, client, looked, reference, signal),
    verifyCallback: (callback) => verifier.verify(callback),
    rejectCallback,
    mapError: railFailure,
  };
}

async function presentQr(
  config: ScbMerchantConfig,
  client: ScbClient,
  looked: LookedDays,
  request: OrderRequest,
  signal: AbortSignal,
): Promise<Outcome<QrPresentation>> {
  const content = qrRequestOf(config, request);
  const since = lastDayOver(config.now());
  const data = await client.call({ method: 'POST', path: PATHS.create, content, signal });
  const qrData = isObject(data) ? textAt(data, 'qrRawData') : undefined;
  if (qrData === undefined) throw unreadable('qrRawData');
  requireOurs(qrData, content, request);
  // Of an order that is new, no earlier day needs to be asked about.
  if (looked.get(request.reference) === undefined) looked.set(request.reference, since);
  return { outcome: 'succeeded', value: { kind: 'qr', qrStandard: 'emvco', qrData } };
}

function qrRequestOf(config: ScbMerchantConfig, { reference, amount }: OrderRequest): WireQrRequest {
  const { billerId, reference2, reference3Prefix } = config;
  return {
    qrType: 'PP',
    ppType: 'BILLERID',
    ppId: billerId,
    amount: bahtOf(amount),
    ref1: reference,
    ...(reference2 !== undefined && { ref2: reference2 }),
    ref3: (reference3Prefix + reference).slice(0, 20),
  };
}

/** The answer is believed for what its code says: another payee, order or amount would send money astray. */
function requireOurs(qrData: string, { ppId, ref1, ref2, ref3 }: WireQrRequest, { amount }: OrderRequest): void {
  const reading = parsePromptPay(qrData);
  if (!reading.ok) throw new RailError({ category: 'mismatch', message: `The code is not usable. ${reading.reason}` });
  const { code } = reading;
  const ours =
    code.kind === 'bill_payment' &&
    code.billerId === ppId &&
    code.reference1 === ref1 &&
    code.reference2 === (ref2 ?? null) &&
    (code.reference3 === null || code.reference3 === ref3) &&
    code.amount?.value === amount.value;
  if (!ours) throw new RailError({ category: 'mismatch', message: 'The code asks for something else.' });
}

/** SCB knows payments and no orders: what is not paid is open, whether or not its code was ever made. */
async function query(
  { billerId, now }: ScbMerchantConfig,
  client: ScbClient,
  looked: LookedDays,
  reference: string,
  signal: AbortSignal,
): Promise<OrderStatus> {
  const asked = now();
  for (const day of daysToAsk(asked, looked.get(reference))) {
    const payments = await findPayments(client, { billerId, reference1: reference, day }, signal);
    // Money that the bank took back has not paid anything. Of several payments, the first counts.
    const payment = payments.find(({ reversed }) => !reversed);
    if (payment !== undefined) {
      const { transactionId: channelTransactionId, amount, paidAt } = payment;
      return { status: 'captured', credit: { channelTransactionId, amount, paidAt } };
    }
  }
  looked.set(reference, lastDayOver(asked));
  return { status: 'pending' };
}

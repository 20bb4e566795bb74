import { ItPayError, writeEmvco, type EmvcoInput, type Money } from '@itpay/core';
import { bahtOf, isReference, proxyOf } from './mapping.js';
import * as wire from './wire.js';

/** What a code asks for. Without an amount the payer chooses one. */
export type PromptPayRequest = TransferRequest | BillRequest;

/** Money to a PromptPay id. Such a code carries no reference. */
interface TransferRequest {
  readonly target: string;
  readonly amount?: Money | undefined;
}

/** Money to a biller. Each reference has 1 to 20 of `A-Z0-9`. */
export interface BillRequest {
  readonly billerId: string;
  readonly reference1: string;
  readonly reference2?: string | undefined;
  readonly reference3?: string | undefined;
  readonly amount?: Money | undefined;
}

/**
 * The text of a PromptPay QR code. With an amount it is a one-time code, without one a reusable code.
 *
 * Check digits are not looked at: a wrong one is for the payer's bank to refuse, and published examples have some.
 *
 * @throws ItPayError `PARAMETER_INVALID` for a target, biller id or reference that the rail cannot carry;
 *   `CURRENCY_NOT_SUPPORTED`, `AMOUNT_TOO_SMALL` or `AMOUNT_EXCEEDED` for the amount
 */
export function presentPromptPay(request: PromptPayRequest): string {
  const { reusable, oneTime } = wire.POINT_OF_INITIATION;
  const { amount } = request;

  // In ascending order. Other generators put 58 before 53; banks accept any order.
  return writeEmvco([
    [wire.PAYLOAD_FORMAT.tag, wire.PAYLOAD_FORMAT.value],
    [wire.POINT_OF_INITIATION.tag, amount ? oneTime : reusable],
    'billerId' in request ? billPayment(request) : creditTransfer(request.target),
    [wire.CURRENCY.tag, wire.CURRENCY.baht],
    ...optional(wire.AMOUNT, amount && bahtOf(amount)),
    [wire.COUNTRY.tag, wire.COUNTRY.thailand],
    ...('billerId' in request ? additionalData(request) : []),
  ]);
}

function creditTransfer(target: string): EmvcoInput {
  const { type, value } = proxyOf(target);
  return [
    wire.CREDIT_TRANSFER.tag,
    [
      [wire.AID, wire.CREDIT_TRANSFER.aid],
      [wire.CREDIT_TRANSFER.proxy[type], value],
    ],
  ];
}

function billPayment({ billerId, reference1, reference2 }: BillRequest): EmvcoInput {
  // A biller id is a tax id and two more digits. Published examples leave the two out.
  if (!/^[0-9]{13}([0-9]{2})?$/.test(billerId)) throw invalid('billerId', 'has 15 digits');
  return [
    wire.BILL_PAYMENT.tag,
    [
      [wire.AID, wire.BILL_PAYMENT.aid],
      [wire.BILL_PAYMENT.billerId, billerId],
      [wire.BILL_PAYMENT.reference1, checked('reference1', reference1)],
      ...optional(wire.BILL_PAYMENT.reference2, checked('reference2', reference2)),
    ],
  ];
}

function additionalData({ reference3 }: BillRequest): EmvcoInput[] {
  const field = optional(wire.ADDITIONAL_DATA.reference3, checked('reference3', reference3));
  return field.length === 0 ? [] : [[wire.ADDITIONAL_DATA.tag, field]];
}

function checked<Text extends string | undefined>(name: string, reference: Text): Text {
  if (reference === undefined || isReference(reference)) return reference;
  throw invalid(name, 'has 1 to 20 capital letters and digits');
}

function optional(tag: string, value: string | undefined): EmvcoInput[] {
  return value === undefined ? [] : [[tag, value]];
}

function invalid(param: string, rule: string): ItPayError {
  return new ItPayError('PARAMETER_INVALID', { message: `${param} ${rule}.`, param });
}

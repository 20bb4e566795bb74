import { ItPayError, readEmvco, writeEmvco, type EmvcoInput, type Money, type TlvField } from '@itpay/core';
import { rupiahOf } from './mapping.js';
import { isPercent, profileFlaws, readQris, type QrisAccount, type QrisCode, type QrisTip } from './read.js';
import * as wire from './wire.js';

/** A code to write. With an amount it is for one payment, without one the payer chooses. */
export interface QrisRequest {
  /** At least one; the first goes to tag 26 unless it names another. */
  readonly accounts: readonly (Omit<QrisAccount, 'tag'> & { readonly tag?: string })[];
  /** The national number of the merchant (`ID` and 13 digits). Left out only with an amount. */
  readonly national?: NonNullable<QrisCode['national']> | undefined;
  /** Four digits. */
  readonly mcc: string;
  readonly amount?: Money | undefined;
  readonly tip?: QrisTip | undefined;
  /** At most 25 characters. */
  readonly merchantName: string;
  /** At most 15 characters. */
  readonly city: string;
  readonly postalCode: string;
  /** Tag 62 by its tags: `{ '07': 'A01' }`. */
  readonly additional?: Readonly<Record<string, string>> | undefined;
}

/**
 * The text of a QRIS merchant code, in ascending order of tags. Strict: what the profile forbids is never written.
 *
 * @throws ItPayError `PARAMETER_INVALID` naming what breaks the profile; for the amount as `rupiahOf`
 */
export function writeQris(request: QrisRequest): string {
  const { amount, tip, national, additional = {} } = request;
  const { static: reusable, dynamic } = wire.POINT_OF_INITIATION;
  const extra = Object.entries(additional).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const payload = writeEmvco([
    [wire.PAYLOAD_FORMAT.tag, wire.PAYLOAD_FORMAT.value],
    [wire.POINT_OF_INITIATION.tag, amount ? dynamic : reusable],
    ...request.accounts.map(accountField).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    ...(national === undefined ? [] : [nationalField(national)]),
    [wire.MCC, request.mcc],
    [wire.CURRENCY.tag, wire.CURRENCY.rupiah],
    ...(amount === undefined ? [] : [[wire.AMOUNT, rupiahOf(amount)] as const]),
    ...tipFields(tip),
    [wire.COUNTRY.tag, wire.COUNTRY.indonesia],
    [wire.NAME.tag, request.merchantName],
    [wire.CITY.tag, request.city],
    [wire.POSTAL_CODE, request.postalCode],
    ...(extra.length === 0 ? [] : [[wire.ADDITIONAL.tag, extra] as const]),
  ]);
  const reading = readQris(payload);
  if (!reading.ok) throw unwritable(reading.reason);
  const [flaw] = profileFlaws(reading.code, fieldsOf(payload));
  if (flaw !== undefined) throw unwritable(`The QRIS profile forbids this code: ${flaw}.`);
  return payload;
}

export interface ToDynamicOptions {
  /** In minor units of ISO 4217; whole rupiah. */
  readonly amount: Money;
  readonly tip?: QrisTip | undefined;
}

/**
 * A printed code with the amount filled in. Everything else stays as it was, in its order. It makes no transaction number and
 * no confirmation: only the acquirer's app or report says whether it was paid. Some acquirers forbid it.
 *
 * @throws ItPayError `PARAMETER_INVALID` for a code that is no static QRIS merchant code, or a tip that it cannot carry;
 *   for the amount as `rupiahOf`
 */
export function toDynamic(payload: string, { amount, tip }: ToDynamicOptions): string {
  const reading = readQris(payload);
  if (!reading.ok) throw unwritable(reading.reason);
  if (reading.code.method !== 'static')
    throw unwritable('The code is dynamic already. It is for one payment of its own.');

  const money: EmvcoInput[] = [[wire.AMOUNT, rupiahOf(amount)], ...tipFields(tip)];
  const replaced: readonly string[] = [wire.AMOUNT, wire.TIP.tag, wire.TIP.fixedAmount, wire.TIP.percentage, '63'];
  const initiation: EmvcoInput = [wire.POINT_OF_INITIATION.tag, wire.POINT_OF_INITIATION.dynamic];
  const fields = fieldsOf(payload).filter(({ tag }) => !replaced.includes(tag));
  const marked = fields.some(({ tag }) => tag === wire.POINT_OF_INITIATION.tag);
  return writeEmvco(
    fields.flatMap(({ tag, value }): EmvcoInput[] => {
      if (tag === wire.PAYLOAD_FORMAT.tag && !marked) return [[tag, value], initiation];
      if (tag === wire.POINT_OF_INITIATION.tag) return [initiation];
      return tag === wire.COUNTRY.tag ? [...money, [tag, value]] : [[tag, value]];
    }),
  );
}

function fieldsOf(payload: string): readonly TlvField[] {
  const reading = readEmvco(payload, { mode: 'tolerant' });
  if (!reading.ok) throw unwritable(reading.reason);
  return reading.fields;
}

function accountField({ tag, gui, pan, merchantId, criteria }: QrisRequest['accounts'][number], n: number): EmvcoInput {
  return [
    tag ?? String(wire.ACCOUNTS.first + n),
    [
      [wire.ACCOUNT.gui, gui],
      ...optional(wire.ACCOUNT.pan, pan),
      ...optional(wire.ACCOUNT.merchantId, merchantId),
      ...optional(wire.ACCOUNT.criteria, criteria),
    ],
  ];
}

function nationalField({ nmid, criteria }: NonNullable<QrisCode['national']>): EmvcoInput {
  return [
    wire.NATIONAL.tag,
    [
      [wire.NATIONAL.gui, wire.NATIONAL.guiValue],
      [wire.NATIONAL.nmid, nmid],
      ...optional(wire.NATIONAL.criteria, criteria),
    ],
  ];
}

function tipFields(tip: QrisTip | undefined): EmvcoInput[] {
  switch (tip?.mode) {
    case undefined:
      return [];
    case 'prompt':
      return [[wire.TIP.tag, wire.TIP.prompt]];
    case 'fixed':
      return [
        [wire.TIP.tag, wire.TIP.fixed],
        [wire.TIP.fixedAmount, rupiahOf(tip.amount)],
      ];
    case 'percentage':
      if (!isPercent(tip.percent)) throw unwritable('The tip is not a percentage from 0.01 to 99.99.');
      return [
        [wire.TIP.tag, wire.TIP.percent],
        [wire.TIP.percentage, tip.percent],
      ];
  }
}

function optional(tag: string, value: string | undefined): EmvcoInput[] {
  return value === undefined ? [] : [[tag, value]];
}

function unwritable(message: string): ItPayError {
  return new ItPayError('PARAMETER_INVALID', { message, param: 'payload' });
}

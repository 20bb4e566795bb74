import { fieldAt, readEmvco, type Money, type TlvField } from '@itpay/core';
import { satangOf, type Proxy, type ProxyType } from './mapping.js';
import * as wire from './wire.js';

/** What a PromptPay code asks for. */
export type PromptPayCode = CreditTransfer | BillPayment;

interface Common {
  /** Marked as reusable. Some issuers mark codes so although they hold an amount. */
  readonly static: boolean;
  /** The application behind the account, which tells the ways to pay apart. */
  readonly aid: string;
  /** Null when the payer chooses. */
  readonly amount: Money | null;
}

interface CreditTransfer extends Common {
  readonly kind: 'credit_transfer';
  readonly proxy: Proxy;
  /** The code identifies a payer to a till. Whoever shows it wants to pay and not to be paid. */
  readonly customerPresented: boolean;
  /** The note that TrueMoney lets a payee add. */
  readonly message: string | null;
}

interface BillPayment extends Common {
  readonly kind: 'bill_payment';
  readonly billerId: string;
  readonly reference1: string | null;
  readonly reference2: string | null;
  readonly reference3: string | null;
  /** Open to wallets of other countries. */
  readonly crossBorder: boolean;
}

export type PromptPayReading =
  { readonly ok: true; readonly code: PromptPayCode } | { readonly ok: false; readonly reason: string };

/**
 * Reads a PromptPay code of any issuer. Unknown fields are ignored; a wrong checksum never is. A valid code proves nothing
 * about who made it.
 *
 * @param payload the text of the QR code, untrusted
 */
export function parsePromptPay(payload: string): PromptPayReading {
  const reading = readEmvco(payload, { mode: 'tolerant' });
  if (!reading.ok) return reading;

  const { fields } = reading;
  if (fieldAt(fields, wire.CURRENCY.tag) !== wire.CURRENCY.baht) return refused('The code does not ask for Thai baht.');
  if (fieldAt(fields, wire.COUNTRY.tag) !== wire.COUNTRY.thailand) return refused('The code is not from Thailand.');

  const baht = fieldAt(fields, wire.AMOUNT);
  const amount = baht === undefined ? null : satangOf(baht);
  if (baht !== undefined && amount === null) return refused('The amount is not baht with at most two decimals.');

  const accounts = fields.filter(({ tag, children = [] }) => AIDS[tag]?.includes(fieldAt(children, wire.AID) ?? ''));
  const [account] = accounts;
  if (account === undefined) return refused('The code names no PromptPay account.');
  if (accounts.length > 1) return refused('The code names two PromptPay accounts.');

  const common: Common = {
    static: fieldAt(fields, wire.POINT_OF_INITIATION.tag) !== wire.POINT_OF_INITIATION.oneTime,
    aid: fieldAt([account], `${account.tag}.${wire.AID}`)!,
    amount,
  };
  return account.tag === wire.BILL_PAYMENT.tag
    ? billPayment(common, account.children ?? [], fields)
    : creditTransfer(common, account.children ?? [], fields);
}

const AIDS: Readonly<Record<string, readonly string[]>> = {
  [wire.CREDIT_TRANSFER.tag]: [wire.CREDIT_TRANSFER.aid, wire.CREDIT_TRANSFER.customerPresentedAid],
  [wire.BILL_PAYMENT.tag]: [wire.BILL_PAYMENT.aid, wire.BILL_PAYMENT.crossBorderAid],
};

function creditTransfer(common: Common, account: readonly TlvField[], root: readonly TlvField[]): PromptPayReading {
  const proxies = Object.entries(wire.CREDIT_TRANSFER.proxy).flatMap(([type, tag]) =>
    account.filter((field) => field.tag === tag).map(({ value }) => ({ type: type as ProxyType, value })),
  );
  const [proxy] = proxies;
  if (proxy === undefined) return refused('The code names no mobile number, national or tax id, or wallet.');
  if (proxies.length > 1) return refused('The code names two payees.');
  if (!PROXY_VALUE[proxy.type].test(proxy.value)) return refused('The PromptPay id has the wrong number of digits.');

  const customerPresented = common.aid === wire.CREDIT_TRANSFER.customerPresentedAid;
  return { ok: true, code: { kind: 'credit_transfer', ...common, proxy, customerPresented, message: messageOf(root) } };
}

const PROXY_VALUE: Readonly<Record<ProxyType, RegExp>> = {
  mobile: /^[0-9]{13}$/,
  national_or_tax_id: /^[0-9]{13}$/,
  e_wallet: /^[0-9]{15}$/,
};

function billPayment(common: Common, account: readonly TlvField[], root: readonly TlvField[]): PromptPayReading {
  const { tag, billerId, reference1, reference2, crossBorderAid } = wire.BILL_PAYMENT;
  const biller = fieldAt(account, billerId) ?? '';
  if (!/^[0-9]{13}([0-9]{2})?$/.test(biller)) return refused(`The biller id in ${tag}.${billerId} is not 15 digits.`);

  return {
    ok: true,
    code: {
      kind: 'bill_payment',
      ...common,
      billerId: biller,
      reference1: fieldAt(account, reference1) ?? null,
      reference2: fieldAt(account, reference2) ?? null,
      reference3: fieldAt(root, `${wire.ADDITIONAL_DATA.tag}.${wire.ADDITIONAL_DATA.reference3}`) ?? null,
      crossBorder: common.aid === crossBorderAid,
    },
  };
}

function messageOf(root: readonly TlvField[]): string | null {
  const hex = fieldAt(root, wire.TRUEMONEY_MESSAGE);
  if (hex === undefined || !/^([0-9A-Fa-f]{4})+$/.test(hex)) return null;
  return hex.replace(/.{4}/g, (unit) => String.fromCharCode(Number.parseInt(unit, 16)));
}

function refused(reason: string): PromptPayReading {
  return { ok: false, reason };
}

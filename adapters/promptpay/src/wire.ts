// The words of the Thai QR Payment standard (Bank of Thailand), a profile of EMVCo's merchant-presented codes with two ways
// to pay: a credit transfer to a person's PromptPay id, and a bill payment to a biller.
// Tags and AIDs: https://thai-qr-payment.js.org/reference/spec/ (read 2026-11-22). Lengths of the biller id and references:
// https://developer.scb.co.th/assets/documents/api-reference-index/qr-payments/get-billpayment-inquiry.html (same day).

export const PAYLOAD_FORMAT = { tag: '00', value: '01' } as const;

/** How often the code may be used, by its issuer's wish. No bank enforces it: a one-time code can be paid twice. */
export const POINT_OF_INITIATION = { tag: '01', reusable: '11', oneTime: '12' } as const;

export const CREDIT_TRANSFER = {
  tag: '29',
  aid: 'A000000677010111',
  /** The payer shows this one and a till reads it, so it asks nobody to pay. */
  customerPresentedAid: 'A000000677010114',
  proxy: { mobile: '01', national_or_tax_id: '02', e_wallet: '03' },
} as const;

export const BILL_PAYMENT = {
  tag: '30',
  aid: 'A000000677010112',
  crossBorderAid: 'A000000677012006',
  billerId: '01',
  reference1: '02',
  reference2: '03',
} as const;

/** In either template. */
export const AID = '00';

export const CURRENCY = { tag: '53', baht: '764' } as const;
export const AMOUNT = '54';
export const COUNTRY = { tag: '58', thailand: 'TH' } as const;

/** Additional data. Banks put reference 3 where EMVCo has the terminal label. */
export const ADDITIONAL_DATA = { tag: '62', reference3: '07' } as const;

/** A message to the payee, in hex of UTF-16BE. TrueMoney's own; other wallets ignore it. */
export const TRUEMONEY_MESSAGE = '81';

/**
 * The small code on a transfer slip: not EMVCo's layout, but its lengths and its checksum.
 * (https://github.com/maythiwat/promptparse, SlipVerify; read 2026-11-22)
 */
export const SLIP = {
  transfer: '00',
  api: '00',
  verification: '000001',
  sendingBank: '01',
  transactionReference: '02',
  country: '51',
  checksum: '91',
} as const;

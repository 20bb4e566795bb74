// What goes over the wire, in SCB's words. (https://developer.scb.co.th, "QR Payments": post-qrcode-create,
// get-billpayment-inquiry, get-billpayment-transactions, payment-confirmation; copies read 2026-11-22)

export const PRODUCTION = 'https://api.partners.scb/partners';
/** SCB's own playground. Its codes are paid with SCB's test app and move no money. */
export const SANDBOX = 'https://api-sandbox.partners.scb/partners/sandbox';

export const PATHS = {
  token: '/v1/oauth/token',
  create: '/v1/payment/qrcode/create',
  inquiry: '/v1/payment/billpayment/inquiry',
  transaction: '/v1/payment/billpayment/transactions',
} as const;

/** The calls whose refusals are told apart. */
export type ScbCall = 'token' | 'create' | 'inquiry' | 'transaction';

/** A payment of a Thai QR code with tag 30, as against one where the shop scans the payer's code. */
export const TAG_30_PAYMENT = '00300100';
export const BAHT = '764';
/** In an inquiry: the money was taken back. */
export const REVERSED = 'R';

/** The body of a request for a code. */
export interface WireQrRequest {
  readonly qrType: 'PP';
  readonly ppType: 'BILLERID';
  readonly ppId: string;
  /** Baht with two decimals. */
  readonly amount: string;
  readonly ref1: string;
  readonly ref2?: string;
  /** Begins with the prefix under which SCB knows where to send confirmations. */
  readonly ref3: string;
}

/** "Understood", in a confirmation's own words; with anything else SCB tries again, three times in all. */
export const UNDERSTOOD = { resCode: '00', resDesc: 'success' } as const;

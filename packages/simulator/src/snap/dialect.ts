export type SnapOperation = 'token' | 'generate' | 'query' | 'cancel' | 'refund';
export const SNAP_OPERATIONS = ['token', 'generate', 'query', 'cancel', 'refund'] as const;

/** How one acquirer speaks SNAP. */
export interface Dialect {
  /** Signed with all of it. Left out: there is no such call. */
  readonly paths: Readonly<Partial<Record<SnapOperation, string>>>;
  /** The middle two digits of response codes. */
  readonly services: Readonly<Record<SnapOperation, string>>;
  /** What merchants sign their calls with, and what the acquirer signs its notifications with. */
  readonly calls: 'hmac' | 'rsa';
  readonly notifications: 'hmac' | 'rsa';
  /** At the merchant, below whatever comes before it. */
  readonly notifyPath: string;
  /** `X-EXTERNAL-ID`: new digits for each call; or, for an order or refund, its own number. */
  readonly externalId: 'attempt' | 'reference';
  readonly refunds: 'full' | 'history';
  /** What cancelling does to a paid order. `void` gives the money back, as the standard has it. */
  readonly cancelPaid: 'void' | 'refuse';
}

const standard = {
  paths: {
    token: '/v1.0/access-token/b2b',
    generate: '/v1.0/qr/qr-mpm-generate',
    query: '/v1.0/qr/qr-mpm-query',
    cancel: '/v1.0/qr/qr-mpm-cancel',
    refund: '/v1.0/qr/qr-mpm-refund',
  },
  services: { token: '73', generate: '47', query: '51', cancel: '77', refund: '78' },
  calls: 'hmac',
  notifications: 'rsa',
  notifyPath: '/v1.0/qr/qr-mpm-notify',
  externalId: 'attempt',
  refunds: 'full',
  cancelPaid: 'refuse',
} as const satisfies Dialect;

/** The standard, and three acquirers by their public documentation. */
export const DIALECTS = {
  aspi: { ...standard, refunds: 'history', cancelPaid: 'void' },
  doku: {
    ...standard,
    paths: {
      token: '/authorization/v1/access-token/b2b',
      generate: '/snap-adapter/b2b/v1.0/qr/qr-mpm-generate',
      query: '/snap-adapter/b2b/v1.0/qr/qr-mpm-query',
      cancel: '/snap-adapter/b2b/v1.0/qr/qr-mpm-cancel',
      refund: '/snap-adapter/b2b/v1.0/qr/qr-mpm-refund',
    },
    notifications: 'hmac',
  },
  midtrans: { ...standard, externalId: 'reference' },
  dana: {
    ...standard,
    paths: {
      generate: '/v1.0/qr/qr-mpm-generate.htm',
      query: '/rest/v1.1/debit/status',
      cancel: '/v1.0/debit/cancel.htm',
      refund: '/v1.0/debit/refund.htm',
    },
    services: { token: '73', generate: '47', query: '55', cancel: '57', refund: '58' },
    calls: 'rsa',
    notifyPath: '/v1.0/debit/notify',
  },
} as const satisfies Record<string, Dialect>;

export type SnapProfile = keyof typeof DIALECTS;

/** Where a merchant gives tokens to acquirers that notify it with an HMAC. */
export const MERCHANT_TOKEN_PATH = '/v1.0/access-token/b2b';

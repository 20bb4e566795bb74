import type { TimestampStyle } from './mapping.js';
import type { EmptyBodyRule } from './signature.js';
import { SERVICES } from './wire.js';

/** How one acquirer speaks SNAP. The standard leaves these things open. */
export interface AcquirerProfile {
  /** For messages and the name on the pay page: `DOKU`. */
  readonly name: string;
  /** `https://api.example.co.id`, without a path. Null: given by the merchant's options. */
  readonly baseUrl: string | null;
  /** The same of its sandbox. */
  readonly sandboxUrl: string | null;
  /** With every prefix: it is what is signed. Null where the acquirer has no such call. */
  readonly paths: {
    /** Null: calls are signed without a token. */
    readonly token: string | null;
    readonly generate: string;
    readonly query: string;
    readonly cancel: string | null;
    readonly refund: string | null;
  };
  /** Our calls: HMAC-SHA512 with client secret and token, or RSA with our private key. */
  readonly requestSignature: 'hmac' | 'rsa';
  /** Its notifications: HMAC-SHA512 with a token from our token endpoint, or RSA with its private key. */
  readonly notifySignature: 'hmac' | 'rsa';
  /** Where it notifies us, below the mount. */
  readonly notifyPath: string;
  /** The service in our answers to its notifications. */
  readonly notifyService: string;
  readonly timestamp: TimestampStyle;
  /** `CHANNEL-ID`. Null: the acquirer gives each merchant one. */
  readonly channelId: string | null;
  /** `X-EXTERNAL-ID`: new digits for every attempt, or the number of the order or refund. */
  readonly externalId: 'attempt' | 'reference';
  readonly emptyBody: EmptyBodyRule;
  /**
   * `full`: once, the whole amount, told by the status of the order. `history`: in parts too, because the query lists refunds
   * under `refundHistory`.
   */
  readonly refunds: 'none' | 'full' | 'history';
  /** In milliseconds after the payment. Left out: the acquirer names no limit. */
  readonly refundWindowMs?: number;
}

const DAY_MS = 86_400_000;

const STANDARD: Omit<AcquirerProfile, 'name' | 'baseUrl' | 'sandboxUrl'> = {
  paths: {
    token: '/v1.0/access-token/b2b',
    generate: '/v1.0/qr/qr-mpm-generate',
    query: '/v1.0/qr/qr-mpm-query',
    cancel: '/v1.0/qr/qr-mpm-cancel',
    refund: '/v1.0/qr/qr-mpm-refund',
  },
  requestSignature: 'hmac',
  notifySignature: 'rsa',
  notifyPath: '/v1.0/qr/qr-mpm-notify',
  notifyService: SERVICES.notify,
  timestamp: 'offset',
  channelId: null,
  externalId: 'attempt',
  emptyBody: 'hash',
  refunds: 'full',
};

/** Acquirers by their public documentation, and the standard as a start for others: `{ ...ACQUIRERS.aspi, baseUrl: '…' }`. */
export const ACQUIRERS = {
  /** The standard by the letter, with `refundHistory` in the query. https://apidevportal.aspi-indonesia.or.id */
  aspi: { ...STANDARD, name: 'QRIS', baseUrl: null, sandboxUrl: null, refunds: 'history' },

  /** https://developers.doku.com/accept-payments/direct-api/snap/integration-guide/qris (read 2026-11-22) */
  doku: {
    ...STANDARD,
    name: 'DOKU',
    baseUrl: 'https://api.doku.com',
    sandboxUrl: 'https://api-sandbox.doku.com',
    paths: {
      token: '/authorization/v1/access-token/b2b',
      generate: '/snap-adapter/b2b/v1.0/qr/qr-mpm-generate',
      query: '/snap-adapter/b2b/v1.0/qr/qr-mpm-query',
      cancel: '/snap-adapter/b2b/v1.0/qr/qr-mpm-cancel',
      refund: '/snap-adapter/b2b/v1.0/qr/qr-mpm-refund',
    },
    notifySignature: 'hmac',
  },

  /** https://docs.midtrans.com/reference/core-api-snap-open-api-overview (read 2026-11-22) */
  midtrans: {
    ...STANDARD,
    name: 'Midtrans',
    baseUrl: 'https://merchants.midtrans.com',
    sandboxUrl: 'https://merchants.sbx.midtrans.com',
    // "Can take any value with correct format 5 digits"
    channelId: '12345',
    externalId: 'reference',
    // The shortest of its acquirers: GoPay. (docs.midtrans.com/reference/direct-refund-transaction)
    refundWindowMs: 45 * DAY_MS,
  },

  /** https://dashboard.dana.id/api-docs and the SDKs at https://github.com/dana-id (read 2026-11-22) */
  dana: {
    ...STANDARD,
    name: 'DANA',
    baseUrl: 'https://api.saas.dana.id',
    sandboxUrl: 'https://api.sandbox.dana.id',
    paths: {
      token: null,
      generate: '/v1.0/qr/qr-mpm-generate.htm',
      query: '/rest/v1.1/debit/status',
      cancel: '/v1.0/debit/cancel.htm',
      refund: '/v1.0/debit/refund.htm',
    },
    requestSignature: 'rsa',
    notifyPath: '/v1.0/debit/notify',
    notifyService: '56',
    channelId: '95221',
  },
} as const satisfies Record<string, AcquirerProfile>;

export type AcquirerName = keyof typeof ACQUIRERS;

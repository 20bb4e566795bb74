import { askRail, type Capability, type Channel } from '@itpay/kernel';

/**
 * What the fake rail can do. Missing: `offline_qr`, because it has a network, `amount_locked`, and `statement`, which lets a
 * reconciliation begin each day: `capabilities: [...FAKE_CAPABILITIES, 'statement']`.
 */
export const FAKE_CAPABILITIES = [
  'qr_dynamic',
  'deep_link',
  'manual_capture',
  'partial_capture',
  'refund',
  'partial_refund',
  'multiple_refunds',
  'callback',
  'scan_notification',
  'close_order',
  'authorize_idempotent',
  'not_found_is_final',
] as const satisfies readonly Capability[];

type Facts = Pick<
  Channel,
  'timeoutMs' | 'limits' | 'qrTtlMs' | 'defaultExpiryMs' | 'expiryGraceMs' | 'refundWindowMs' | 'displayName'
>;

export interface FakeChannelOptions extends Partial<Facts> {
  /** Where the fake rail listens, and what it shares with us. */
  readonly url: string;
  readonly secret: string;
  readonly mode: 'test' | 'live';
  /** Left out: `fake`. */
  readonly id?: string;
  /** Left out: `shop-test` or `shop-live`. */
  readonly merchantAccount?: string;
  /** A method without its capability is absent. Left out: all of `FAKE_CAPABILITIES`. */
  readonly capabilities?: readonly Capability[];
  /** Left out: CNY, THB and USD. */
  readonly currencies?: readonly string[];
  /** The time by which callbacks are fresh. Left out: the machine's, even where a test stopped that of the shop. */
  readonly now?: () => Date;
  /** Carries a request to the rail and its answer back. Left out: `askRail`, over HTTP. */
  readonly ask?: typeof askRail;
}

/** The options with everything that was left out. */
export interface FakeChannelConfig extends FakeChannelOptions {
  readonly merchantAccount: string;
  readonly capabilities: readonly Capability[];
  readonly now: () => Date;
  readonly ask: typeof askRail;
}

export function configOf(options: FakeChannelOptions): FakeChannelConfig {
  return {
    ...options,
    url: options.url.replace(/\/$/, ''),
    merchantAccount: options.merchantAccount ?? `shop-${options.mode}`,
    capabilities: options.capabilities ?? FAKE_CAPABILITIES,
    now: options.now ?? (() => new Date()),
    ask: options.ask ?? askRail,
  };
}

import { ItPayError } from '@itpay/core';
import type { Channel } from '@itpay/kernel';
import { isDay } from '../bangkok.js';
import { isReference } from '../mapping.js';
import type { PromptPayProvider } from '../provider.js';
import { scbChannel } from './channel.js';
import { ScbClient } from './client.js';
import { merchantsOf, type ScbMerchantConfig, type ScbOptions } from './config.js';
import { findPayments, type BillPayment } from './inquiry.js';
import { findSlipTransfer, type SlipTransfer } from './slip-transfer.js';

const TIMEOUT_MS = 15_000;

interface CallOptions {
  /** Left out: 15 seconds. */
  readonly signal?: AbortSignal | undefined;
}

/** What else the bank answers. Everything here throws a `RailError` when the bank did not say. */
export interface ScbBank {
  /**
   * The address to register with SCB for confirmations. Null until the first order of this process: the framework names it
   * with every order. It stays the same until `publicUrl` or `secretKey` changes.
   */
  readonly callbackUrl: string | null;
  /**
   * Asks about the transfer that a slip names. Compare the amount, the receiver and the day, and see that the reference was
   * not used before: a slip can be shown twice.
   *
   * @param slip the text of the small code on the slip
   * @returns null when the bank knows no such transfer
   * @throws ItPayError `PARAMETER_INVALID` when the text is no code of a slip
   */
  findSlipTransfer(slip: string, options?: CallOptions): Promise<SlipTransfer | null>;
  /**
   * All payments under a reference 1 on one day in Bangkok, oldest first: second payments of a code, and reversed ones.
   *
   * @param search `day` is `YYYY-MM-DD`
   * @throws ItPayError `PARAMETER_INVALID`
   */
  findPayments(
    search: { readonly reference1: string; readonly day: string },
    options?: CallOptions,
  ): Promise<readonly BillPayment[]>;
}

/** SCB as the bank of a PromptPay payee, with a live application, a test application, or both. */
export interface ScbProvider extends PromptPayProvider {
  readonly live: ScbBank | null;
  readonly test: ScbBank | null;
}

/**
 * SCB's Open API: `promptpay({ provider: scb({ live: { billerId, apiKey, apiSecret, reference3Prefix, … } }) })`. Makes
 * codes, hears of payments, and answers questions about them.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` naming the option that is wrong
 */
export function scb(options: ScbOptions): ScbProvider {
  const banks: { live: ScbBank | null; test: ScbBank | null } = { live: null, test: null };
  const instances: Channel[] = [];
  for (const config of merchantsOf(options)) {
    const client = new ScbClient(config);
    let callbackUrl: string | null = null;
    instances.push(scbChannel(config, client, (url) => (callbackUrl = url)));
    banks[config.mode] = bankOf(config, client, () => callbackUrl);
  }
  return { name: 'scb', instances, ...banks };
}

function bankOf({ billerId }: ScbMerchantConfig, client: ScbClient, callbackUrl: () => string | null): ScbBank {
  const signalOf = ({ signal }: CallOptions = {}) => signal ?? AbortSignal.timeout(TIMEOUT_MS);
  return {
    get callbackUrl() {
      return callbackUrl();
    },
    findSlipTransfer: async (slip, options) => findSlipTransfer(client, slip, signalOf(options)),
    async findPayments({ reference1, day }, options) {
      if (!isReference(reference1)) throw refused('reference1', 'has 1 to 20 capital letters and digits.');
      if (!isDay(day)) throw refused('day', 'is a day such as 2026-11-22.');
      return findPayments(client, { billerId, reference1, day }, signalOf(options));
    },
  };
}

function refused(param: string, rule: string): ItPayError {
  return new ItPayError('PARAMETER_INVALID', { message: `${param} ${rule}`, param });
}

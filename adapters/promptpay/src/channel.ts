import { defineChannel, type AuthorizeRequest, type Channel, type ChannelPlugin } from '@itpay/kernel';
import { payeeOf, providerOf, type Payee, type PromptPayOptions, type StatementReader } from './config.js';
import { PROMPTPAY_FACTS } from './facts.js';
import { formatTarget } from './mapping.js';
import { presentPromptPay, type PromptPayRequest } from './payload.js';
import type { PromptPayProvider } from './provider.js';

/**
 * PromptPay: a Thai bank app scans the code and transfers baht at once. Brings a live instance for the payee, and always a
 * test instance: the provider's, or one whose code nobody can pay.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` naming the option that is wrong
 */
export function promptpay(options: PromptPayOptions = {}): ChannelPlugin {
  const provider = providerOf(options);
  if (provider !== null) return behind(provider);

  const payee = payeeOf(options);
  const { statement } = options;
  const test: Channel = { ...channelTo(nobodyLike(payee), statement), mode: 'test', simulated: true };
  return payee === null ? defineChannel(test) : defineChannel({ ...channelTo(payee, statement), mode: 'live' }, test);
}

/** Where the provider has no test application, test codes look like its live ones. */
function behind({ instances }: PromptPayProvider): ChannelPlugin {
  const [first, ...others] = instances;
  if (instances.some(({ mode }) => mode === 'test')) return defineChannel(first!, ...others);
  return defineChannel(first!, ...others, { ...channelTo(NOBODY_BILLER), mode: 'test', simulated: true });
}

const NOBODY_BILLER: Payee = { billerId: '000000000000000' };

/** The payee of test mode, so that test codes look like the live ones. Both numbers exist nowhere in Thailand. */
function nobodyLike(payee: Payee | null): Payee {
  if (payee === null || 'target' in payee) return { target: '000-000-0000' };
  return { ...payee, ...NOBODY_BILLER };
}

function channelTo(payee: Payee, statement?: StatementReader): Omit<Channel, 'mode'> {
  return {
    ...PROMPTPAY_FACTS,
    merchantAccount: 'target' in payee ? formatTarget(payee.target) : payee.billerId,
    // Not amount_locked: a payer may still transfer another amount to the same id. And no qrTtlMs: the payload has no
    // field for an end, so a photo of the code stays payable.
    capabilities: ['qr_dynamic', 'offline_qr', ...(statement === undefined ? [] : (['statement'] as const))],
    encode: (request) => ({ kind: 'qr', qrStandard: 'emvco', qrData: presentPromptPay(requestTo(payee, request)) }),
    ...(statement && { parseStatement: statement }),
  };
}

function requestTo(payee: Payee, { reference, amount }: AuthorizeRequest): PromptPayRequest {
  return 'target' in payee ? { ...payee, amount } : { ...payee, reference1: reference, amount };
}

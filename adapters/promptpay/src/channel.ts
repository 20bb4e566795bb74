import { defineChannel, type AuthorizeRequest, type Channel, type ChannelPlugin } from '@itpay/kernel';
import { payeeOf, type Payee, type PromptPayOptions } from './config.js';
import { formatTarget, MAX_SATANG, MIN_SATANG } from './mapping.js';
import { presentPromptPay, type PromptPayRequest } from './payload.js';

/**
 * PromptPay: a Thai bank app scans the code and transfers baht at once. Brings a live instance for the payee, and always a
 * test instance whose code nobody can pay.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` naming the option that is wrong
 */
export function promptpay(options: PromptPayOptions = {}): ChannelPlugin {
  const payee = payeeOf(options);
  const test: Channel = { ...channelTo(nobodyLike(payee)), mode: 'test', simulated: true };
  return payee === null ? defineChannel(test) : defineChannel({ ...channelTo(payee), mode: 'live' }, test);
}

/** The payee of test mode, so that test codes look like the live ones. Both numbers exist nowhere in Thailand. */
function nobodyLike(payee: Payee | null): Payee {
  if (payee === null || 'target' in payee) return { target: '000-000-0000' };
  return { ...payee, billerId: '000000000000000' };
}

function channelTo(payee: Payee): Omit<Channel, 'mode'> {
  return {
    id: 'promptpay',
    displayName: 'PromptPay',
    merchantAccount: 'target' in payee ? formatTarget(payee.target) : payee.billerId,
    countries: ['TH'],
    currencies: ['THB'],
    // Not amount_locked: a payer may still transfer another amount to the same id. And no qrTtlMs: the payload has no
    // field for an end, so a photo of the code stays payable.
    capabilities: ['qr_dynamic', 'offline_qr'],
    limits: { THB: { min: MIN_SATANG, max: MAX_SATANG } },
    // Reference 1 takes 20 of A-Z0-9. Sixteen of these hold 80 bits, and leave out I, L, O and U, which people misread
    // when they type a reference from a slip.
    reference: { maxLength: 16, alphabet: '0123456789ABCDEFGHJKMNPQRSTVWXYZ' },
    encode: (request) => ({ kind: 'qr', qrStandard: 'emvco', qrData: presentPromptPay(requestTo(payee, request)) }),
  };
}

function requestTo(payee: Payee, { reference, amount }: AuthorizeRequest): PromptPayRequest {
  return 'target' in payee ? { ...payee, amount } : { ...payee, reference1: reference, amount };
}

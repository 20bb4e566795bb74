import type { ContractFault } from '@itpay/testkit';

/** How the simulated rails name what the channel contract asks of the other side. */
export const BEHAVIOUR_OF = {
  decline: 'decline',
  pending: 'pending',
  hang: 'timeout_before',
  hang_after: 'timeout_after',
  reset_after: 'reset_after',
  rate_limited: '429',
  server_error: '500_before',
  garbage: 'garbage',
  bad_signature: 'bad_signature',
  wrong_reference: 'wrong_reference',
  wrong_amount: 'wrong_amount',
  wrong_currency: 'wrong_currency',
} as const satisfies Record<ContractFault, string>;

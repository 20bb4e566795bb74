import type { Channel } from '@itpay/kernel';

/** A bank that makes PromptPay codes and says when they were paid: `scb({ … })`. */
export interface PromptPayProvider {
  readonly name: string;
  /** At most one for each mode. */
  readonly instances: readonly Channel[];
}

import { ItPayError } from '@itpay/core';
import type { Account } from '@itpay/kernel';
import type { PaymentServices } from '../services.js';

/**
 * To whom money belongs that names no order of ours, and who brings files that tell about all orders. Channels are configured
 * for the installation, and the installation has one configured account: the oldest one.
 */
export async function keeperOf({ accounts }: Pick<PaymentServices, 'accounts'>): Promise<Account> {
  const [oldest] = await accounts.list();
  if (oldest === undefined)
    throw new ItPayError('INTERNAL_ERROR', { message: 'There is no account to book money for.' });
  return oldest;
}

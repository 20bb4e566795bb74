import type { Command } from '@itpay/kernel';
import type { LoyaltyApi } from './api.js';

/** `itpay run loyalty-balance customer-17 --live` */
export function loyaltyCommands(api: LoyaltyApi): Command {
  return {
    name: 'loyalty-balance',
    summary: 'the points of a customer',
    arguments: [{ name: 'customer', description: 'as in the metadata of its payments' }],
    options: [{ name: 'entries', description: 'also the latest 100 reasons' }],
    example: 'itpay run loyalty-balance customer-17 --live --entries',
    async run({ arguments: { customer = '' }, options, actor, print }) {
      const points = await api.balanceOf(actor, customer);
      const entries = options['entries'] ? await api.entriesOf(actor, customer) : [];
      const lines = entries.map(({ at, kind, points: change, source }) => {
        return `${at.toISOString().slice(0, 10)}  ${String(change).padStart(6)}  ${kind}  ${source}`;
      });
      print({ customer, points, ...(options['entries'] && { entries }) }, [
        `${customer} has ${points} points.`,
        ...lines,
      ]);
    },
  };
}

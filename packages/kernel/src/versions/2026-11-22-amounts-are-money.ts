import type { JsonObject, WireChange } from './change.js';

/** `amount_captured` and `amount_refunded` carry their currency. Before, they were numbers in that of `amount`. */
export const amountsAreMoney: WireChange = {
  description:
    '`amount_captured` and `amount_refunded` of a payment intent are `{currency, value}`, like every other amount. ' +
    'Before, they were whole numbers in minor units of the currency of `amount`.',
  object: 'payment_intent',
  down: (intent) =>
    Object.fromEntries(
      Object.entries(intent).map(([name, value]) => [name, AMOUNTS.has(name) ? minorUnitsOf(value) : value]),
    ),
};

const AMOUNTS: ReadonlySet<string> = new Set(['amount_captured', 'amount_refunded']);

const minorUnitsOf = (amount: unknown) =>
  typeof amount === 'object' && amount !== null ? (amount as JsonObject)['value'] : amount;

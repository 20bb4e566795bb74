import { ItPayError, type Money } from '@itpay/core';

/**
 * Half of an amount, rounded down.
 *
 * @throws ItPayError `AMOUNT_TOO_SMALL` for one minor unit, of which there is no less to pay
 */
export function lessThan({ currency, value }: Money): Money {
  if (value < 2n) {
    throw new ItPayError('AMOUNT_TOO_SMALL', {
      message: 'Nobody can pay less than one minor unit. Create the payment over at least 2 minor units.',
      details: { minimum: 2 },
    });
  }
  return { currency, value: value / 2n };
}

/** One and a half times an amount, rounded up. */
export const moreThan = ({ currency, value }: Money): Money => ({ currency, value: (value * 3n + 1n) / 2n });

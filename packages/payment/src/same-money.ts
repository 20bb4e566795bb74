import type { Money } from '@itpay/core';

/** The same amount of the same currency. */
export const sameMoney = (a: Money, b: Money): boolean => a.currency === b.currency && a.value === b.value;

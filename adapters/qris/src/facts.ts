import type { Channel } from '@itpay/kernel';
import { MAX_MINOR, MIN_MINOR } from './mapping.js';

/** What an acquirer's API and a printed code have in common. */
export const QRIS = {
  id: 'qris',
  countries: ['ID'],
  currencies: ['IDR'],
  exponentOverrides: { IDR: 0 },
  limits: { IDR: { min: MIN_MINOR, max: MAX_MINOR } },
  reference: { maxLength: 25, alphabet: '0123456789ABCDEFGHJKMNPQRSTVWXYZ' },
} as const satisfies Partial<Channel>;

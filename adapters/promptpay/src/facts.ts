import type { Channel } from '@itpay/kernel';
import { MAX_SATANG, MIN_SATANG } from './mapping.js';

/** What holds for PromptPay whoever the payee is, and whichever bank confirms. */
export const PROMPTPAY_FACTS = {
  id: 'promptpay',
  displayName: 'PromptPay',
  countries: ['TH'],
  currencies: ['THB'],
  limits: { THB: { min: MIN_SATANG, max: MAX_SATANG } },
  // Reference 1 takes 20 of A-Z0-9. Sixteen of these hold 80 bits, and leave out I, L, O and U, which people misread when
  // they type a reference from a slip.
  reference: { maxLength: 16, alphabet: '0123456789ABCDEFGHJKMNPQRSTVWXYZ' },
} as const satisfies Partial<Channel>;

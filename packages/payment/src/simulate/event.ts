/** What the payer of test mode can do. */
export const EVENTS = ['scanned', 'paid', 'declined', 'paid_late', 'underpaid', 'overpaid', 'paid_twice'] as const;
export type SimulatedEvent = (typeof EVENTS)[number];

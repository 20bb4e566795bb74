/**
 * How a call to a channel ended. There are five ways, and "may have happened" is one of them.
 *
 * `succeeded`: the channel did it. `pending`: accepted, the result comes later. `declined`: refused, final. `not_sent`:
 * it certainly did not happen, the same reference may be sent again. `unknown`: it may have happened; only the channel's
 * own word or an operator settles it.
 */
export const OUTCOMES = ['succeeded', 'pending', 'declined', 'not_sent', 'unknown'] as const;
export type Outcome = (typeof OUTCOMES)[number];

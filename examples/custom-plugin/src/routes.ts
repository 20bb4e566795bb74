import { actorOf, defineRoute, type Route } from '@itpay/kernel';
import { z } from 'zod';
import type { LoyaltyApi } from './api.js';

const balanceSchema = z
  .object({
    object: z.literal('loyalty_balance'),
    livemode: z.boolean(),
    customer: z.string(),
    points: z.int(),
    entries: z.array(
      z.object({
        id: z.string(),
        kind: z.enum(['earned', 'taken_back', 'given_back', 'expired']),
        points: z.int(),
        source: z.string(),
        at: z.iso.datetime(),
      }),
    ),
  })
  .meta({ id: 'LoyaltyBalance' });

/** Stands in the API description, asks for its scope, and knows accounts and modes, as every route does. */
export function loyaltyRoutes(api: LoyaltyApi): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/loyalty/{customer}',
    summary: 'Read the points of a customer',
    tag: 'Loyalty',
    access: 'loyalty:read',
    params: z.object({ customer: z.string().min(1).max(64) }),
    answers: { 200: { description: 'The points, and the latest 100 reasons', schema: balanceSchema } },
    errors: [],
    async run(request) {
      const actor = actorOf(request);
      const { customer } = request.params;
      const [points, entries] = [await api.balanceOf(actor, customer), await api.entriesOf(actor, customer)];
      return {
        status: 200,
        body: {
          object: 'loyalty_balance',
          livemode: actor.livemode,
          customer,
          points,
          entries: entries.map(({ id, kind, points: change, source, at }) => {
            return { id, kind, points: change, source, at: at.toISOString() };
          }),
        },
      };
    },
  });
}

import { statement, type Channel, type ChannelGuard, type Gauge, type HealthCheck } from '@itpay/kernel';
import type { PaymentServices } from './services.js';

/** How long after its end a payment that is still open counts as stuck, in milliseconds. */
const STUCK_AFTER_MS = 3_600_000;

/** What an operator watches: payments and operations that did not come to an end, and money that nobody counted. */
export function paymentGauges({ database, clock }: PaymentServices): readonly Gauge[] {
  return [
    {
      name: 'itpay.payment.stuck_intents',
      description: 'Open payments whose time was over an hour ago: their channel does not say whether they were paid.',
      unit: '{intent}',
      read: async () => {
        const before = new Date(clock.now().getTime() - STUCK_AFTER_MS);
        return (await database.query(STUCK, { before })).map(toReading);
      },
    },
    {
      name: 'itpay.operation.unknown',
      description: 'Channel operations with an unknown outcome; those that wait for an operator apart.',
      unit: '{operation}',
      read: async () =>
        (await database.query(UNRESOLVED, {})).map(({ count, operator }) => ({
          value: Number(count),
          attributes: { 'itpay.operation.operator_required': operator },
        })),
    },
    {
      name: 'itpay.inflow.aside',
      description: 'Arrivals of money that no payment counts: parked, or without a payment that they belong to.',
      unit: '{inflow}',
      read: async () =>
        (await database.query(ASIDE, {})).map(({ count, status, livemode }) => ({
          value: Number(count),
          attributes: { 'itpay.inflow.status': status, 'itpay.livemode': livemode },
        })),
    },
  ];
}

/** One for each channel instance: whether this process calls it, or leaves it alone because it failed again and again. */
export function channelChecks({ channels, guard }: PaymentServices): readonly HealthCheck[] {
  return [...channels.list('live'), ...channels.list('test')].map((channel) => ({
    name: `channel:${channel.id}:${channel.mode}`,
    check: async () => requireClosed(guard, channel),
  }));
}

function requireClosed(guard: ChannelGuard, channel: Channel): void {
  const { breaker } = guard.figures(channel);
  if (breaker === 'open') throw new Error('Its circuit breaker is open.');
}

const toReading = ({ count, livemode }: { count: bigint; livemode: boolean }) => ({
  value: Number(count),
  attributes: { 'itpay.livemode': livemode },
});

const STUCK = statement<{ before: Date }, { count: bigint; livemode: boolean }>(
  'gauge_stuck_intents',
  `select mode.livemode, count(intent.id) as count
     from (values (true), (false)) as mode (livemode)
     left join {schema}.payment_intents intent
       on intent.livemode = mode.livemode and intent.status_rank < 2 and intent.expires_at <= :before
    group by mode.livemode`,
);
const UNRESOLVED = statement<object, { count: bigint; operator: boolean }>(
  'gauge_unresolved_operations',
  `select waits.operator, count(operation.id) as count
     from (values (true), (false)) as waits (operator)
     left join {schema}.channel_operations operation
       on operation.operator_required = waits.operator and (operation.state = 'unknown' or operation.operator_required)
    group by waits.operator`,
);
const ASIDE = statement<object, { count: bigint; status: string; livemode: boolean }>(
  'gauge_inflows_aside',
  `select kind.status, mode.livemode, count(inflow.id) as count
     from (values ('needs_match'), ('parked')) as kind (status) cross join (values (true), (false)) as mode (livemode)
     left join {schema}.inflows inflow
       on inflow.status = kind.status and inflow.livemode = mode.livemode and inflow.status in ('needs_match', 'parked')
    group by kind.status, mode.livemode`,
);

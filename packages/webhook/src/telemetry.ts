import { statement, type Database, type Gauge, type Telemetry } from '@itpay/kernel';
import type { Sender } from './send.js';

/** A sender whose attempts are seen: a span and a measurement for each, with the outcome and never the address. */
export function observedSender(sender: Sender, telemetry: Telemetry): Sender {
  return {
    send: (request) =>
      telemetry.span('webhook send', { kind: 'client' }, async (span) => {
        const result = await sender.send(request);
        const outcome =
          result.kind === 'answered'
            ? {
                'http.response.status_code': result.status,
                ...(result.status >= 300 && { 'error.type': String(result.status) }),
              }
            : { 'error.type': result.error };
        span.set(outcome);
        if (outcome['error.type'] !== undefined) span.fail(outcome['error.type']);
        telemetry.duration('itpay.webhook.delivery.duration', result.latencyMs / 1000, outcome);
        return result;
      }),
    close: () => sender.close(),
  };
}

/** Deliveries that are still to be made, also those that wait for their next attempt. */
export function backlogGauge(database: Database): Gauge {
  return {
    name: 'itpay.webhook.backlog',
    description: 'Deliveries of events that have not arrived yet and are still attempted.',
    unit: '{delivery}',
    read: async () => (await database.query(BACKLOG, {})).map(({ count }) => ({ value: Number(count) })),
  };
}

const BACKLOG = statement<object, { count: bigint }>(
  'gauge_webhook_backlog',
  `select count(*) as count from {schema}.webhook_deliveries where state = 'pending'`,
);

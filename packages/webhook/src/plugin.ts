import { ItPayError } from '@itpay/core';
import {
  AuditLog,
  Clock,
  Database,
  definePlugin,
  Gauges,
  Idempotency,
  IdGenerator,
  Logger,
  LogReaders,
  Outbox,
  PubSub,
  Random,
  Routes,
  sealedAnswers,
  Secrets,
  Sweeps,
  Telemetry,
  token,
} from '@itpay/kernel';
import { fanOut } from './delivery/fan-out.js';
import { sendDue } from './delivery/send-due.js';
import { DeliveryStore } from './delivery/store.js';
import { endpointRoutes } from './endpoint/routes.js';
import { ANSWER, EndpointSecrets, PURPOSE } from './endpoint/secrets.js';
import { EndpointStore } from './endpoint/store.js';
import { eventRoutes } from './event/routes.js';
import { EventStore } from './event/store.js';
import { webhook0001 } from './migrations/0001-webhook.js';
import { webhook0002 } from './migrations/0002-growth.js';
import { webhook0003 } from './migrations/0003-enabled-position.js';
import { eventRetention, RETENTION_DAYS } from './retention.js';
import { createSender, type Sender, type SendRequest } from './send.js';
import type { WebhookServices } from './services.js';
import { backlogGauge, observedSender } from './telemetry.js';
import { VERSION } from './version.js';

export interface WebhookOptions {
  /** Origins that may be called although they are not public, such as a receiver at `http://localhost:4000`. */
  readonly allowedOrigins?: readonly string[];
  /** Endpoints with plain http in live mode too. Test mode allows them anyway. Default: false. */
  readonly allowHttp?: boolean;
  /** How many days events and attempts are kept after the last attempt. Default: 30. */
  readonly retentionDays?: number;
  /**
   * Makes the attempts in place of ours: through a proxy, or in a simulation. It answers for what ours does: which addresses
   * may be called, no redirects, an end after 15 seconds. It is not closed with us.
   */
  readonly sender?: Pick<Sender, 'send'>;
}

/**
 * Webhooks: who wants to hear of which events, and telling them until they have heard.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` that names the option
 */
export function webhook({
  allowedOrigins = [],
  allowHttp = false,
  retentionDays = RETENTION_DAYS,
  sender: given,
}: WebhookOptions = {}) {
  checkOptions(allowedOrigins, retentionDays);
  return definePlugin({
    name: 'webhook',
    version: VERSION,
    migrations: [webhook0001, webhook0002, webhook0003],
    sealed: [{ table: 'webhook_endpoints', key: 'id', column: 'secrets', purpose: PURPOSE }, sealedAnswers(ANSWER)],
    register(registry) {
      registry.own(
        ServicesToken,
        [
          Database,
          Clock,
          IdGenerator,
          Random,
          Logger,
          PubSub,
          Idempotency.token,
          AuditLog.token,
          Outbox.token,
          Secrets,
        ],
        (database, clock, ids, random, logger, pubsub, idempotency, audit, outbox, secrets) => ({
          database,
          clock,
          ids,
          random,
          logger,
          pubsub,
          idempotency,
          audit,
          outbox,
          endpoints: new EndpointStore(database),
          secrets: new EndpointSecrets(secrets, random),
          deliveries: new DeliveryStore(database),
          events: new EventStore(database),
          urls: { allowedOrigins, allowHttp },
        }),
      );
      registry.own(
        SenderToken,
        [Telemetry.token],
        (telemetry) => {
          const own = () => createSender({ allowedOrigins, allowHttp, userAgent: `ItPay/${VERSION}` });
          const foreign = given && { send: (request: SendRequest) => given.send(request), close: async () => {} };
          return observedSender(foreign ?? own(), telemetry);
        },
        (sender) => sender.close(),
      );

      registry.contribute(Routes, [ServicesToken], endpointRoutes);
      registry.contribute(Routes, [ServicesToken], eventRoutes);
      registry.contribute(LogReaders, [ServicesToken], fanOut);
      registry.contribute(Sweeps, [ServicesToken, SenderToken], (services, sender) => sendDue(services, { sender }));
      registry.contribute(Gauges, [Database], backlogGauge);
      registry.contribute(Sweeps, [Database, Clock], (database, clock) =>
        eventRetention(database, clock, retentionDays),
      );
    },
  });
}

function checkOptions(allowedOrigins: readonly string[], retentionDays: number): void {
  const wrong = allowedOrigins.find((origin) => !URL.canParse(origin) || new URL(origin).origin !== origin);
  if (wrong !== undefined) {
    throw invalid('allowedOrigins', `"${wrong}" is no origin. Give scheme, host and port: "http://localhost:4000".`);
  }
  if (!Number.isFinite(retentionDays) || retentionDays < 4) {
    throw invalid('retentionDays', 'Give 4 days or more: an event is sent for three.');
  }
}

const invalid = (option: string, advice: string) =>
  new ItPayError('CONFIGURATION_INVALID', {
    message: `The option webhooks.${option} is not usable. ${advice}`,
    param: `webhooks.${option}`,
  });

const ServicesToken = token<WebhookServices>('webhook.services');
const SenderToken = token<Sender>('webhook.sender');

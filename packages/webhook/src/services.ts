import type {
  AuditLog,
  Clock,
  Database,
  Idempotency,
  IdGenerator,
  Logger,
  Outbox,
  PubSub,
  Random,
} from '@itpay/kernel';
import type { DeliveryStore } from './delivery/store.js';
import type { EndpointSecrets } from './endpoint/secrets.js';
import type { EndpointStore } from './endpoint/store.js';
import type { EventStore } from './event/store.js';

/** What the use cases of this package work with. Built once, when the kernel starts. */
export interface WebhookServices {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly random: Random;
  readonly logger: Logger;
  readonly pubsub: PubSub;
  readonly idempotency: Idempotency;
  readonly audit: AuditLog;
  readonly outbox: Outbox;
  readonly endpoints: EndpointStore;
  readonly secrets: EndpointSecrets;
  readonly deliveries: DeliveryStore;
  readonly events: EventStore;
  readonly urls: UrlRules;
}

/** Which URLs the host allows beyond public https ones. */
export interface UrlRules {
  readonly allowedOrigins: readonly string[];
  /** Plain http in live mode as well; test mode allows it anyway. */
  readonly allowHttp: boolean;
}

import type {
  Accounts,
  AuditLog,
  BlobStore,
  ChannelRegistry,
  Clock,
  Database,
  Idempotency,
  IdGenerator,
  Jobs,
  Outbox,
} from '@itpay/kernel';
import type { IntentStore } from './intent/store.js';
import type { IntentWaiters } from './intent/wait.js';
import type { Links } from './links.js';
import type { QrChargeStore } from './qr-charge/store.js';

/** What the use cases of this package work with. Built once, when the kernel starts. */
export interface PaymentServices {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly blobs: BlobStore;
  readonly accounts: Accounts;
  readonly channels: ChannelRegistry;
  readonly idempotency: Idempotency;
  readonly audit: AuditLog;
  readonly outbox: Outbox;
  readonly jobs: Jobs;
  readonly store: IntentStore;
  readonly charges: QrChargeStore;
  readonly waiters: IntentWaiters;
  readonly links: Links;
}

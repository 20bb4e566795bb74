import type {
  Accounts,
  AuditLog,
  BlobStore,
  Channel,
  ChannelGuard,
  ChannelRegistry,
  Clock,
  Database,
  HookRunner,
  Idempotency,
  IdGenerator,
  Jobs,
  Logger,
  Outbox,
  PubSub,
  Telemetry,
} from '@itpay/kernel';
import type { DownloadLinks } from './download-links.js';
import type { InflowStore } from './inflow/store.js';
import type { IntentStore } from './intent/store.js';
import type { IntentWaiters } from './intent/wait.js';
import type { Links } from './links.js';
import type { OperationEngine } from './operation/engine.js';
import type { QrChargeStore } from './qr-charge/store.js';
import type { ReconciliationStore } from './reconciliation/store.js';
import type { RefundStore } from './refund/store.js';
import type { RefundFileStore } from './refund-file/store.js';
import type { StatementStore } from './statement/store.js';
import type { ReportStore } from './report/store.js';

/** What the use cases of this package work with. Built once, when the kernel starts. */
export interface PaymentServices {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly blobs: BlobStore;
  readonly accounts: Accounts;
  readonly channels: ChannelRegistry;
  readonly guard: ChannelGuard;
  readonly idempotency: Idempotency;
  readonly audit: AuditLog;
  readonly outbox: Outbox;
  readonly jobs: Jobs;
  readonly logger: Logger;
  readonly pubsub: PubSub;
  readonly telemetry: Telemetry;
  readonly hooks: HookRunner;
  readonly engine: OperationEngine;
  readonly store: IntentStore;
  readonly charges: QrChargeStore;
  readonly inflows: InflowStore;
  readonly refunds: RefundStore;
  readonly statements: StatementStore;
  readonly refundFiles: RefundFileStore;
  readonly reports: ReportStore;
  readonly reconciliations: ReconciliationStore;
  readonly waiters: IntentWaiters;
  readonly links: Links;
  readonly downloads: DownloadLinks;
  /** Where a channel instance shall notify us. */
  readonly callbackUrl: (channel: Channel) => string;
}

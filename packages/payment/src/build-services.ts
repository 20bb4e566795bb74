import {
  Accounts,
  AuditLog,
  BlobStore,
  ChannelGuard,
  ChannelRegistry,
  Clock,
  Database,
  DisplayTokens,
  HookRunner,
  Idempotency,
  IdGenerator,
  Jobs,
  Logger,
  Outbox,
  PubSub,
  Secrets,
  Settings,
  Telemetry,
  token,
  type Services,
} from '@itpay/kernel';
import { CallbackTokens, callbackUrl } from './callback/token.js';
import { DownloadLinks } from './download-links.js';
import { InflowStore } from './inflow/store.js';
import { IntentStore } from './intent/store.js';
import { IntentWaiters } from './intent/wait.js';
import { Links } from './links.js';
import { authorizeHandler } from './operation/authorize.js';
import { cancelHandler } from './operation/cancel.js';
import { captureHandler } from './operation/capture.js';
import { OperationEngine } from './operation/engine.js';
import { QrChargeStore } from './qr-charge/store.js';
import { ReconciliationStore } from './reconciliation/store.js';
import { refundHandler } from './refund/handler.js';
import { RefundStore } from './refund/store.js';
import { RefundFileStore } from './refund-file/store.js';
import { ReportStore } from './report/store.js';
import type { PaymentServices } from './services.js';
import { StatementStore } from './statement/store.js';

export const ServicesToken = token<PaymentServices>('payment.services');

/** What the services are made of, in the order in which `buildServices` takes it. */
export const SERVICE_DEPENDENCIES = [
  Database,
  Clock,
  IdGenerator,
  Logger,
  PubSub,
  BlobStore,
  Secrets,
  Settings,
  DisplayTokens.token,
  Accounts.token,
  ChannelRegistry.token,
  ChannelGuard.token,
  Idempotency.token,
  AuditLog.token,
  Outbox.token,
  Jobs.token,
  Telemetry.token,
  HookRunner.token,
] as const;

/** Builds everything that the use cases work with, once, when the kernel starts. */
export function buildServices(...services: Services<typeof SERVICE_DEPENDENCIES>): PaymentServices {
  const [database, clock, ids, logger, pubsub, blobs, secrets, settings, displayTokens, ...rest] = services;
  const [accounts, channels, guard, idempotency, audit, outbox, jobs, telemetry, hooks] = rest;
  const store = new IntentStore(database);
  const callbackTokens = new CallbackTokens(secrets);
  const built: PaymentServices = {
    database,
    clock,
    ids,
    logger,
    pubsub,
    blobs,
    accounts,
    channels,
    guard,
    idempotency,
    audit,
    outbox,
    jobs,
    telemetry,
    hooks,
    store,
    engine: new OperationEngine({ database, clock, logger, pubsub, audit, outbox, idempotency, channels, store }),
    charges: new QrChargeStore(database),
    inflows: new InflowStore(database),
    refunds: new RefundStore(database),
    statements: new StatementStore(database, secrets),
    refundFiles: new RefundFileStore(database, secrets),
    reports: new ReportStore(database),
    reconciliations: new ReconciliationStore(database),
    waiters: new IntentWaiters(store, database, pubsub),
    links: new Links(settings.publicUrl, displayTokens),
    downloads: new DownloadLinks(settings.publicUrl, secrets, clock),
    callbackUrl: (channel) => callbackUrl(settings, callbackTokens, channel),
  };
  built.engine.handle('authorize', authorizeHandler(built));
  built.engine.handle('capture', captureHandler(built));
  built.engine.handle('cancel', cancelHandler(built));
  built.engine.handle('refund', refundHandler(built));
  return built;
}

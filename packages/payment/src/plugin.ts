import {
  Accounts,
  AuditLog,
  BlobStore,
  ChannelRegistry,
  Clock,
  Database,
  definePlugin,
  DisplayTokens,
  Idempotency,
  IdGenerator,
  JobHandlers,
  Jobs,
  Outbox,
  PubSub,
  Routes,
  Settings,
  SimulatedRails,
  token,
} from '@itpay/kernel';
import { paymentApi, PaymentApi } from './api.js';
import { intentRoutes } from './intent/routes.js';
import { IntentStore } from './intent/store.js';
import { IntentWaiters } from './intent/wait.js';
import { Links } from './links.js';
import { payment0001 } from './migrations/0001-payment.js';
import { forgetImageJob } from './qr-charge/image-jobs.js';
import { qrChargeRoutes } from './qr-charge/routes.js';
import { QrChargeStore } from './qr-charge/store.js';
import type { PaymentServices } from './services.js';
import { simulateRoutes } from './simulate/routes.js';

const Store = token<IntentStore>('payment.intent-store');
const Waiters = token<IntentWaiters>('payment.waiters');
const Services = token<PaymentServices>('payment.services');

/** The payment service: payment intents and QR charges. */
export const payment = () =>
  definePlugin({
    name: 'payment',
    version: '1',
    migrations: [payment0001],
    api: PaymentApi,
    register(registry) {
      registry.own(Store, [Database], (database) => new IntentStore(database));
      registry.own(
        Waiters,
        [Store, Database, PubSub],
        (...deps) => new IntentWaiters(...deps),
        (waiters) => waiters.close(),
      );
      registry.own(
        Services,
        [
          Store,
          Waiters,
          Database,
          Clock,
          IdGenerator,
          BlobStore,
          Accounts.token,
          ChannelRegistry.token,
          Idempotency.token,
          AuditLog.token,
          Outbox.token,
          Jobs.token,
          Settings,
          DisplayTokens.token,
        ],
        (
          store,
          waiters,
          database,
          clock,
          ids,
          blobs,
          accounts,
          channels,
          idempotency,
          audit,
          outbox,
          jobs,
          settings,
          displayTokens,
        ) => ({
          store,
          waiters,
          database,
          clock,
          ids,
          blobs,
          accounts,
          channels,
          idempotency,
          audit,
          outbox,
          jobs,
          charges: new QrChargeStore(database),
          links: new Links(settings.publicUrl, displayTokens),
        }),
      );
      registry.own(PaymentApi, [Services], paymentApi);
      registry.contribute(Routes, [Services], intentRoutes);
      registry.contribute(Routes, [Services], qrChargeRoutes);
      registry.contribute(Routes, [Services, SimulatedRails], simulateRoutes);
      registry.contribute(JobHandlers, [BlobStore], forgetImageJob);
    },
  });

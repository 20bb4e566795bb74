import {
  BlobStore,
  definePlugin,
  Gauges,
  HealthChecks,
  JobHandlers,
  Logger,
  Routes,
  Secrets,
  SimulatedRails,
  Sweeps,
} from '@itpay/kernel';
import { paymentApi, PaymentApi } from './api.js';
import { buildServices, SERVICE_DEPENDENCIES, ServicesToken } from './build-services.js';
import { bodyRetention } from './callback/retention.js';
import { callbackRoutes, SEALED_FOR as NOTIFICATION } from './callback/routes.js';
import { CallbackTokens } from './callback/token.js';
import { channelRoutes } from './channels/routes.js';
import { channelChecks, paymentGauges } from './gauges.js';
import { inflowRoutes } from './inflow/routes.js';
import { guardRetention } from './intent/duplicate-guard.js';
import { expireDue } from './intent/expire.js';
import { intentRoutes } from './intent/routes.js';
import { timelineRoute } from './intent/timeline.js';
import { payment0001 } from './migrations/0001-payment.js';
import { payment0002 } from './migrations/0002-money.js';
import { payment0003 } from './migrations/0003-operations.js';
import { payment0004 } from './migrations/0004-statements.js';
import { payment0005 } from './migrations/0005-reconciliation.js';
import { payment0006 } from './migrations/0006-reports.js';
import { payment0007 } from './migrations/0007-routing.js';
import { payment0008 } from './migrations/0008-refund-files.js';
import { payment0009 } from './migrations/0009-statement-references.js';
import { payment0010 } from './migrations/0010-growth.js';
import { operationRoutes } from './operation/routes.js';
import { forgetImageJob } from './qr-charge/image-jobs.js';
import { qrChargeRoutes } from './qr-charge/routes.js';
import { reconciliationCalendar } from './reconciliation/calendar.js';
import { reconcileJob } from './reconciliation/job.js';
import { reconciliationRoutes } from './reconciliation/routes.js';
import { refundRoutes } from './refund/routes.js';
import { refundFileRoutes } from './refund-file/routes.js';
import { DOCUMENT } from './refund-file/store.js';
import { writeReportJob } from './report/build.js';
import { reportRetention } from './report/retention.js';
import { reportRoutes } from './report/routes.js';
import { simulateRoutes } from './simulate/routes.js';
import { statementRoutes } from './statement/routes.js';
import { SEALED_FOR as STATEMENT_ROW } from './statement/store.js';
import { voidRoutes } from './void/routes.js';

/** The payment service: intents, QR charges, captures, refunds, voids, and money as it arrives. */
export const payment = () =>
  definePlugin({
    name: 'payment',
    version: '1',
    migrations: [
      payment0001,
      payment0002,
      payment0003,
      payment0004,
      payment0005,
      payment0006,
      payment0007,
      payment0008,
      payment0009,
      payment0010,
    ],
    sealed: [
      { table: 'notifications', key: 'id', column: 'sealed_body', purpose: NOTIFICATION },
      { table: 'statement_rows', key: 'id', column: 'sealed_details', purpose: STATEMENT_ROW },
      { table: 'refund_files', key: 'id', column: 'sealed_document', purpose: DOCUMENT },
    ],
    api: PaymentApi,
    register(registry) {
      registry.own(ServicesToken, SERVICE_DEPENDENCIES, buildServices, ({ waiters }) => waiters.close());
      registry.own(PaymentApi, [ServicesToken], paymentApi);

      registry.contribute(Routes, [ServicesToken], intentRoutes);
      registry.contribute(Routes, [ServicesToken], timelineRoute);
      registry.contribute(Routes, [ServicesToken], qrChargeRoutes);
      registry.contribute(Routes, [ServicesToken], refundRoutes);
      registry.contribute(Routes, [ServicesToken], voidRoutes);
      registry.contribute(Routes, [ServicesToken], inflowRoutes);
      registry.contribute(Routes, [ServicesToken], statementRoutes);
      registry.contribute(Routes, [ServicesToken], operationRoutes);
      registry.contribute(Routes, [ServicesToken], reconciliationRoutes);
      registry.contribute(Routes, [ServicesToken], channelRoutes);
      registry.contribute(Routes, [ServicesToken], refundFileRoutes);
      registry.contribute(Routes, [ServicesToken], reportRoutes);
      registry.contribute(Routes, [ServicesToken, Secrets, Logger], (services, secrets, logger) =>
        callbackRoutes(services, new CallbackTokens(secrets), secrets, logger),
      );
      registry.contribute(Routes, [ServicesToken, SimulatedRails], simulateRoutes);

      registry.contribute(JobHandlers, [BlobStore], forgetImageJob);
      registry.contribute(JobHandlers, [ServicesToken], (services) => writeReportJob(services));
      registry.contribute(Sweeps, [ServicesToken], ({ engine }) => ({
        name: 'payment.operations',
        run: () => engine.sweep(),
      }));
      registry.contribute(Sweeps, [ServicesToken], (services) => ({
        name: 'payment.expiry',
        run: () => expireDue(services),
      }));
      registry.contribute(Sweeps, [ServicesToken], bodyRetention);
      registry.contribute(Sweeps, [ServicesToken], guardRetention);
      registry.contribute(JobHandlers, [ServicesToken], reconcileJob);
      registry.contribute(Sweeps, [ServicesToken], reconciliationCalendar);
      registry.contribute(Sweeps, [ServicesToken], reportRetention);

      registry.contribute(HealthChecks, [ServicesToken], channelChecks);
      registry.contribute(Gauges, [ServicesToken], paymentGauges);
    },
  });

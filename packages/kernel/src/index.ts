export { token, point, type AnyToken, type Point, type Services, type Token } from './token.js';
export { definePlugin, type AnyPlugin, type Plugin, type PluginApis, type Registry } from './plugin.js';
export { listStatements, type ListSql } from './list-statements.js';
export { compileStatement, quoteIdentifier, statement, type CompiledStatement, type Statement } from './statement.js';

export { Authenticator, type CredentialRequest, type Principal } from './ports/authenticator.js';
export { BlobStore, type BlobDownload } from './ports/blob-store.js';
export { Cache, MAX_CACHED_BYTES, noCache, type CacheHit } from './ports/cache.js';
export { Clock, systemClock } from './ports/clock.js';
export { Database, maybeOne, one, type Queryable, type Tx } from './ports/database.js';
export { IdGenerator, uuidV7Ids } from './ports/id-generator.js';
export { JobQueue, type JobNotice } from './ports/job-queue.js';
export { Logger, type LogFields } from './ports/logger.js';
export { CHANGED_TOPIC, PubSub, SOME_LOST, SWEEP_TOPIC, WORK_TOPIC } from './ports/pubsub.js';
export { cryptoRandom, Random } from './ports/random.js';
export {
  CLOCKS_APART_MS,
  PLACE_LEASE_MS,
  RateLimiter,
  readBucket,
  type Place,
  type RateLimiterFactory,
  type Taken,
  type TokenBucket,
} from './ports/rate-limiter.js';
export { MARK_BYTES, Secrets, secretsFrom, type ListedKey } from './ports/secrets.js';
export { Settings } from './settings.js';

export {
  type AuthorizeRequest,
  type CallbackAnswer,
  type CallContext,
  CAPABILITIES,
  type Capability,
  type CaptureRequest,
  type Channel,
  channelInstanceKey,
  type ChannelNotice,
  Channels,
  type Credit,
  INSTRUCTION_FIELDS,
  type OrderRequest,
  type OrderStatus,
  type PaymentInstruction,
  QR_STANDARDS,
  type QrPresentation,
  type QrStandard,
  type RawCallback,
  type RefundFileDocument,
  type RefundFileRequest,
  type RefundRequest,
  type RefundStatus,
  type RefundTransfer,
  type VerifiedCallback,
} from './channel/channel.js';
export { ChannelRegistry, defineChannel, type ChannelPlugin } from './channel/define-channel.js';
export { ChannelGuard, type Attempt, type ChannelFigures } from './channel/guard.js';
export {
  operationMachine,
  queuedOperation,
  type NewOperation,
  type Operation,
  type OperationKind,
  type OperationState,
} from './channel/operation.js';
export {
  dueOperations,
  findByReference,
  findOperation,
  insertOperation,
  listOperations,
  lockOperation,
  operationsOfPayment,
  saveOperation,
  type OperationFilter,
} from './channel/operation-store.js';
export { askRail, RailError, railFailure, type RailAnswer, type RailRequest } from './channel/rail-http.js';
export { channelReference, type OperationIdentity } from './channel/reference.js';
export { notFound, OPERATION_LEASE_MS, settle, start, stillOpen } from './channel/settle.js';
export { nextWaitingQuery } from './channel/schedule.js';
export {
  FAILURE_CATEGORIES,
  OUTCOMES,
  type ChannelFailure,
  type FailureCategory,
  type Outcome,
  type OutcomeName,
} from './channel/outcome.js';
export {
  SimulatedRails,
  type NetworkedSimulatedRail,
  type PayerAct,
  type SimulatedRail,
} from './channel/simulated-rail.js';
export type { StatementFacts, StatementFile, StatementPart, StatementRow } from './channel/statement.js';

export { Accounts, type Account } from './accounts.js';
export { actorKindOf, AuditLog, type Actor, type ActorKind, type AuditEntry, type AuditRow } from './audit.js';
export { displayCookie, intentOfCookie, type DisplayCookieOptions } from './display-cookie.js';
export { DisplayTokens } from './display-token.js';
export type { EventDefinition, NewEvent } from './events/event.js';
export { Outbox, toEnvelope, type EventRow } from './events/outbox.js';
export {
  EventSubscribers,
  LogReaders,
  type EventHandler,
  type EventSubscriber,
  type LoggedEvent,
  type LogReader,
} from './events/subscriptions.js';
export { Commands, type Command, type CommandContext } from './commands/command.js';
export {
  HOOK_POINTS,
  Hooks,
  veto,
  type Hook,
  type HookAdvice,
  type HookPoint,
  type HookSubject,
} from './hooks/hook.js';
export { HookRunner } from './hooks/hook-runner.js';
export { HealthChecks, type HealthCheck } from './health.js';
export { redactingLogger, redactor, withoutMessage, type Redactor } from './redact.js';
export { Gauges, type Gauge, type GaugeReading } from './telemetry/gauge.js';
export { DURATIONS, type DurationName } from './telemetry/names.js';
export { Telemetry, type Attributes, type OpenSpan, type SpanOptions } from './telemetry/telemetry.js';
export { idempotencyKey, type IdempotencyKey, type KeyScope } from './idempotency/key.js';
export {
  Idempotency,
  KEY_RETENTION_MS,
  type KeyClaim,
  type StoredAnswer,
  type UsedKey,
} from './idempotency/idempotency.js';
export { JobHandlers, Jobs, PRIORITIES, type Job, type JobContext, type JobOptions } from './jobs/jobs.js';
export type { LaneLimits } from './jobs/lanes.js';
export { Sweeps, type Sweep } from './jobs/sweeper.js';
export { sealedAnswers, type SealedColumn } from './sealed/column.js';
export { takeSealedCensus, type SealedCensus } from './sealed/census.js';
export { KEY_USE_MS, readKeyUse, type KeyUse } from './sealed/key-use.js';
export { pluginBehind } from './wiring.js';
export type { Migration } from './migrate/migration.js';
export {
  migrate,
  pendingMigrations,
  requireMigrated,
  type MigrationSet,
  type PendingMigration,
} from './migrate/migrate.js';
export {
  actorOf,
  defineRoute,
  Routes,
  type AnswerDescription,
  type RateClass,
  type RawRequest,
  type Route,
  type RouteAnswer,
  type RouteRequest,
} from './http/route.js';
export {
  listAnswer,
  listQuery,
  listSchema,
  pageOf,
  queryInteger,
  type ListAnswer,
  type ListPage,
} from './http/list.js';
export { asReplayed, isReplayed } from './http/replayed-error.js';
export { API_VERSIONS, changesAfter, isApiVersion, toApiVersion, type ApiVersion } from './versions/versions.js';
export { validate } from './http/validate.js';
export { createKernel, inStartOrder, migrationSets, sealedColumns, type Kernel, type KernelOptions } from './kernel.js';

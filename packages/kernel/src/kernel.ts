import { Accounts } from './accounts.js';
import { AuditLog } from './audit.js';
import { Channels } from './channel/channel.js';
import { ChannelRegistry } from './channel/define-channel.js';
import { ChannelGuard } from './channel/guard.js';
import { closeAll } from './close-all.js';
import { assemble } from './container.js';
import { DisplayTokens } from './display-token.js';
import { Outbox } from './events/outbox.js';
import { EventSubscribers, LogReaders, Subscriptions, type EventHandler } from './events/subscriptions.js';
import { Hooks } from './hooks/hook.js';
import { HookRunner } from './hooks/hook-runner.js';
import { Idempotency } from './idempotency/idempotency.js';
import { keyRetention } from './idempotency/retention.js';
import { JobHandlers, Jobs } from './jobs/jobs.js';
import { Lanes, type LaneLimits } from './jobs/lanes.js';
import { Sweeper, Sweeps } from './jobs/sweeper.js';
import { Worker } from './jobs/worker.js';
import { migrate, requireMigrated, type MigrationSet, type OnMigration } from './migrate/migrate.js';
import { kernelMigrations } from './migrations.js';
import type { AnyPlugin, PluginApis } from './plugin.js';
import { BlobStore } from './ports/blob-store.js';
import { Cache, noCache } from './ports/cache.js';
import { Clock, systemClock } from './ports/clock.js';
import { Database } from './ports/database.js';
import { IdGenerator, uuidV7Ids } from './ports/id-generator.js';
import { JobQueue } from './ports/job-queue.js';
import { Logger } from './ports/logger.js';
import { PubSub } from './ports/pubsub.js';
import { cryptoRandom, Random } from './ports/random.js';
import { Secrets } from './ports/secrets.js';
import { KeyUseNotes } from './sealed/key-use.js';
import type { SealedColumn } from './sealed/column.js';
import { sealAgain } from './sealed/seal-again.js';
import { coreChecks } from './core-checks.js';
import { HealthChecks, type HealthCheck } from './health.js';
import { Settings } from './settings.js';
import { Gauges } from './telemetry/gauge.js';
import { Telemetry } from './telemetry/telemetry.js';
import type { Point, Token } from './token.js';
import { invalidPlugins, KERNEL, provide } from './wiring.js';

/** The drivers behind the ports, and the plugins. */
export interface KernelOptions<P extends readonly AnyPlugin[]> {
  readonly settings: Settings;
  /** Open. The kernel closes it. */
  readonly database: Database;
  /** The kernel closes it, where it can be closed. */
  readonly blobStore: BlobStore;
  readonly pubsub: PubSub;
  /** Shared by the processes of the installation. The kernel closes it. Left out: nothing is shared. */
  readonly cache?: Cache | undefined;
  /** What else is asked whether it works, such as a server that drivers share. */
  readonly checks?: readonly HealthCheck[] | undefined;
  /** Brings jobs to the processes that run them. The kernel closes it. Left out: each looks into the table. */
  readonly queue?: JobQueue | undefined;
  /** How fast jobs that share something may start. Left out: as fast as they come. */
  readonly jobLimits?: LaneLimits | undefined;
  readonly secrets: Secrets;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly ids?: IdGenerator;
  readonly random?: Random;
  readonly plugins: P;
  /** `auto` brings the schema up to date at start; `check` refuses to start when it is not. */
  readonly migrate: 'auto' | 'check';
  readonly onMigration?: OnMigration;
}

export interface Kernel<P extends readonly AnyPlugin[] = readonly AnyPlugin[]> {
  /** What each plugin offers to the host, by the plugin's name. */
  readonly plugins: PluginApis<P>;
  get<T>(service: Token<T>): T;
  all<T>(from: Point<T>): readonly T[];
  /** Subscribes to events; see `Subscriptions.add`. */
  on(pattern: string, handler: EventHandler, name?: string): void;
  /** Begins to run jobs in this process. */
  startWork(): void;
  /** Runs everything that is due now, in this call. For tests and for commands. */
  settle(): Promise<void>;
  /** Takes no new job, waits for those that run, and closes what was built, in reverse order. */
  close(): Promise<void>;
  /** Takes no new job and begins no sweep, and waits for those that run. `close` does it too. */
  stopWork(): Promise<void>;
  /** The jobs and sweeps that run now, by name. */
  running(): readonly string[];
  /** Closes the database and the couriers under whatever still uses them. For a stop that took too long. */
  abandon(): Promise<void>;
}

/**
 * Wires ports and plugins, brings the schema up to date and builds every service. Nothing runs yet: `startWork` does that.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` or `MIGRATION_PENDING` that names the plugin or option and the way out
 */
export async function createKernel<const P extends readonly AnyPlugin[]>(
  options: KernelOptions<P>,
): Promise<Kernel<P>> {
  const { database } = options;
  const closeBlobs = async () => options.blobStore.close?.();
  const closeCache = async () => options.cache?.close();
  const closeQueue = async () => options.queue?.close();
  const drivers = [
    once(closeQueue),
    once(() => options.pubsub.close()),
    once(closeCache),
    once(closeBlobs),
    once(() => database.close()),
  ];
  try {
    const plugins = inStartOrder(options.plugins);
    const sets = migrationSets(plugins);
    if (options.migrate === 'auto') await migrate(database, sets, options.onMigration);
    else await requireMigrated(database, sets);

    const assembly = await assemble(
      [
        provide(Settings, [], () => options.settings),
        provide(Logger, [], () => options.logger),
        provide(
          Telemetry.token,
          [],
          () => new Telemetry(),
          (telemetry) => telemetry.close(),
        ),
        provide(Clock, [], () => options.clock ?? systemClock),
        provide(IdGenerator, [], () => options.ids ?? uuidV7Ids()),
        provide(Random, [], () => options.random ?? cryptoRandom),
        provide(Secrets, [], () => options.secrets),
        provide(Database, [], () => database),
        provide(BlobStore, [], () => options.blobStore),
        provide(PubSub, [], () => options.pubsub),
        provide(Cache, [], () => options.cache ?? noCache),
        provide(JobQueue, [], () => options.queue ?? null),
        provide(Accounts.token, [Database, Clock, IdGenerator], (...deps) => new Accounts(...deps)),
        provide(Idempotency.token, [Clock], (clock) => new Idempotency(clock)),
        provide(AuditLog.token, [Clock, IdGenerator], (...deps) => new AuditLog(...deps)),
        provide(Outbox.token, [Clock, IdGenerator, PubSub], (...deps) => new Outbox(...deps)),
        provide(Jobs.token, [Clock, IdGenerator, PubSub, JobQueue], (...deps) => new Jobs(...deps)),
        provide(
          Lanes.token,
          [Database, Clock, Logger],
          (on, clock, logger) => {
            const { limiter, limits } = options.jobLimits ?? {};
            return new Lanes(clock, limiter?.({ database: on, clock, logger }), limits);
          },
          (lanes) => lanes.close(),
        ),
        provide(DisplayTokens.token, [Secrets], (secrets) => new DisplayTokens(secrets)),
        provide(
          KeyUseNotes.token,
          [Database, Clock, Secrets],
          async (...deps) => {
            const notes = new KeyUseNotes(...deps);
            await notes.start();
            return notes;
          },
          (notes) => notes.stop(),
        ),
        provide(ChannelRegistry.token, [Channels], (channels) => new ChannelRegistry(channels)),
        provide(ChannelGuard.token, [Clock, Logger, Telemetry.token], (...deps) => new ChannelGuard(...deps)),
        provide(
          Subscriptions.token,
          [Database, Clock, Jobs.token, LogReaders, EventSubscribers],
          (...deps) => new Subscriptions(...deps),
        ),
        provide(HookRunner.token, [Hooks, Logger], (...deps) => new HookRunner(...deps)),
        provide(Sweeps, [Database, Clock], keyRetention),
        provide(Sweeps, [Database, Clock, Logger, Secrets], (on, clock, logger, secrets) =>
          sealAgain({ database: on, clock, logger, secrets }, sealedColumns(plugins)),
        ),
        provide(
          Sweeper.token,
          [Sweeps, PubSub, Logger, Telemetry.token],
          (...deps) => new Sweeper(...deps),
          (sweeper) => sweeper.stop(),
        ),
        provide(
          Worker.token,
          [
            Database,
            Clock,
            IdGenerator,
            Logger,
            PubSub,
            JobQueue,
            Lanes.token,
            JobHandlers,
            Subscriptions.token,
            Telemetry.token,
          ],
          (workDatabase, clock, ids, logger, pubsub, queue, lanes, jobs, subscriptions, telemetry) =>
            new Worker({
              database: workDatabase,
              clock,
              ids,
              logger,
              pubsub,
              queue,
              lanes,
              jobs: () => [...jobs, ...subscriptions.jobs()],
              relay: () => subscriptions.relay(),
              telemetry,
            }),
          (worker) => worker.stop(),
        ),
        provide(HealthChecks, [Database, PubSub, BlobStore, Worker.token], (...deps) => [
          ...coreChecks(sets, ...deps),
          ...(options.checks ?? []),
        ]),
      ],
      plugins,
    );
    const worker = assembly.get(Worker.token);
    const sweeper = assembly.get(Sweeper.token);
    assembly.get(Telemetry.token).observe(assembly.all(Gauges), options.logger);
    const stopWork = async () => {
      await Promise.all([sweeper.stop(), worker.stop()]);
    };
    return {
      plugins: assembly.apis as PluginApis<P>,
      get: assembly.get,
      all: assembly.all,
      on: (pattern, handler, name) => assembly.get(Subscriptions.token).add(pattern, handler, name),
      startWork: () => {
        worker.start();
        sweeper.start();
      },
      settle: async () => {
        // What a sweep does makes events, and what hears of them may queue operations.
        do await worker.settle();
        while (await sweeper.settle());
      },
      stopWork,
      close: () => closeAll([stopWork, assembly.close, ...drivers]),
      running: () => [
        ...worker.running().map((name) => `job ${name}`),
        ...sweeper.running().map((name) => `sweep ${name}`),
      ],
      abandon: () => closeAll(drivers),
    };
  } catch (error) {
    await closeAll(drivers).catch(() => {}); // the first error is the one that says what to do
    throw error;
  }
}

function once(close: () => Promise<void>): () => Promise<void> {
  let closing: Promise<void> | undefined;
  return () => (closing ??= close());
}

/** The migrations of the kernel and of the plugins, in the order in which they run. */
export function migrationSets(plugins: readonly AnyPlugin[]): readonly MigrationSet[] {
  return [
    { plugin: KERNEL, migrations: kernelMigrations },
    ...inStartOrder(plugins)
      .filter((plugin) => plugin.migrations !== undefined)
      .map((plugin) => ({ plugin: plugin.name, migrations: plugin.migrations! })),
  ];
}

/**
 * Where the plugins keep what they sealed.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` for a name that is none
 */
export function sealedColumns(plugins: readonly AnyPlugin[]): readonly SealedColumn[] {
  return plugins.flatMap(({ name, sealed = [] }) => {
    const names = sealed.flatMap(({ table, key, column }) => [table, key, column]);
    const wrong = names.find((one) => !/^[a-z_][a-z0-9_]*$/.test(one));
    if (wrong !== undefined) {
      throw invalidPlugins(`The plugin "${name}" lists "${wrong}" in sealed, which is no name of a table or a column.`);
    }
    return sealed;
  });
}

/** What a plugin needs comes before it; otherwise the order in which they were listed. */
export function inStartOrder<P extends AnyPlugin>(plugins: readonly P[]): readonly P[] {
  const byName = new Map<string, P>();
  for (const plugin of plugins) {
    if (plugin.name === KERNEL)
      throw invalidPlugins(`A plugin cannot be named "${KERNEL}": that is the framework's own name.`);
    if (byName.has(plugin.name)) throw invalidPlugins(`The plugin "${plugin.name}" is listed twice. List it once.`);
    byName.set(plugin.name, plugin);
  }
  const ordered = new Set<P>();
  const visit = (plugin: P, path: readonly string[]) => {
    if (ordered.has(plugin)) return;
    if (path.includes(plugin.name)) {
      throw invalidPlugins(`Plugins need each other in a circle: ${[...path, plugin.name].join(' → ')}.`);
    }
    for (const name of plugin.needs ?? []) {
      const needed = byName.get(name);
      if (needed === undefined) {
        throw invalidPlugins(`The plugin "${plugin.name}" needs the plugin "${name}". Add it to plugins.`);
      }
      visit(needed, [...path, plugin.name]);
    }
    ordered.add(plugin);
  };
  for (const plugin of plugins) visit(plugin, []);
  return [...ordered];
}

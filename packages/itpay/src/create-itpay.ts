import { checkout } from '@itpay/checkout';
import { isId, isItPayError, ItPayError } from '@itpay/core';
import {
  gateway,
  toFetch,
  type ApiKeys,
  type CallInProcess,
  type Handle,
  type InProcessAnswer,
  type InProcessRequest,
} from '@itpay/gateway';
import {
  Accounts,
  Commands,
  createKernel,
  inStartOrder,
  pluginBehind,
  redactingLogger,
  sealedColumns,
  Secrets,
  secretsFrom,
  type Account,
  type AnyPlugin,
  type Command,
  type EventHandler,
  type PluginApis,
} from '@itpay/kernel';
import { payment, type PaymentApi } from '@itpay/payment';
import { simulator } from '@itpay/simulator';
import { webhook } from '@itpay/webhook';
import type { Knex } from 'knex';
import { jobLimitsFor, limitsFor, openDrivers, openShared, type SharedDrivers } from './drivers.js';
import { defaultLogger, passwordsOf, secretOf } from './logger.js';
import { checkOptions, invalid, type CheckedOptions, type ItPayOptions } from './options.js';
import { paymentsOf, type Payments } from './payments.js';
import { NO_SECRET_KEYS, openSecretKeys } from './secret-key.js';
import { assertOpensSealed } from './sealed-check.js';
import { STOP_TIMEOUT_MS, stopWithin, type Stoppable } from './stop.js';

/** A running ItPay, in the host's process. */
export interface ItPay<P extends readonly AnyPlugin[] = readonly AnyPlugin[]> {
  /** Payments of the default account, in the default mode. */
  readonly payments: Payments;
  /** The same for another account or mode, and every route of the API. */
  as(who: InProcessIdentity): InProcess;
  /** The account of calls in this process. Throws `CONFIGURATION_INVALID` when there are several and none was chosen. */
  readonly account: Account;
  readonly accounts: Pick<Accounts, 'create' | 'find' | 'findByName' | 'list'>;
  readonly keys: ApiKeys;
  /**
   * Subscribes to events: a type (`payment_intent.succeeded`), a family (`payment_intent.*`) or `*`.
   *
   * The handler is called at least once for each event that happens from the first time on that this subscriber was
   * registered, in this process or another one of the installation. What it writes through `trx` commits together with the
   * note that the event was handled. When it throws, it is called again, later and later, until it succeeds.
   *
   * @param options.name tells subscribers apart over restarts; needed where two subscribe to the same pattern
   */
  on(pattern: string, handler: EventHandler, options?: { readonly name?: string }): void;
  /** What each plugin of the host offers, by the plugin's name: `pay.plugins.loyalty.balanceOf('customer-17')`. */
  readonly plugins: PluginApis<P>;
  /** The commands that plugins bring, for `itpay run`. */
  readonly commands: readonly Command[];
  /** What a host package mounts: one neutral request in, one response out. */
  readonly handle: Handle;
  /** The same as a web-standard function. `basePath` of the URL is the path of `publicUrl`. */
  fetch(request: Request): Promise<Response>;
  /** The knex instance underneath, for a host that keeps its own tables in the same database. */
  readonly knex: Knex;
  readonly publicUrl: string;
  /** Runs everything that is due now: for tests and scripts. */
  settle(): Promise<void>;
  /**
   * Answers 503 from now on, ends long polls and streams, lets running requests, jobs and sweeps finish, and closes the
   * database. What has not ended after `stopTimeoutMs` is left behind, with a warning in the log that names it: stopping
   * resolves then, too. A second call waits for the first.
   */
  stop(): Promise<void>;
}

/** For whom code of this process acts. */
export interface InProcessIdentity {
  readonly account: string;
  readonly livemode: boolean;
  /** Who acts, in the audit log. Left out: `host`. */
  readonly id?: string;
}

/** What code of this process can do for one account, in one mode. */
export interface InProcess {
  readonly payments: Payments;
  /**
   * Calls any route of the API without HTTP, key or rate limit, with every scope: for scripts, and for what has no method
   * here. The answer is that of HTTP; an error is one with its status, and nothing is thrown for it.
   *
   * @throws ItPayError `PARAMETER_INVALID` for a path that answers with something else than JSON
   * @example const { body } = await pay.as({ account, livemode: false }).call({ method: 'GET', path: '/v1/refunds' });
   */
  call(request: InProcessRequest): Promise<InProcessAnswer>;
}

/** The plugins that are always there, and the host's. */
export function allPlugins(
  options: Pick<
    ItPayOptions,
    'authenticate' | 'cors' | 'plugins' | 'rateLimits' | 'redis' | 'simulators' | 'trustProxy' | 'webhooks'
  >,
  shared?: SharedDrivers,
): readonly AnyPlugin[] {
  const { authenticate, cors, plugins, simulators, trustProxy, webhooks } = options;
  const limits = limitsFor(options, shared?.rateLimiter);
  const builtIn = [
    gateway({ authenticate, cors, limits, trustProxy }),
    payment(),
    checkout(),
    simulator({ rails: simulators }),
    webhook(webhooks),
  ];
  return inStartOrder([...builtIn, ...plugins]);
}

/**
 * Starts ItPay: opens the database, brings its schema up to date, wires the plugins and begins to run jobs.
 *
 * @throws ItPayError `CONFIGURATION_INVALID`, `DATABASE_LOCKED` or `MIGRATION_PENDING`; the message names the option and
 *   the way out, and nothing is left running
 */
export async function createItPay<const P extends readonly AnyPlugin[]>(given: ItPayOptions<P>): Promise<ItPay<P>> {
  const options = checkOptions(given);
  // A wrong list of plugins ends the start here, before anything is opened.
  const isVaultThere = pluginBehind(Secrets, allPlugins(options)) !== undefined;
  const keys = isVaultThere ? NO_SECRET_KEYS : await openSecretKeys(options);
  const hidden = () => [...keys.everListed(), ...passwordsOf(options), ...secretOf(options.s3)];
  const logger = redactingLogger(options.logger ?? defaultLogger(), hidden);
  const secrets = secretsFrom(() => keys.list());
  const drivers = await openDrivers(options, logger);
  const shared = await openShared(options, drivers, logger);
  const plugins = allPlugins(options, shared);
  const kernel = await createKernel({
    ...drivers,
    ...shared,
    jobLimits: jobLimitsFor(options),
    settings: { publicUrl: options.publicUrl },
    secrets,
    logger,
    clock: options.clock,
    ids: options.ids,
    random: options.random,
    plugins,
    migrate: options.migrate ?? 'auto',
    onMigration: ({ plugin, name }) => options.onProgress(`migrating: ${plugin}/${name}`),
  });
  try {
    await assertOpensSealed(drivers.database, kernel.get(Secrets), sealedColumns(plugins));
    const { payment: paymentApi, gateway: gatewayApi } = kernel.plugins as never as BuiltInApis;
    const accounts = kernel.get(Accounts.token);
    const chosen = await defaultAccount(options, accounts);
    const ownAccount = () => {
      if (isItPayError(chosen)) throw chosen;
      return chosen;
    };
    const actorFor = ({ account, livemode, id = 'host' }: InProcessIdentity) => {
      return { account, livemode, id, requestId: null };
    };
    if (options.paymentPolicy !== undefined) await paymentApi.setPolicy(ownAccount().id, options.paymentPolicy);
    keys.watch(logger);
    if (options.work !== false) kernel.startWork();

    const stoppable: Stoppable = {
      drain: (limitMs) => gatewayApi.drain(limitMs),
      stopWork: () => kernel.stopWork(),
      close: () => {
        keys.close();
        return kernel.close();
      },
      abandon: () => {
        keys.close();
        return kernel.abandon();
      },
      running: () => [...gatewayApi.running().map((route) => `request ${route}`), ...kernel.running()],
    };
    let stopped: Promise<void> | undefined;
    return {
      get payments() {
        return paymentsOf(paymentApi, actorFor({ account: ownAccount().id, livemode: options.mode === 'live' }));
      },
      as: ({ account, livemode, id = 'host' }) => ({
        payments: paymentsOf(paymentApi, actorFor({ account, livemode, id })),
        call: (request) => gatewayApi.call({ account, livemode, id }, request),
      }),
      get account() {
        return ownAccount();
      },
      accounts,
      keys: gatewayApi.keys,
      plugins: pluginsOf(kernel.plugins as PluginApis<P>, given.plugins),
      commands: kernel.all(Commands),
      on: (pattern, handler, { name } = {}) => kernel.on(pattern, handler, name),
      handle: gatewayApi.handle,
      fetch: toFetch(gatewayApi.handle, { basePath: new URL(options.publicUrl).pathname }),
      knex: drivers.database.knex,
      publicUrl: options.publicUrl,
      settle: () => kernel.settle(),
      stop: () => (stopped ??= stopWithin(options.stopTimeoutMs ?? STOP_TIMEOUT_MS, stoppable, logger)),
    };
  } catch (error) {
    keys.close();
    await kernel.close();
    throw error;
  }
}

// What the plugins of the framework offer each other is not the host's.
function pluginsOf<P extends readonly AnyPlugin[]>(apis: PluginApis<P>, plugins: P): PluginApis<P> {
  const names = new Set(plugins.map(({ name }) => name));
  return Object.fromEntries(Object.entries(apis).filter(([name]) => names.has(name))) as PluginApis<P>;
}

interface BuiltInApis {
  readonly payment: PaymentApi;
  readonly gateway: {
    readonly handle: Handle;
    readonly keys: ApiKeys;
    readonly call: CallInProcess;
    drain(limitMs?: number): Promise<void>;
    running(): readonly string[];
  };
}

// A host that never heard of accounts has one. Its name is what payers read, so it begins as the host's name.
// One that has several and chose none may still name an account with each call.
async function defaultAccount(
  { account, publicUrl }: CheckedOptions,
  accounts: Accounts,
): Promise<Account | ItPayError> {
  if (account !== undefined) {
    if (!isId('m', account)) return accounts.ensure(account);
    const found = await accounts.find(account);
    if (found === null) throw invalid('account', `There is no account ${account}. Give its name to have it created.`);
    return found;
  }
  const existing = await accounts.list();
  const [only] = existing;
  if (only === undefined) return accounts.ensure(new URL(publicUrl).hostname);
  if (existing.length === 1) return only;
  return new ItPayError('CONFIGURATION_INVALID', {
    message:
      `There are ${existing.length} accounts (${existing.map(({ name }) => name).join(', ')}). ` +
      'Set the option account to the name of the one that calls in this process shall use, or name one with each call: ' +
      'pay.as({ account, livemode }).',
    param: 'account',
  });
}

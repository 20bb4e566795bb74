import { checkout } from '@itpay/checkout';
import { isId, isItPayError, ItPayError } from '@itpay/core';
import { gateway, toFetch, type ApiKeys, type Handle } from '@itpay/gateway';
import {
  Accounts,
  createKernel,
  inStartOrder,
  secretsFrom,
  type Account,
  type AnyPlugin,
  type EventHandler,
} from '@itpay/kernel';
import { payment, type PaymentApi } from '@itpay/payment';
import { simulator } from '@itpay/simulator';
import type { Knex } from 'knex';
import { openDrivers } from './drivers.js';
import { defaultLogger } from './logger.js';
import { checkOptions, invalid, type CheckedOptions, type ItPayOptions } from './options.js';
import { paymentsOf, type Payments } from './payments.js';
import { secretKeys } from './secret-key.js';

/** A running ItPay, in the host's process. */
export interface ItPay {
  /** Payments of the default account, in the default mode. */
  readonly payments: Payments;
  /** The same for another account or mode. */
  as(who: { readonly account: string; readonly livemode: boolean }): { readonly payments: Payments };
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
  /** What a host package mounts: one neutral request in, one response out. */
  readonly handle: Handle;
  /** The same as a web-standard function. `basePath` of the URL is the path of `publicUrl`. */
  fetch(request: Request): Promise<Response>;
  /** The knex instance underneath, for a host that keeps its own tables in the same database. */
  readonly knex: Knex;
  readonly publicUrl: string;
  /** Runs everything that is due now: for tests and scripts. */
  settle(): Promise<void>;
  /** Answers 503 from now on, lets running requests and jobs finish, and closes the database. */
  stop(): Promise<void>;
}

/** The plugins that are always there, and the host's. */
export function allPlugins(options: Pick<ItPayOptions, 'authenticate' | 'plugins'>): readonly AnyPlugin[] {
  const { authenticate, plugins } = options;
  return inStartOrder([gateway({ authenticate }), payment(), checkout(), simulator(), ...plugins]);
}

/**
 * Starts ItPay: opens the database, brings its schema up to date, wires the plugins and begins to run jobs.
 *
 * @throws ItPayError `CONFIGURATION_INVALID`, `DATABASE_LOCKED` or `MIGRATION_PENDING`; the message names the option and
 *   the way out, and nothing is left running
 */
export async function createItPay(given: ItPayOptions): Promise<ItPay> {
  const options = checkOptions(given);
  const logger = options.logger ?? defaultLogger();
  const secrets = secretsFrom(await secretKeys(options));
  const drivers = await openDrivers(options, logger);
  const plugins = allPlugins(options);
  const kernel = await createKernel({
    ...drivers,
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
    const { payment: paymentApi, gateway: gatewayApi } = kernel.plugins as never as BuiltInApis;
    const accounts = kernel.get(Accounts.token);
    const chosen = await defaultAccount(options, accounts);
    const account = () => {
      if (isItPayError(chosen)) throw chosen;
      return chosen;
    };
    const actorFor = (who: { account: string; livemode: boolean }) => ({ ...who, id: 'host', requestId: null });
    if (options.paymentPolicy !== undefined) await paymentApi.setPolicy(account().id, options.paymentPolicy);
    if (options.work !== false) kernel.startWork();

    let stopped: Promise<void> | undefined;
    return {
      get payments() {
        return paymentsOf(paymentApi, actorFor({ account: account().id, livemode: options.mode === 'live' }));
      },
      as: (who) => ({ payments: paymentsOf(paymentApi, actorFor(who)) }),
      get account() {
        return account();
      },
      accounts,
      keys: gatewayApi.keys,
      on: (pattern, handler, { name } = {}) => kernel.on(pattern, handler, name),
      handle: gatewayApi.handle,
      fetch: toFetch(gatewayApi.handle, { basePath: new URL(options.publicUrl).pathname }),
      knex: drivers.database.knex,
      publicUrl: options.publicUrl,
      settle: () => kernel.settle(),
      stop: () => (stopped ??= gatewayApi.drain().then(() => kernel.close())),
    };
  } catch (error) {
    await kernel.close();
    throw error;
  }
}

interface BuiltInApis {
  readonly payment: PaymentApi;
  readonly gateway: { readonly handle: Handle; readonly keys: ApiKeys; drain(): Promise<void> };
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

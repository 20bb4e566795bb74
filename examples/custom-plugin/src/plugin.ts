import { ItPayError } from '@itpay/core';
import {
  Clock,
  Commands,
  Database,
  definePlugin,
  EventSubscribers,
  Hooks,
  IdGenerator,
  JobHandlers,
  Jobs,
  Outbox,
  Routes,
  token,
} from '@itpay/kernel';
import { loyaltyApi, LoyaltyApi } from './api.js';
import type { BookServices } from './book.js';
import { loyaltyCommands } from './commands.js';
import { loyaltyHooks, type HookOptions } from './hooks.js';
import { expireJob } from './jobs.js';
import { migrations } from './migrations.js';
import { loyaltyRoutes } from './routes.js';
import { loyaltySubscribers } from './subscribers.js';

export interface LoyaltyOptions {
  /** How many minor units earn a point. Default: 100. */
  readonly unitsPerPoint?: number;
  /** Says whether a customer may buy. Default: everybody may. */
  readonly isBlocked?: HookOptions['isBlocked'];
}

const Services = token<BookServices>('loyalty.services');

/**
 * Points for customers: payments whose metadata names a `customer` earn them.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` naming the option
 */
export function loyalty({ unitsPerPoint = 100, isBlocked = () => false }: LoyaltyOptions = {}) {
  if (!Number.isInteger(unitsPerPoint) || unitsPerPoint < 1) {
    throw new ItPayError('CONFIGURATION_INVALID', {
      message: 'loyalty({ unitsPerPoint }): give a whole number of minor units, from 1 on.',
      param: 'unitsPerPoint',
    });
  }
  return definePlugin({
    name: 'loyalty',
    version: '1',
    needs: ['payment'],
    migrations,
    events: [{ type: 'custom.loyalty.points_changed', description: 'Points came or went' }],
    api: LoyaltyApi,
    register(registry) {
      registry.own(Services, [Clock, IdGenerator, Outbox.token], (clock, ids, outbox) => ({ clock, ids, outbox }));
      registry.own(LoyaltyApi, [Database], loyaltyApi);
      registry.contribute(Routes, [LoyaltyApi], loyaltyRoutes);
      registry.contribute(Commands, [LoyaltyApi], loyaltyCommands);
      registry.contribute(JobHandlers, [Services], expireJob);
      registry.contribute(EventSubscribers, [Services, Jobs.token], (services, jobs) =>
        loyaltySubscribers(services, jobs, unitsPerPoint),
      );
      registry.contribute(Hooks, [Services], (services) => loyaltyHooks(services, { isBlocked, unitsPerPoint }));
    },
  });
}

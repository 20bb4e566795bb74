import type { EventDefinition } from './events/event.js';
import type { Migration } from './migrate/migration.js';
import type { SealedColumn } from './sealed/column.js';
import type { AnyToken, Point, Services, Token } from './token.js';

/** What `register` receives: the three ways in which a plugin adds to the house. */
export interface Registry {
  /**
   * Registers a service that only this plugin can see. It is built when the kernel starts, so that a mistake in wiring
   * stops the start; `close` runs when the kernel stops, in reverse order of building.
   */
  own<T, const Deps extends readonly AnyToken[]>(
    service: Token<T>,
    deps: Deps,
    make: (...deps: Services<Deps>) => T | Promise<T>,
    close?: (service: T) => void | Promise<void>,
  ): void;

  /** Adds one service, or several, to an extension point of the kernel. Several plugins may add to the same point. */
  contribute<T, const Deps extends readonly AnyToken[]>(
    to: Point<T>,
    deps: Deps,
    make: (...deps: Services<Deps>) => T | readonly T[] | Promise<T | readonly T[]>,
  ): void;

  /** Takes the place of a port's driver for the whole kernel. Two plugins that claim one port stop the start. */
  replace<T, const Deps extends readonly AnyToken[]>(
    port: Token<T>,
    deps: Deps,
    make: (...deps: Services<Deps>) => T | Promise<T>,
    close?: (service: T) => void | Promise<void>,
  ): void;
}

/**
 * Everything that a plugin may bring. Each key may be left out; a missing key is a missing capability.
 *
 * Values that need nothing (tables, event types) are plain keys. What needs other services (routes, jobs, channels,
 * health checks, commands) is added in `register`.
 */
export interface Plugin<Name extends string = string, Api = unknown> {
  /** Unique in a kernel. Names the plugin in errors, and its migrations in the database. */
  readonly name: Name;
  readonly version: string;
  /** Names of plugins that must be present. They start before this one and stop after it. */
  readonly needs?: readonly string[];
  /** Tables, as an ordered list. Names are fixed once released; the list only grows. */
  readonly migrations?: readonly Migration[];
  /** Event types that this plugin writes, beyond those of the catalogue. */
  readonly events?: readonly EventDefinition[];
  /** Columns of its tables that hold what it sealed with `Secrets`, so that a new key can take over from an old one. */
  readonly sealed?: readonly SealedColumn[];
  /** The service that the host sees as `kernel.plugins[name]`. Registered with `own` in `register`. */
  readonly api?: Token<Api>;
  register?(registry: Registry): void;
}

export type AnyPlugin = Plugin<string, any>;

/** `{ payment: PaymentApi; webhook: WebhookApi }` from a tuple of plugins. */
export type PluginApis<P extends readonly AnyPlugin[]> = {
  readonly [K in P[number] as K['name']]: K extends Plugin<string, infer Api> ? Api : never;
};

/** Types a plugin. It returns its argument: a plugin is a value. */
export function definePlugin<const Name extends string, Api = undefined>(plugin: Plugin<Name, Api>): Plugin<Name, Api> {
  return plugin;
}

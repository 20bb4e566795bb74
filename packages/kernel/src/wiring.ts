import { ItPayError } from '@itpay/core';
import type { AnyPlugin } from './plugin.js';
import type { AnyToken, Point, Services, Token } from './token.js';

/** The name under which the kernel's own services and migrations go. */
export const KERNEL = 'kernel';

/** A service that the kernel itself provides: a port's driver, or something built from ports. */
export interface Provision {
  readonly token: AnyToken;
  readonly deps: readonly AnyToken[];
  readonly make: Factory;
  readonly close: Factory | undefined;
}

/** What somebody registered, and how others come to it. */
export interface Registration extends Provision {
  /** The plugin's name, or `kernel`. */
  readonly of: string;
  /** `private` to its plugin, the plugin's `api`, the `driver` of a port, or a `contribution` to a point. */
  readonly as: 'private' | 'api' | 'driver' | 'contribution';
  /** Tells registrations apart: two plugins may own services under one token. */
  readonly id: symbol;
}

type Factory = (...services: any[]) => unknown;

/** Says how a service of the kernel is built, or what the kernel itself adds to an extension point. */
export function provide<T, const Deps extends readonly AnyToken[]>(
  to: Point<T>,
  deps: Deps,
  make: (...deps: Services<Deps>) => T | readonly T[],
): Provision;
export function provide<T, const Deps extends readonly AnyToken[]>(
  service: Token<T>,
  deps: Deps,
  make: (...deps: Services<Deps>) => T | Promise<T>,
  close?: (service: T) => void | Promise<void>,
): Provision;
export function provide(token: AnyToken, deps: readonly AnyToken[], make: Factory, close?: Factory): Provision {
  return { token, deps, make, close };
}

/**
 * Asks every plugin what it brings. A plugin's service goes before the kernel's own one for the same port.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` that names the plugin when two claim the same place, or an api is missing
 */
export function collect(provisions: readonly Provision[], plugins: readonly AnyPlugin[]): readonly Registration[] {
  const brought = plugins.flatMap(registrationsOf);
  const replaced = new Set(brought.filter(({ as }) => as === 'driver').map(({ token }) => token.id));
  const ours = provisions
    .filter(({ token }) => !replaced.has(token.id))
    .map((one) => ({
      ...one,
      of: KERNEL,
      as: isPoint(one.token) ? ('contribution' as const) : ('driver' as const),
      id: Symbol(one.token.name),
    }));
  const registrations = [...brought, ...ours];
  refuseSecondClaim(registrations.filter(({ as }) => as === 'driver' || as === 'api'));
  return registrations;
}

/** The plugin that brings the driver of a port, or undefined: then it is the one that the kernel was given. */
export function pluginBehind(port: AnyToken, plugins: readonly AnyPlugin[]): string | undefined {
  const drivers = plugins.flatMap(registrationsOf).filter(({ as }) => as === 'driver');
  return drivers.find(({ token }) => token.id === port.id)?.of;
}

function registrationsOf(plugin: AnyPlugin): Registration[] {
  const of = plugin.name;
  const found: Registration[] = [];
  const add = (as: Registration['as'], token: AnyToken, deps: readonly AnyToken[], make: Factory, close?: Factory) => {
    found.push({ of, as, token, deps, make, close, id: Symbol(`${of}: ${token.name}`) });
  };
  try {
    plugin.register?.({
      own: (service, deps, make, close) => {
        if (found.some(({ as, token }) => (as === 'private' || as === 'api') && token.id === service.id)) {
          throw wiringError(of, `It registers ${service.name} twice. Keep one.`);
        }
        add(service.id === plugin.api?.id ? 'api' : 'private', service, deps, make as Factory, close);
      },
      contribute: (to, deps, make) => add('contribution', to, deps, make as Factory),
      replace: (port, deps, make, close) => add('driver', port, deps, make as Factory, close),
    });
  } catch (cause) {
    throw nameThePlugin(of, cause);
  }
  if (plugin.api !== undefined && !found.some(({ as }) => as === 'api')) {
    throw wiringError(of, `Its api is ${plugin.api.name}, but register() does not own() it.`);
  }
  return found;
}

function refuseSecondClaim(claims: readonly Registration[]): void {
  const first = new Map<symbol, Registration>();
  for (const claim of claims) {
    const taken = first.get(claim.token.id);
    if (taken !== undefined) {
      throw invalidPlugins(
        `${claim.token.name} comes from ${nameOf(taken.of)} and from ${nameOf(claim.of)}. Keep one.`,
      );
    }
    first.set(claim.token.id, claim);
  }
}

/**
 * Puts what is needed before what needs it; otherwise the order stays.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` that names the plugin when something is missing, or needs itself
 */
export function inBuildOrder(registrations: readonly Registration[]): readonly Registration[] {
  const ordered = new Set<Registration>();
  const visit = (one: Registration, path: readonly Registration[]) => {
    if (ordered.has(one)) return;
    const from = path.indexOf(one);
    if (from >= 0) {
      const circle = [...path.slice(from), one].map(({ token }) => token.name);
      throw wiringError(one.of, `Services need each other in a circle: ${circle.join(' → ')}.`);
    }
    for (const dep of one.deps) {
      const providers = providersOf(dep, one.of, registrations);
      if (providers.length === 0 && !isPoint(dep)) {
        throw wiringError(one.of, `${one.token.name} needs ${dep.name}, which nothing provides to it.`);
      }
      for (const provider of providers) visit(provider, [...path, one]);
    }
    ordered.add(one);
  };
  for (const one of registrations) visit(one, []);
  return [...ordered];
}

/** Who answers when the plugin `of` asks: itself first, then what is open to all. */
export function providersOf(
  dep: AnyToken,
  of: string,
  registrations: readonly Registration[],
): readonly Registration[] {
  const named = registrations.filter(({ token }) => token.id === dep.id);
  if (isPoint(dep)) return named;
  const own = named.filter((one) => one.of === of && one.as === 'private');
  return own.length > 0 ? own : named.filter(({ as }) => as !== 'private');
}

export const isPoint = (token: AnyToken): token is Point<unknown> => 'many' in token;

/** Errors of ours say already what is wrong; others get the name of the plugin in which they were thrown. */
export function nameThePlugin(of: string, cause: unknown): unknown {
  if (of === KERNEL || cause instanceof ItPayError) return cause;
  return wiringError(of, cause instanceof Error ? cause.message : String(cause), cause);
}

function wiringError(of: string, message: string, cause?: unknown): ItPayError {
  const who = nameOf(of);
  return invalidPlugins(`${who[0]!.toUpperCase()}${who.slice(1)} could not start: ${message}`, cause);
}

const nameOf = (of: string) => (of === KERNEL ? 'the kernel' : `the plugin "${of}"`);

export function invalidPlugins(message: string, cause?: unknown): ItPayError {
  return new ItPayError('CONFIGURATION_INVALID', { message, param: 'plugins', cause });
}

// The only file that imports inversify. Plugin authors see tokens and functions.
import 'reflect-metadata';
import { Container } from 'inversify';
import { ItPayError } from '@itpay/core';
import type { AnyPlugin } from './plugin.js';
import type { AnyToken, Point, Services, Token } from './token.js';

/** A service that the kernel itself provides: a port's driver, or something built from ports. */
export interface Provision {
  readonly token: AnyToken;
  readonly deps: readonly AnyToken[];
  readonly make: (...deps: never[]) => unknown;
  readonly close?: (service: never) => void | Promise<void>;
}

/** Says how a service of the kernel is built. */
export function provide<T, const Deps extends readonly AnyToken[]>(
  service: Token<T>,
  deps: Deps,
  make: (...deps: Services<Deps>) => T | Promise<T>,
  close?: (service: T) => void | Promise<void>,
): Provision {
  return { token: service, deps, make: make as Provision['make'], close: close as Provision['close'] };
}

export interface Assembly {
  get<T>(service: Token<T>): T;
  all<T>(from: Point<T>): readonly T[];
  /** The api of each plugin that has one. */
  readonly apis: Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

type Factory = (...deps: unknown[]) => unknown;

/**
 * Builds everything that the kernel and its plugins registered: one child container per plugin, so that plugins see the
 * kernel and not each other.
 *
 * First all register, then everything is built, so a mistake in wiring stops the start and not the first payment. What was
 * built before a failure is closed again.
 */
export async function assemble(provisions: readonly Provision[], plugins: readonly AnyPlugin[]): Promise<Assembly> {
  const root = new Container({ defaultScope: 'Singleton' });
  // inversify's unbindAll closes in no particular order, so the order of building is kept here.
  const closers: (() => unknown)[] = [];
  const contributions = new Map<symbol, symbol[]>();
  const points = new Set<symbol>();
  const claims = new Map<symbol, string>();
  const toBuild: { container: Container; id: symbol; of: string }[] = [];

  const bind = (
    container: Container,
    id: symbol,
    of: string,
    deps: readonly AnyToken[],
    make: Factory,
    close?: Factory,
  ) => {
    for (const dep of deps) if (isPoint(dep)) points.add(dep.id);
    const binding = container.bind<unknown>(id).toResolvedValue(
      async (...services: unknown[]) => make(...services),
      deps.map((dep) => dep.id),
    );
    if (close !== undefined) {
      binding.onActivation((_context, built) => {
        closers.push(() => close(built));
        return built;
      });
    }
    toBuild.push({ container, id, of });
  };

  const scopes = plugins.map((plugin) => ({
    plugin,
    scope: new Container({ parent: root, defaultScope: 'Singleton' }),
  }));
  for (const { plugin, scope } of scopes) {
    plugin.register?.({
      own: (service, deps, make, close) =>
        bind(scope, service.id, plugin.name, deps, make as Factory, close as Factory | undefined),
      contribute: (to, deps, make) => {
        const id = Symbol(`${plugin.name} → ${to.name}`);
        bind(scope, id, plugin.name, deps, make as Factory);
        points.add(to.id);
        contributions.set(to.id, [...(contributions.get(to.id) ?? []), id]);
        root.bind<unknown>(id).toDynamicValue(() => scope.getAsync(id));
      },
      replace: (port, deps, make, close) => {
        const claimedBy = claims.get(port.id);
        if (claimedBy !== undefined) {
          throw wiringError(`The plugins "${claimedBy}" and "${plugin.name}" both replace ${port.name}. Keep one.`);
        }
        claims.set(port.id, plugin.name);
        const id = Symbol(`${plugin.name} as ${port.name}`);
        bind(scope, id, plugin.name, deps, make as Factory, close as Factory | undefined);
        root.bind<unknown>(port.id).toDynamicValue(() => scope.getAsync(id));
        toBuild.push({ container: root, id: port.id, of: plugin.name });
      },
    });
  }
  // What a plugin offers to the host is open to other plugins too; everything else that it owns stays its own.
  for (const { plugin, scope } of scopes) {
    const { api } = plugin;
    if (api !== undefined) root.bind<unknown>(api.id).toDynamicValue(() => scope.getAsync(api.id));
  }
  for (const { token, deps, make, close } of provisions) {
    if (claims.has(token.id)) continue;
    bind(root, token.id, 'kernel', deps, make as Factory, close as Factory | undefined);
  }
  for (const id of points) {
    root.bind<unknown>(id).toDynamicValue(async () => gather(root, contributions.get(id) ?? []));
  }

  const close = async () => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  const built = new Map<symbol, unknown>();
  try {
    for (const { container, id, of } of toBuild) {
      built.set(id, await container.getAsync(id).catch((cause: unknown) => Promise.reject(nameThePlugin(of, cause))));
    }
    for (const id of points) built.set(id, await root.getAsync(id));
  } catch (error) {
    await close();
    throw error;
  }
  const apis = Object.fromEntries(
    plugins.filter((plugin) => plugin.api !== undefined).map((plugin) => [plugin.name, built.get(plugin.api!.id)]),
  );
  return {
    get: <T>(service: Token<T>) => {
      if (!built.has(service.id)) throw wiringError(`Nothing provides ${service.name}.`);
      return built.get(service.id) as T;
    },
    all: <T>(from: Point<T>) => (built.get(from.id) ?? []) as readonly T[],
    apis,
    close,
  };
}

const isPoint = (token: AnyToken): token is Point<unknown> => 'many' in token;

// A factory may contribute one service or a list of them.
async function gather(root: Container, ids: readonly symbol[]): Promise<readonly unknown[]> {
  const groups = await Promise.all(ids.map((id) => root.getAsync<unknown>(id)));
  return groups.flat();
}

function nameThePlugin(plugin: string, cause: unknown): unknown {
  if (plugin === 'kernel' || cause instanceof ItPayError) return cause;
  return wiringError(
    `The plugin "${plugin}" could not start: ${cause instanceof Error ? cause.message : String(cause)}`,
    cause,
  );
}

function wiringError(message: string, cause?: unknown): ItPayError {
  return new ItPayError('CONFIGURATION_INVALID', { message, param: 'plugins', cause });
}

// The only file that imports inversify. Plugin authors see tokens and functions.
import 'reflect-metadata';
import { Container } from 'inversify';
import { closeAll } from './close-all.js';
import type { AnyPlugin } from './plugin.js';
import type { Point, Token } from './token.js';
import {
  collect,
  inBuildOrder,
  invalidPlugins,
  isPoint,
  KERNEL,
  nameThePlugin,
  type Provision,
  type Registration,
} from './wiring.js';

export interface Assembly {
  /** What the kernel provides, or a plugin offers as its api. */
  get<T>(service: Token<T>): T;
  all<T>(from: Point<T>): readonly T[];
  /** The api of each plugin that has one. */
  readonly apis: Readonly<Record<string, unknown>>;
  /** Closes what was built, newest first. One that fails does not keep the others open. @throws its error, afterwards */
  close(): Promise<void>;
}

/**
 * Builds everything that the kernel and its plugins registered: one child container per plugin, so that plugins see the
 * kernel and not each other. What a plugin offers to the host, its `api`, is open to other plugins too.
 *
 * First all register, then the plan is checked, then everything is built, so a mistake in wiring stops the start and not
 * the first payment. What was built before a failure is closed again.
 */
export async function assemble(provisions: readonly Provision[], plugins: readonly AnyPlugin[]): Promise<Assembly> {
  const registrations = collect(provisions, plugins);
  const order = inBuildOrder(registrations);
  const scopes = bindAll(registrations, plugins);

  // inversify's unbindAll closes in no particular order, so the order of building is kept here.
  const closers: (() => unknown)[] = [];
  const close = () => closeAll(closers.splice(0).toReversed());
  const open = new Map<symbol, unknown>();
  const contributed = new Map<symbol, unknown[]>();
  const built = new Map<Registration, unknown>();
  try {
    for (const one of order) {
      const service = await scopes.of(one).getAsync<unknown>(one.id);
      built.set(one, service);
      if (one.close !== undefined) closers.push(() => one.close!(service));
    }
  } catch (error) {
    await close().catch(() => {}); // the first error is the one that says what to do
    throw error;
  }
  for (const one of registrations) {
    const service = built.get(one);
    if (one.as === 'contribution') contributed.set(one.token.id, [...(contributed.get(one.token.id) ?? []), service]);
    else if (one.as !== 'private') open.set(one.token.id, service);
  }
  return {
    get: <T>(service: Token<T>) => {
      if (!open.has(service.id)) throw invalidPlugins(`Nothing provides ${service.name} to the host.`);
      return open.get(service.id) as T;
    },
    all: <T>(from: Point<T>) => (contributed.get(from.id) ?? []).flat() as readonly T[],
    apis: Object.fromEntries(
      plugins.filter(({ api }) => api !== undefined).map(({ name, api }) => [name, open.get(api!.id)]),
    ),
    close,
  };
}

/** @returns the container in which a registration lives: its plugin's own one, or the root for the kernel */
function bindAll(registrations: readonly Registration[], plugins: readonly AnyPlugin[]) {
  const root = new Container({ defaultScope: 'Singleton' });
  const children = new Map(
    plugins.map(({ name }) => [name, new Container({ parent: root, defaultScope: 'Singleton' })]),
  );
  const of = (one: Registration) => (one.of === KERNEL ? root : children.get(one.of)!);

  for (const one of registrations) {
    of(one)
      .bind<unknown>(one.id)
      .toResolvedValue(
        async (...services: unknown[]) => {
          try {
            return await one.make(...services);
          } catch (cause) {
            throw nameThePlugin(one.of, cause);
          }
        },
        one.deps.map((dep) => dep.id),
      );
    if (one.as === 'contribution') continue;
    const seenFrom = one.as === 'private' ? of(one) : root;
    seenFrom.bind<unknown>(one.token.id).toDynamicValue(() => of(one).getAsync(one.id));
  }
  const points = registrations.flatMap(({ token, deps }) => [token, ...deps]).filter(isPoint);
  for (const id of new Set(points.map((point) => point.id))) {
    const contributions = registrations.filter(({ token }) => token.id === id);
    root.bind<unknown>(id).toDynamicValue(async () => {
      // A factory may contribute one service or a list of them.
      const groups = await Promise.all(contributions.map((one) => of(one).getAsync<unknown>(one.id)));
      return groups.flat();
    });
  }
  return { of };
}

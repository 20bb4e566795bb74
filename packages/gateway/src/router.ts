import { ItPayError } from '@itpay/core';

/** What the router needs to know of a route. */
export interface Routable {
  readonly method: string;
  /** Parameters in braces, a whole segment each: `/v1/payment-intents/{id}`. */
  readonly path: string;
}

export interface Router<T extends Routable> {
  /**
   * @param path as received, still percent-encoded
   * @throws ItPayError `RESOURCE_NOT_FOUND`, `METHOD_NOT_ALLOWED` with `details.allowed`, or `PARAMETER_INVALID` for a
   *   broken percent escape
   */
  find(method: string, path: string): Match<T>;
}

export interface Match<T> {
  readonly route: T;
  readonly params: Readonly<Record<string, string>>;
}

/**
 * Compiles routes into a tree of segments, once. Finding one takes as many steps as the path has segments. A fixed segment
 * wins over a parameter: `/v1/keys/current` before `/v1/keys/{id}`.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` when two routes answer the same request, or a path is malformed
 */
export function compileRouter<T extends Routable>(routes: readonly T[]): Router<T> {
  const root = newNode<T>();
  for (const route of routes) insert(root, route);

  return {
    find: (method, path) => {
      const segments = segmentsOf(path).map(decode);
      const ends: Node<T>[] = [];
      collect(root, segments, 0, ends);

      const wanted = method === 'HEAD' ? 'GET' : method;
      for (const { routes: byMethod } of ends) {
        const leaf = byMethod.get(wanted);
        if (leaf !== undefined) return { route: leaf.route, params: leaf.paramsFrom(segments) };
      }
      if (ends.length === 0) throw new ItPayError('RESOURCE_NOT_FOUND');
      throw notAllowed(method, ends);
    },
  };
}

interface Node<T> {
  readonly fixed: Map<string, Node<T>>;
  parameter: Node<T> | null;
  /** By method, the routes that end here. */
  readonly routes: Map<string, Leaf<T>>;
}

interface Leaf<T> {
  readonly route: T;
  paramsFrom(segments: readonly string[]): Record<string, string>;
}

const newNode = <T>(): Node<T> => ({ fixed: new Map(), parameter: null, routes: new Map() });

const PARAMETER = /^\{(\w+)\}$/;

function insert<T extends Routable>(root: Node<T>, route: T): void {
  const segments = templateOf(route);
  let node = root;
  for (const { text, parameter } of segments) {
    if (parameter === null) {
      if (!node.fixed.has(text)) node.fixed.set(text, newNode());
      node = node.fixed.get(text)!;
    } else {
      node = node.parameter ??= newNode();
    }
  }
  const other = node.routes.get(route.method);
  if (other !== undefined) {
    throw badRoute(`The routes ${nameOf(other.route)} and ${nameOf(route)} answer the same requests. Keep one.`);
  }
  const names = segments.map(({ parameter }) => parameter);
  node.routes.set(route.method, {
    route,
    paramsFrom: (values) =>
      Object.fromEntries(names.flatMap((name, index) => (name === null ? [] : [[name, values[index]!]]))),
  });
}

/** All nodes that the path leads to, the most fixed one first. Rarely more than one. */
function collect<T>(node: Node<T>, segments: readonly string[], from: number, ends: Node<T>[]): void {
  const segment = segments[from];
  if (segment === undefined) {
    if (node.routes.size > 0) ends.push(node);
    return;
  }
  const fixed = node.fixed.get(segment);
  if (fixed !== undefined) collect(fixed, segments, from + 1, ends);
  if (node.parameter !== null && segment !== '') collect(node.parameter, segments, from + 1, ends);
}

function templateOf(route: Routable): { text: string; parameter: string | null }[] {
  if (!route.path.startsWith('/')) throw badRoute(`The path of ${nameOf(route)} must start with a slash.`);
  const template = segmentsOf(route.path).map((text) => ({ text, parameter: PARAMETER.exec(text)?.[1] ?? null }));

  const names = template.flatMap(({ parameter }) => (parameter === null ? [] : [parameter]));
  if (new Set(names).size < names.length) throw badRoute(`A parameter stands twice in ${nameOf(route)}.`);
  if (template.some(({ text, parameter }) => parameter === null && /[{}]/.test(text))) {
    throw badRoute(`In ${nameOf(route)}, a parameter must be a whole segment: "{id}" and a slash.`);
  }
  return template;
}

const segmentsOf = (path: string) => path.slice(1).split('/');

function decode(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    const decoded = decodeURIComponent(segment);
    // PostgreSQL text cannot hold it, so no object has it in its id.
    if (!decoded.includes('\0')) return decoded;
  } catch {
    // Answered below: what decodeURIComponent has to say helps nobody.
  }
  throw new ItPayError('PARAMETER_INVALID', { message: 'The path has a percent escape that is not valid UTF-8 text.' });
}

function notAllowed<T>(method: string, ends: readonly Node<T>[]): ItPayError {
  const methods = ends.flatMap(({ routes }) => [...routes.keys()]);
  const allowed = [...new Set(methods.flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name])))].toSorted();
  return new ItPayError('METHOD_NOT_ALLOWED', {
    message: `This path does not take ${method}. It takes ${allowed.join(', ')}.`,
    details: { allowed },
  });
}

const nameOf = ({ method, path }: Routable) => `${method} ${path}`;

const badRoute = (message: string) => new ItPayError('CONFIGURATION_INVALID', { message, param: 'plugins' });

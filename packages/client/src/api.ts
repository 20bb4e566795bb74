import type { AnswerOf, InputOf, ItemOf, Method, PathOf } from './api-types.js';
import { List, type Cursors } from './list.js';
import type { RequestOptions, Transport, WriteOptions } from './transport.js';

/** Every route of the API, typed by its own description. */
export interface Api {
  /**
   * Calls a route.
   *
   * @param path as the API describes it: `/v1/payment-intents/{id}`
   * @returns the JSON of the answer; bytes for images and files; undefined where there is none
   * @throws ItPayApiError when the API refuses; ItPayConnectionError and ItPayTimeoutError when there is no answer
   */
  request<M extends Method, P extends PathOf<M>>(
    method: M,
    path: P,
    input: InputOf<M, P>,
    options?: WriteOptions,
  ): Promise<AnswerOf<M, P>>;
  /** Reads a list, page by page as it is used. */
  list<P extends PathOf<'GET'>>(path: P, input: InputOf<'GET', P>, options?: RequestOptions): List<ItemOf<P>>;
}

export function apiOver(transport: Transport): Api {
  const request: Api['request'] = async (method, path, input, options) => {
    const { path: params, query, body } = input as LooseInput;
    // A string is a file where the route takes one, and JSON nowhere.
    const content = typeof body === 'string' ? new TextEncoder().encode(body) : body;
    const asFile = FILES.test(path);
    return (await transport.send(method, fill(path, params) + searchOf(query), content, {
      ...options,
      asFile,
    })) as never;
  };
  const list: Api['list'] = (path, input, options) => {
    const { path: params, query = {} } = input as LooseInput;
    // A cursor of the caller's own says where to begin; after that the list knows the way.
    const { starting_after: startingAfter, ending_before: endingBefore, ...rest } = query;
    const start = { starting_after: startingAfter, ending_before: endingBefore } as Cursors;
    const read = async (cursors: Cursors | null) => {
      const search = searchOf({ ...rest, ...(cursors ?? start) });
      return (await transport.send('GET', fill(path, params) + search, undefined, options)) as never;
    };
    return new List(read, start);
  };
  return { request, list };
}

/** Routes that answer a file, which may be JSON as well. */
const FILES = /\/(file|download|image\.\w+)$/;

type Queryable = string | number | boolean | undefined;

interface LooseInput {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, Queryable>>;
  readonly body?: unknown;
}

function fill(template: string, params: Readonly<Record<string, string>> = {}): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name];
    // Without this, an id that is missing, or goes up, would read or change what stands above it.
    if (typeof value !== 'string' || /^\.{0,2}$/.test(value)) throw new TypeError(`${template} needs ${name}.`);
    return encodeURIComponent(value);
  });
}

function searchOf(query: Readonly<Record<string, Queryable>> = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  return search.size === 0 ? '' : `?${search}`;
}

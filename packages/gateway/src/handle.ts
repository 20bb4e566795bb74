import { API_VERSION } from '@itpay/core';
import {
  validate,
  type Authenticator,
  type DisplayTokens,
  type IdGenerator,
  type Logger,
  type Route,
  type RouteAnswer,
} from '@itpay/kernel';
import { isStream, type Handle, type NeutralRequest } from './neutral.js';
import { prepareRoute, type PreparedRoute } from './prepare-route.js';
import { compileRouter, type Match } from './router.js';
import { errorAnswer, errorForCaller } from './steps/error-answer.js';
import { idempotencyOf } from './steps/idempotency.js';
import { identify } from './steps/identify.js';
import { readBody } from './steps/read-body.js';
import { rawReader } from './steps/read-raw.js';
import { readQuery } from './steps/read-query.js';
import { render } from './steps/render.js';
import { requireScope } from './steps/require-scope.js';
import { Traffic, type Visit } from './traffic.js';

export interface HandleOptions {
  readonly routes: readonly Route[];
  readonly authenticator: Authenticator;
  readonly displayTokens: Pick<DisplayTokens, 'verify'>;
  readonly ids: IdGenerator;
  readonly logger: Logger;
  /** See `Settings`. */
  readonly publicUrl: string;
  /** Left out: nothing can drain it. */
  readonly traffic?: Traffic;
}

/**
 * Compiles the routes into the one function behind every mount.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` when routes contradict each other
 */
export function createHandle(options: HandleOptions): Handle {
  const { ids, logger, traffic = new Traffic() } = options;
  const router = compileRouter(options.routes.map(prepareRoute));
  const docBase = `${options.publicUrl}/errors`;
  const readRaw = rawReader(options.publicUrl);

  return async (request) => {
    const requestId = ids.next('req');
    const { method } = request;
    let visit: Visit | undefined;
    let found: Match<PreparedRoute> | undefined;
    try {
      visit = traffic.enter(request);
      const { path, query } = splitUrl(request.url);
      found = router.find(method, path);
      const answer = await answerTo(request, requestId, found, query, visit, { ...options, readRaw });
      const response = render(answer, { method, requestId });
      if (!isStream(response.body)) return response;
      // The visit lasts until its last piece.
      const streaming = visit;
      visit = undefined;
      return { ...response, body: thenLeave(response.body, () => traffic.leave(streaming)) };
    } catch (thrown) {
      const aborted = visit?.abortBehind(thrown) ?? null;
      const error = aborted ?? errorForCaller(thrown);
      // The template and not the URL, which may carry a display token.
      if (error.status >= 500 && aborted === null) {
        const level = error.status === 500 ? 'error' : 'warn';
        logger[level](
          { requestId, code: error.code, method, route: found?.route.path, err: thrown },
          'A request failed.',
        );
      }
      return render(errorAnswer(error, requestId, docBase), { method, requestId });
    } finally {
      if (visit !== undefined) traffic.leave(visit);
    }
  };
}

// The first step that refuses decides the answer. (Protocol, 11.2)
async function answerTo(
  request: NeutralRequest,
  requestId: string,
  { route: prepared, params }: Match<PreparedRoute>,
  search: URLSearchParams,
  visit: Visit,
  options: HandleOptions & { readonly readRaw: ReturnType<typeof rawReader> },
): Promise<RouteAnswer> {
  const { route } = prepared;
  const caller = await identify(route, request, search, options);
  requireScope(route, caller);

  const query = prepared.query && readQuery(search, route);
  const raw = route.raw ? await options.readRaw(request) : null;
  const body = prepared.body && (await readBody(request, { required: prepared.bodyRequired }));
  const sent = { params, query: query ?? {}, body: body ?? undefined };

  const valid = {
    params: prepared.params ? validate(prepared.params, sent.params) : sent.params,
    query: prepared.query ? validate(prepared.query, sent.query) : undefined,
    body: prepared.body ? validate(prepared.body, sent.body ?? {}) : undefined,
  };
  const idempotencyKey = idempotencyOf(prepared, caller, request.headers['idempotency-key'], sent);

  return route.run({
    requestId,
    ...valid,
    ...caller,
    idempotencyKey,
    raw,
    apiVersion: API_VERSION,
    get signal() {
      return visit.signal;
    },
  });
}

/** Calls `leave` once, when the last piece was taken or whoever takes them has stopped. */
function thenLeave(chunks: AsyncIterable<string>, leave: () => void): AsyncIterable<string> {
  const pieces = chunks[Symbol.asyncIterator]();
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        try {
          const piece = await pieces.next();
          if (piece.done) leave();
          return piece;
        } catch (error) {
          leave();
          throw error;
        }
      },
      return: async () => {
        leave();
        await pieces.return?.();
        return { done: true, value: undefined };
      },
    }),
  };
}

function splitUrl(url: string): { path: string; query: URLSearchParams } {
  const mark = url.indexOf('?');
  if (mark < 0) return { path: url, query: new URLSearchParams() };
  return { path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) };
}

import { createHash } from 'node:crypto';
import { API_VERSION } from '@itpay/core';
import {
  validate,
  type Authenticator,
  type DisplayTokens,
  type IdGenerator,
  type Logger,
  type Route,
  type RouteAnswer,
  type Telemetry,
} from '@itpay/kernel';
import { AddressedRequest } from './client-address.js';
import type { LimitedVisit, Limits } from './limits/limits.js';
import { isStream, type Handle, type NeutralRequest, type NeutralResponse } from './neutral.js';
import { observed, type Seen } from './observed.js';
import { prepareRoute, type PreparedRoute } from './prepare-route.js';
import { compileRouter, type Match } from './router.js';
import { errorAnswer, errorForCaller } from './steps/error-answer.js';
import { idempotencyOf } from './steps/idempotency.js';
import { identify } from './steps/identify.js';
import { readBody } from './steps/read-body.js';
import { readFile } from './steps/read-file.js';
import { rawReader } from './steps/read-raw.js';
import { readQuery } from './steps/read-query.js';
import { render } from './steps/render.js';
import { requireScope } from './steps/require-scope.js';
import { verifyBody } from './steps/verify-body.js';
import { Traffic, type Visit } from './traffic.js';
import { inVersion, namedVersion, versionFor } from './versions/negotiate.js';

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
  /** Left out: nothing is limited. */
  readonly limits?: Limits | undefined;
  /** Finds the client behind a proxy. Left out: the client is who is connected. */
  readonly addressOf?: ((request: NeutralRequest) => string | null) | undefined;
  /** Left out: requests are neither measured nor logged; failures of the server are. */
  readonly telemetry?: Telemetry;
}

/**
 * Compiles the routes into the one function behind every mount.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` when routes contradict each other
 */
export function createHandle(options: HandleOptions): Handle {
  const { ids, logger, telemetry, traffic = new Traffic(), limits, addressOf } = options;
  const router = compileRouter(options.routes.map(prepareRoute));
  const docBase = `${options.publicUrl}/errors`;
  const readRaw = rawReader(options.publicUrl);

  const answered = async (received: NeutralRequest, seen: Seen): Promise<NeutralResponse> => {
    const request = addressOf === undefined ? received : new AddressedRequest(received, addressOf(received));
    const { requestId } = seen;
    const { method } = request;
    let visit: Visit | undefined;
    let limited: LimitedVisit | undefined;
    let found: Match<PreparedRoute> | undefined;
    let apiVersion = namedVersion(request) ?? API_VERSION;
    const decideVersion = (decided: string) => (apiVersion = decided);
    try {
      visit = traffic.enter(request);
      const { path, query } = splitUrl(request.url);
      found = router.find(method, path);
      visit.route = found.route.path;
      seen.route = found.route.path;
      limited = limits?.visit(found.route.route, request, found.params);
      const shared = { ...options, readRaw, decideVersion, limited };
      const answer = await answerTo(request, requestId, found, query, visit, shared);
      await limited?.answered(answer);
      const response = render(inVersion(withLimits(answer, limited), apiVersion), { method, requestId, apiVersion });
      if (!isStream(response.body)) return response;
      // The visit lasts until its last piece.
      const [streaming, counted] = [visit, limited];
      visit = limited = undefined;
      const leave = () => {
        traffic.leave(streaming);
        counted?.leave();
      };
      const failed = (error: unknown) => {
        if (streaming.abortBehind(error) !== null) return;
        logger.error({ requestId, method, route: streaming.route, err: error }, 'An answer broke off in the middle.');
      };
      return { ...response, body: thenLeave(response.body, { leave, failed }) };
    } catch (thrown) {
      await limited?.failed(thrown);
      const aborted = visit?.abortBehind(thrown) ?? null;
      const error = aborted ?? errorForCaller(thrown);
      seen.code = error.code;
      // The template and not the URL, which may carry a display token.
      if (error.status >= 500 && aborted === null) {
        const level = error.status === 500 ? 'error' : 'warn';
        logger[level](
          { requestId, code: error.code, method, route: found?.route.path, err: thrown },
          'A request failed.',
        );
      }
      // Its details may hold the object that it is about.
      const refusal = inVersion(withLimits(errorAnswer(error, requestId, docBase), limited), apiVersion);
      // Whoever comes again over this connection would reach the process that stops.
      const headers = traffic.stopping ? { ...refusal.headers, connection: 'close' } : refusal.headers;
      return render({ ...refusal, ...(headers && { headers }) }, { method, requestId, apiVersion });
    } finally {
      limited?.leave();
      if (visit !== undefined) traffic.leave(visit);
    }
  };
  return telemetry === undefined
    ? (request) => answered(request, { requestId: ids.next('req') })
    : observed(answered, { ids, logger, telemetry });
}

// The first step that refuses decides the answer. (Protocol, 11.2)
async function answerTo(
  request: NeutralRequest,
  requestId: string,
  { route: prepared, params }: Match<PreparedRoute>,
  search: URLSearchParams,
  visit: Visit,
  options: HandleOptions & {
    readonly readRaw: ReturnType<typeof rawReader>;
    readonly decideVersion: (version: string) => void;
    readonly limited: LimitedVisit | undefined;
  },
): Promise<RouteAnswer> {
  const { route } = prepared;
  const { limited } = options;
  const who = () => identify(route, request, search, options);
  const caller = await (limited === undefined ? who() : limited.enter(request, who));
  requireScope(route, caller);
  const apiVersion = versionFor(route, request, caller);
  options.decideVersion(apiVersion);
  const verified = await verifyBody(request, caller.principal, options.authenticator, route.file?.maxBytes);

  const query = prepared.query && readQuery(search, route);
  const raw = route.raw ? await options.readRaw(request) : null;
  const body = prepared.body && (await readBody(verified, { required: prepared.bodyRequired }));
  const file = route.file && (await readFile(verified, route.file));
  const sent = {
    params,
    query: query ?? {},
    body: body ?? undefined,
    ...(file && { file: createHash('sha256').update(file).digest('hex') }),
  };

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
    ...(file && { file }),
    apiVersion,
    lastEventId: request.headers['last-event-id'],
    get signal() {
      return visit.signal;
    },
  });
}

function withLimits(answer: RouteAnswer, limited: LimitedVisit | undefined): RouteAnswer {
  return limited === undefined ? answer : { ...answer, headers: { ...limited.headers, ...answer.headers } };
}

interface StreamEnds {
  /** Once or more often: the last piece was taken, or whoever takes them has stopped. */
  leave(): void;
  /** A piece could not be made; the status is out already, so nobody else hears of it. */
  failed(error: unknown): void;
}

function thenLeave(chunks: AsyncIterable<string>, { leave, failed }: StreamEnds): AsyncIterable<string> {
  const pieces = chunks[Symbol.asyncIterator]();
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        try {
          const piece = await pieces.next();
          if (piece.done) leave();
          return piece;
        } catch (error) {
          failed(error);
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

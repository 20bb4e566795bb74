import type { IdGenerator, Logger, Telemetry } from '@itpay/kernel';
import type { Handle, NeutralRequest, NeutralResponse } from './neutral.js';

/** What is found out about a request while it is answered. */
export interface Seen {
  readonly requestId: string;
  /** The template of its path. Never the URL, which may carry a display token. */
  route?: string;
  /** Of the error that it was answered with. */
  code?: string;
}

export interface Observation {
  readonly ids: IdGenerator;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

type Answer = (request: NeutralRequest, seen: Seen) => Promise<NeutralResponse>;

/**
 * Puts a span, a measurement and a log line around each request: at `debug` when it went well, at `info` when it was
 * refused. Of a stream, the time is that until its first byte. What failed in the server was logged where it failed.
 */
export function observed(answer: Answer, { ids, logger, telemetry }: Observation): Handle {
  return (request) => {
    const seen: Seen = { requestId: ids.next('req') };
    const { method, headers } = request;
    const started = performance.now();
    const options = { kind: 'server', headers, requestId: seen.requestId } as const;
    return telemetry.span(method, options, async (span) => {
      const response = await answer(request, seen);
      const ms = performance.now() - started;
      const { status } = response;
      const measured = {
        // Others than these could be made up at will, and each would be a series of its own.
        'http.request.method': METHODS.has(method) ? method : '_OTHER',
        'http.response.status_code': status,
        ...(seen.route !== undefined && { 'http.route': seen.route }),
        ...(status >= 500 && { 'error.type': seen.code ?? String(status) }),
      };
      if (seen.route !== undefined) span.rename(`${method} ${seen.route}`);
      span.set({ ...measured, 'itpay.request.id': seen.requestId });
      if (status >= 500) span.fail(seen.code ?? String(status));
      telemetry.duration('http.server.request.duration', ms / 1000, measured);

      const level = status >= 400 ? 'info' : 'debug';
      if (status < 500 && logger.isLevelEnabled?.(level) !== false) {
        const { requestId, route, code } = seen;
        logger[level]({ requestId, method, route, status, ...(code && { code }), ms: Math.round(ms) }, 'request');
      }
      return response;
    });
  };
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS']);

import { ItPayError, type ErrorCode } from '@itpay/core';
import type { z } from 'zod';
import type { IdempotencyKey } from '../idempotency/key.js';
import type { Principal } from '../ports/authenticator.js';
import type { Actor } from '../audit.js';
import { point } from '../token.js';

type Shape = z.ZodObject;
type Infer<T> = T extends z.ZodType ? z.infer<T> : undefined;

/** A request as it came in, byte for byte: what a channel signs. */
export interface RawRequest {
  readonly method: string;
  /** The public path as the caller called it, with its query: the path of `publicUrl`, then what follows the mount. */
  readonly path: string;
  /** Names are lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly rawBody: Uint8Array;
  readonly remoteAddress: string | null;
}

/** A request that passed the gateway: authenticated, allowed, validated. */
export interface RouteRequest<Params = any, Query = any, Body = any, Raw = any> {
  readonly requestId: string;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** Null on routes with `access: 'public'`, and when a payer calls with a display token. */
  readonly principal: Principal | null;
  /** The intent for which a payer's display token stands; null for every other caller. */
  readonly displayIntentId: string | null;
  /** The caller's idempotency key; null where the route takes none. */
  readonly idempotencyKey: IdempotencyKey | null;
  /** There on routes that are `raw`; null on all others. */
  readonly raw: Raw;
  /** The bytes of the body, on routes that take a `file`. */
  readonly file?: Uint8Array;
  /** The wire format in which the caller wants its answer: a date. */
  readonly apiVersion: string;
  /** What a client that connects to an event stream again saw last: its `Last-Event-ID` header. */
  readonly lastEventId?: string | undefined;
  /** Aborts when the client went away or the server stops. */
  readonly signal: AbortSignal;
}

export interface RouteAnswer {
  readonly status: number;
  /** Sent as JSON. A string is JSON already. Left out with `content` or `stream`, or for an empty answer. */
  readonly body?: object | string;
  readonly content?: { readonly type: string; readonly bytes: Uint8Array | string };
  /**
   * Sent piece by piece, as they come, until the sequence ends: server-sent events. Its `return` is called when the client
   * goes away. It ends by itself when `signal` aborts.
   */
  readonly stream?: { readonly type: string; readonly chunks: AsyncIterable<string> };
  readonly headers?: Readonly<Record<string, string>>;
  /** The answer was stored by an earlier request with the same idempotency key. */
  readonly replayed?: boolean;
  /** The caller is not who it says, though the status may be any: a callback whose signature is wrong. It counts as failed. */
  readonly unproven?: boolean;
}

export interface AnswerDescription {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** Left out: `application/json`. */
  readonly contentType?: string;
}

export type RateClass = 'request' | 'wait' | 'callback' | 'none';

export interface Route<
  P extends Shape | undefined = any,
  Q extends Shape | undefined = any,
  B extends Shape | undefined = any,
  Raw extends true | undefined = any,
> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below the mount, with parameters in braces: `/v1/payment-intents/{id}`. */
  readonly path: string;
  /** One line for the API description. */
  readonly summary: string;
  readonly description?: string;
  /** Groups routes in the API description: `Payment intents`. */
  readonly tag: string;
  /** `public`: nobody needs to say who they are. Otherwise the scope that a principal needs. */
  readonly access: 'public' | `${string}:${'read' | 'write'}`;
  /** A payer's display token may call it too; `run` checks which intent it stands for. */
  readonly displayToken?: boolean;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /**
   * The route gets the request as it came, up to 256 kB of any content type: a channel's callback. Query and body are not
   * looked at. Such a route is public and takes no idempotency key.
   */
  readonly raw?: Raw;
  /**
   * The body is a file of any content type: the route gets its bytes as `request.file`. Everything else is as on other
   * routes; with an idempotency key, the digest of the bytes is compared. Such a route has no schema for a body.
   */
  readonly file?: { readonly maxBytes: number };
  readonly answers: Readonly<Record<number, AnswerDescription>>;
  /** Codes beyond those that every route may answer. */
  readonly errors: readonly ErrorCode[];
  /**
   * How requests count against the caller's limits. `request` (the default): rate, burst and concurrency. `wait`: a long
   * poll or an event stream, which lasts; it counts for the rate, and has a cap of its own on how many are open. `callback`:
   * a channel calls; only what fails its signature counts. `none`: health checks and static files.
   */
  readonly rate?: RateClass;
  /** Left out of the API description: pages for people. */
  readonly hidden?: boolean;
  run(request: RouteRequest<Infer<P>, Infer<Q>, Infer<B>, Raw extends true ? RawRequest : null>): Promise<RouteAnswer>;
}

/** Extension point: the routes that plugins bring. */
export const Routes = point<Route>('routes');

/** Types a route; `run` knows what its schemas let through. */
export function defineRoute<
  P extends Shape | undefined = undefined,
  Q extends Shape | undefined = undefined,
  B extends Shape | undefined = undefined,
  Raw extends true | undefined = undefined,
>(route: Route<P, Q, B, Raw>): Route {
  return route;
}

/**
 * Who acts in a request, for the audit log.
 *
 * @throws ItPayError `API_KEY_MISSING` where a payer's display token was let through, which stands for nobody
 */
export function actorOf({ principal, requestId }: Pick<RouteRequest, 'principal' | 'requestId'>): Actor {
  if (principal === null) throw new ItPayError('API_KEY_MISSING');
  return {
    account: principal.account,
    livemode: principal.livemode,
    id: principal.id,
    kind: principal.kind,
    requestId,
  };
}

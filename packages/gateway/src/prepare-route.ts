import { ItPayError } from '@itpay/core';
import type { Route } from '@itpay/kernel';
import { z } from 'zod';

/** A route with everything decided that does not depend on the request. Made once, at start. */
export interface PreparedRoute {
  readonly method: string;
  readonly path: string;
  readonly route: Route;
  /** Null: the parameters go to `run` as they came. */
  readonly params: z.ZodObject | null;
  /** Null: the query is not looked at. */
  readonly query: z.ZodObject | null;
  /** Null: a body is not read. */
  readonly body: z.ZodObject | null;
  readonly bodyRequired: boolean;
  readonly takesIdempotencyKey: boolean;
}

/** @throws ItPayError `CONFIGURATION_INVALID` when path and schema disagree about the parameters, or a route contradicts itself */
export function prepareRoute(route: Route): PreparedRoute {
  checkParams(route);
  checkRaw(route);
  checkFile(route);
  const { method, path, raw } = route;
  const mutates = method !== 'GET';
  return {
    method,
    path,
    route,
    params: route.params ?? null,
    // Pages for people are linked with parameters of others, such as utm_source.
    query: route.query ?? (route.hidden || raw ? null : NOTHING),
    body: mutates && !raw && !route.file ? (route.body ?? NOTHING) : null,
    bodyRequired: mutates && route.body !== undefined,
    takesIdempotencyKey: takesIdempotencyKey(route),
  };
}

/** A key belongs to a caller, so a public route, such as a channel's callback, takes none. (Protocol, 5.1) */
export function takesIdempotencyKey({ method, path, access }: Route): boolean {
  return method !== 'GET' && path.startsWith('/v1/') && access !== 'public';
}

const NOTHING = z.strictObject({});

function checkParams({ method, path, params }: Route): void {
  if (params === undefined) return;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!).toSorted();
  const inSchema = Object.keys(params.shape).toSorted();
  if (inPath.join() === inSchema.join()) return;
  throw badRoute(
    `The path of ${method} ${path} has the parameters [${inPath.join()}], its schema [${inSchema.join()}].`,
  );
}

function checkRaw({ method, path, raw, access, query, body }: Route): void {
  if (!raw || (access === 'public' && query === undefined && body === undefined)) return;
  throw badRoute(`The route ${method} ${path} is raw, so it is public and has no schema for query or body.`);
}

function checkFile({ method, path, file, raw, access, body }: Route): void {
  if (file === undefined) return;
  if (method !== 'GET' && access !== 'public' && raw === undefined && body === undefined) return;
  throw badRoute(`The route ${method} ${path} takes a file, so it is not public, not a GET, and has no other body.`);
}

const badRoute = (message: string) => new ItPayError('CONFIGURATION_INVALID', { message, param: 'plugins' });

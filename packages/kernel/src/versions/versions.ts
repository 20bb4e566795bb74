import { API_VERSION } from '@itpay/core';
import { amountsAreMoney } from './2026-11-22-amounts-are-money.js';
import type { JsonObject, WireChange } from './change.js';

export interface ApiVersion {
  /** `2026-11-22` */
  readonly version: string;
  /** What it does otherwise than the version before. */
  readonly changes: readonly WireChange[];
}

/**
 * Every version that a client may ask for, newest first. The framework works in the newest one; each change knows the way
 * down to the shape of before, and an answer takes these steps on its way out.
 */
export const API_VERSIONS: readonly ApiVersion[] = [
  { version: '2026-11-22', changes: [amountsAreMoney] },
  { version: '2026-09-01', changes: [] },
];

export const isApiVersion = (version: string): boolean => API_VERSIONS.some((known) => known.version === version);

/** What changed after a version, newest first: the way down to it. */
export function changesAfter(version: string): readonly WireChange[] {
  return API_VERSIONS.filter((known) => known.version > version).flatMap(({ changes }) => changes);
}

/**
 * Writes JSON of the newest version as an older one had it: an answer, an object, or an event with its `api_version`. Finds
 * the objects by their `object`, wherever they stand; in `metadata` nothing is looked at, which belongs to the merchant.
 *
 * @param version one of `API_VERSIONS`
 * @returns `json` itself for the newest version
 */
export function toApiVersion<T>(json: T, version: string): T {
  if (version === API_VERSION) return json;
  return rewrite(json, { version, changes: changesAfter(version) }) as T;
}

interface Way {
  readonly version: string;
  readonly changes: readonly WireChange[];
}

function rewrite(json: unknown, way: Way): unknown {
  if (Array.isArray(json)) return json.map((item) => rewrite(item, way));
  if (!isObject(json)) return json;
  if (isEvent(json)) return eventIn(json, way);
  const parts = Object.entries(json).map(([name, value]) => [name, name === 'metadata' ? value : rewrite(value, way)]);
  return downTo(Object.fromEntries(parts), json['object'], way);
}

function eventIn(event: JsonObject & { readonly data: JsonObject }, way: Way): JsonObject {
  const { object, previous_attributes: previous, ...rest } = event.data;
  const kind = isObject(object) ? object['object'] : undefined;
  return {
    ...event,
    api_version: way.version,
    data: {
      ...rest,
      object: rewrite(object, way),
      // The old values of the same object, which do not say of which one.
      ...(isObject(previous) && { previous_attributes: downTo(previous, kind, way) }),
    },
  };
}

function downTo(newer: JsonObject, kind: unknown, { changes }: Way): JsonObject {
  return changes.filter(({ object }) => object === kind).reduce((json, { down }) => down(json), newer);
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isEvent = (json: JsonObject): json is JsonObject & { readonly data: JsonObject } =>
  typeof json['api_version'] === 'string' && isObject(json['data']);

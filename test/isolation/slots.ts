import type { Route } from '@itpay/kernel';
import { z } from 'zod';
import { CURSORS, FOREIGN_NUMBERS, NAMING_FIELDS, OBJECTS, SHARED_PARAMETERS } from './objects.js';

/** A place in a request where the id of an object stands. */
export interface Slot {
  readonly in: 'path' | 'query' | 'body';
  readonly name: string;
  /** See `OBJECTS`. */
  readonly collection: string;
}

export interface Described {
  readonly route: Route;
  /** `POST /v1/refunds/{id}/approve` */
  readonly title: string;
  readonly slots: readonly Slot[];
  readonly cursors: readonly string[];
  /** What somebody has to add before this route can be tried; empty when nothing is missing. */
  readonly missing: readonly string[];
}

/** Where a route takes ids, read from its path and its schemas. */
export function describeRoute(route: Route): Described {
  const title = `${route.method} ${route.path}`;
  const slots: Slot[] = [];
  const missing: string[] = [];
  for (const [, collection, name] of route.path.matchAll(/([^/{}]+)\/\{([^}]+)\}/g)) {
    if (SHARED_PARAMETERS[name!] !== undefined) continue;
    if (OBJECTS[collection!] !== undefined) slots.push({ in: 'path', name: name!, collection: collection! });
    else {
      missing.push(
        `${title}: nothing is known that {${name}} could name. Add to OBJECTS in test/isolation/objects.ts how one of ` +
          `"${collection}" is made; or to SHARED_PARAMETERS, with the reason, when it belongs to no account.`,
      );
    }
  }
  for (const [place, schema] of [
    ['query', route.query],
    ['body', route.body],
  ] as const) {
    for (const name of schema === undefined ? [] : namesIn(jsonSchemaOf(schema))) {
      const field = name.split('.').at(-1)!;
      const collection = NAMING_FIELDS[field];
      if (collection !== undefined) slots.push({ in: place, name, collection });
      else if (/_ids?$/.test(field) && FOREIGN_NUMBERS[field] === undefined && !PARTIES.includes(field)) {
        missing.push(
          `${title}: the ${place} has "${name}", and nothing is known that it could name. Add it to NAMING_FIELDS in ` +
            'test/isolation/objects.ts; or to FOREIGN_NUMBERS, with the reason, when it is no id of an object of ours.',
        );
      }
    }
  }
  const cursors = route.query === undefined ? [] : CURSORS.filter((name) => name in route.query.shape);
  return { route, title, slots, cursors, missing };
}

/** Payers are named by ids of elsewhere; there is nothing behind them here. */
const PARTIES = ['agent_id', 'human_id'];

type JsonSchema = any;

function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const { $defs, ...root } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  return inlined(root, $defs);
}

/** Schemas with a name of their own are referred to; here each stands where it is used. */
function inlined(schema: JsonSchema, defs: JsonSchema): JsonSchema {
  if (Array.isArray(schema)) return schema.map((one) => inlined(one, defs));
  if (typeof schema !== 'object' || schema === null) return schema;
  const { $ref, ...rest } = schema;
  const parts = Object.entries(rest).map(([name, part]) => [name, inlined(part, defs)]);
  return { ...($ref !== undefined && inlined(defs[$ref.split('/').at(-1)], defs)), ...Object.fromEntries(parts) };
}

function namesIn(schema: JsonSchema, prefix = ''): readonly string[] {
  return Object.entries<JsonSchema>(schema.properties ?? {}).flatMap(([name, property]) => [
    prefix + name,
    ...namesIn(property, `${prefix}${name}.`),
  ]);
}

/** The smallest body that a schema lets through. What a schema cannot say is in `BODIES`. */
export function sampleOf(schema: z.ZodType): any {
  return sample(jsonSchemaOf(schema));
}

function sample(schema: JsonSchema): unknown {
  if ('const' in schema) return schema.const;
  if ('default' in schema) return schema.default;
  if ('example' in schema) return schema.example;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  const either = schema.anyOf ?? schema.oneOf;
  if (either !== undefined) return sample(either[0]);
  switch (schema.type) {
    case 'object': {
      const required: readonly string[] = schema.required ?? [];
      return Object.fromEntries(required.map((name) => [name, sample(schema.properties[name])]));
    }
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => sample(schema.items));
    case 'integer':
    case 'number':
      return Math.max(schema.minimum ?? 1, 1);
    case 'boolean':
      return true;
    default:
      return schema.format === 'date-time' ? '2025-01-01T00:00:00Z' : 'x'.repeat(schema.minLength ?? 1);
  }
}

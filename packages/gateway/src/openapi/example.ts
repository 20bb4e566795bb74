/** A JSON Schema, as far as examples and the reference page read it. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly example?: unknown;
  readonly examples?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
}

export type Schemas = Readonly<Record<string, JsonSchema>>;

/** The schema behind a reference; the schema itself when it is none. */
export function resolve(schema: JsonSchema, schemas: Schemas): JsonSchema {
  const name = nameOfReference(schema);
  return name === null ? schema : (schemas[name] ?? {});
}

/** `{ $ref: '#/components/schemas/Refund' }` → `Refund` */
export function nameOfReference({ $ref }: JsonSchema): string | null {
  return $ref === undefined ? null : $ref.replace('#/components/schemas/', '');
}

/**
 * A value that fits a schema, made of what the schema says: its examples first, then what it allows.
 *
 * @param use a request holds what it must and what has an example; an answer holds every field
 */
export function exampleOf(schema: JsonSchema, schemas: Schemas, use: 'request' | 'answer'): unknown {
  const given = givenExample(schema);
  if (given !== undefined) return given.value;
  if (schema.$ref !== undefined) return exampleOf(resolve(schema, schemas), schemas, use);
  if (schema.const !== undefined) return schema.const;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum !== undefined) return schema.enum[0];
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) {
    // What may be null is null in the example, unless the schema knows better.
    const withoutNull = options.find((option) => option.type !== 'null');
    const known = withoutNull && givenExample(withoutNull);
    if (known !== undefined) return known.value;
    return options.some(({ type }) => type === 'null') ? null : exampleOf(options[0]!, schemas, use);
  }
  if (schema.allOf !== undefined) {
    return Object.assign({}, ...schema.allOf.map((part) => exampleOf(part, schemas, use))) as object;
  }
  const type = Array.isArray(schema.type) ? (schema.type as string[]) : [schema.type];
  if (type.includes('null')) return null;
  switch (type[0]) {
    case 'object':
      return objectExample(schema, schemas, use);
    case 'array':
      return schema.items === undefined ? [] : [exampleOf(schema.items, schemas, use)];
    case 'integer':
    case 'number':
      return Math.max(schema.minimum ?? 0, 0);
    case 'boolean':
      return false;
    default:
      return textExample(schema);
  }
}

function givenExample({ example, examples }: JsonSchema): { readonly value: unknown } | undefined {
  if (example !== undefined) return { value: example };
  return examples?.[0] === undefined ? undefined : { value: examples[0] };
}

function objectExample(schema: JsonSchema, schemas: Schemas, use: 'request' | 'answer'): object {
  const required = new Set(schema.required);
  const shown = Object.entries(schema.properties ?? {}).filter(
    ([name, property]) =>
      use === 'answer' || required.has(name) || givenExample(resolve(property, schemas)) !== undefined,
  );
  return Object.fromEntries(shown.map(([name, property]) => [name, exampleOf(property, schemas, use)]));
}

function textExample({ format, minLength = 0 }: JsonSchema): string {
  if (format === 'date-time') return '2026-11-22T09:30:00.000Z';
  if (format === 'uri') return 'https://shop.example/';
  return 'text'.padEnd(minLength, '-');
}

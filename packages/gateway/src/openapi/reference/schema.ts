import { nameOfReference, type JsonSchema } from '../example.js';
import { html, prose, type Html } from './html.js';

/** The fields of an object; an empty text for anything else. Named schemas are linked and not repeated. */
export function fieldsOf({ properties = {}, required = [] }: JsonSchema): Html {
  const rows = Object.entries(properties).map(
    ([name, schema]) =>
      html`<div>
        <dt>
          <code>${name}</code> <span class="soft">${typeOf(schema)}${required.includes(name) && ' · required'}</span>
        </dt>
        <dd>${notesOf(schema)}${nestedIn(schema)}</dd>
      </div> `,
  );
  return rows.length === 0 ? html`` : html`<dl>${rows}</dl>`;
}

/** What a value is, in a few words: `string or null`, `list of Refund`. */
export function typeOf(schema: JsonSchema): Html {
  const name = nameOfReference(schema);
  if (name !== null) return html`<a href="#schema-${name}">${name}</a>`;
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) return joined(options.map(typeOf));
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (schema.enum !== undefined) return joined(schema.enum.map((value) => html`<code>${String(value)}</code>`));
  const types = [schema.type ?? 'any'].flat() as string[];
  return joined(types.map((type) => (type === 'array' ? html`list of ${typeOf(schema.items ?? {})}` : html`${type}`)));
}

/** Description and limits. */
export function notesOf(schema: JsonSchema): Html {
  const { description, minimum, maximum, minLength, maxLength, default: standard } = schema;
  const limits = [
    ...(description === undefined ? [] : [prose(description)]),
    ...range('', minimum, maximum),
    ...range(' characters', minLength, maxLength),
    ...(standard === undefined ? [] : [html`Default: <code>${JSON.stringify(standard)}</code>`]),
  ];
  return html`${limits.map((limit, index) => html`${index > 0 && ' · '}${limit}`)}`;
}

function nestedIn(schema: JsonSchema): Html {
  const parts = [schema, ...(schema.anyOf ?? schema.oneOf ?? []), ...(schema.items ? [schema.items] : [])];
  return html`${parts.map(fieldsOf)}`;
}

function range(unit: string, from: number | undefined, to: number | undefined): Html[] {
  const upper = to === undefined || to >= Number.MAX_SAFE_INTEGER ? undefined : to;
  const lower = from === undefined || from <= Number.MIN_SAFE_INTEGER ? undefined : from;
  if (lower === undefined && upper === undefined) return [];
  if (upper === undefined) return [html`At least ${lower!}${unit}`];
  return [lower === undefined ? html`At most ${upper}${unit}` : html`${lower} to ${upper}${unit}`];
}

const joined = (parts: readonly Html[]): Html =>
  html`${parts.map((part, index) => html`${index > 0 && ' or '}${part}`)}`;

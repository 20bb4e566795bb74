import { ERROR_CODES } from '@itpay/core';
import type { JsonSchema, Schemas } from '../example.js';
import { resolve } from '../example.js';
import { curlFor } from './curl.js';
import { html, prose, type Html } from './html.js';
import { fieldsOf, notesOf, typeOf } from './schema.js';

export interface Parameter {
  readonly $ref?: string;
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: JsonSchema;
  readonly description?: string;
}

export interface Media {
  readonly schema?: JsonSchema;
  readonly example?: unknown;
}

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Record<string, Media> }>
  >;
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** One endpoint. */
export function operationHtml({ method, path, operation }: Call, base: string, schemas: Schemas): Html {
  const body = operation.requestBody?.content['application/json'];
  return html`<article id="${operation.operationId}">
    <h3>${operation.summary}</h3>
    <p class="call">
      <code><span class="method ${method}">${method}</span> ${path}</code>
    </p>
    <p class="soft">${accessOf(operation)}</p>
    ${operation.description !== undefined && html`<p>${prose(operation.description)}</p>`}
    ${codeHtml(curlFor({ method, path, operation }, base))} ${parametersHtml(operation.parameters)}
    ${
      body?.schema !== undefined &&
      html`<h4>Body · ${typeOf(body.schema)}</h4>
        ${fieldsOf(resolve(body.schema, schemas))}`
    }
    ${answersHtml(operation)} ${errorsHtml(operation)}
  </article> `;
}

export const codeHtml = (text: string): Html =>
  html`<div class="code">
    <button class="copy" type="button" hidden>Copy</button>
    <pre>${text}</pre>
  </div>`;

function accessOf({ security }: Operation): Html {
  const scope = security.flatMap(({ apiKey = [] }) => apiKey)[0];
  if (scope === undefined) return html`Public: needs no key.`;
  const payer = security.some((way) => 'displayToken' in way);
  return html`Scope <code>${scope}</code>${payer && ', or the display token of the payer'}`;
}

function parametersHtml(parameters: readonly Parameter[]): Html {
  const shown = parameters.filter(({ name }) => name !== 'ItPay-Version');
  if (shown.length === 0) return html``;
  const rows = shown.map(({ name, in: place, required, schema, description }) => {
    const notes = notesOf({ ...schema, ...(description !== undefined && { description }) });
    return html`<div>
      <dt>
        <code>${name}</code> <span class="soft">${place} · ${typeOf(schema)}${required === true && ' · required'}</span>
      </dt>
      <dd>${notes}</dd>
    </div> `;
  });
  return html`<h4>Parameters</h4>
    <dl>${rows}</dl>`;
}

function answersHtml({ responses }: Operation): Html {
  const rows = Object.entries(responses)
    .filter(([status]) => status < '400')
    .map(([status, { description, content = {} }]) => {
      const [[type, media] = []] = Object.entries(content);
      const what =
        media?.schema === undefined ? type !== undefined && html` · ${type}` : html` · ${typeOf(media.schema)}`;
      const example = media?.example !== undefined && codeHtml(JSON.stringify(media.example, null, 2));
      return html`<div>
        <dt><strong>${status}</strong> ${prose(description)}${what}</dt>
        ${
          example &&
          html`<dd>
            <details>
              <summary>Example</summary>
              ${example}
            </details>
          </dd>`
        }
      </div> `;
    });
  return html`<h4>Answers</h4>
    <dl>${rows}</dl>`;
}

// The codes are read back from the descriptions, so that the page says what the document says and nothing else.
function errorsHtml({ responses }: Operation): Html {
  const rows = Object.entries(responses)
    .filter(([status]) => status >= '400')
    .flatMap(([status, { description }]) =>
      [...description.matchAll(/^- `(\w+)`: (.*)$/gm)].map(
        ([, code, meaning]) =>
          html`<li>
            <a href="errors/${code!}"><code>${code!}</code></a> <span class="soft">${status} · ${meaning!}</span>
          </li>`,
      ),
    );
  if (rows.length === 0) return html``;
  return html`<details>
    <summary>Errors (${rows.length} of ${Object.keys(ERROR_CODES).length} codes)</summary>
    <ul class="codes">
      ${rows}
    </ul>
  </details>`;
}

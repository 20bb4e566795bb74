import { createHash } from 'node:crypto';
import type { OpenApiDocument } from '../document.js';
import type { JsonSchema, Schemas } from '../example.js';
import { html, Html, prose } from './html.js';
import { codeHtml, operationHtml, type Call, type Operation, type Parameter } from './operation.js';
import { fieldsOf, typeOf } from './schema.js';
import { SCRIPT, STYLE } from './style.js';

/** The API description as one page for people. It says what the document says, and loads nothing. */
export function referencePage(document: OpenApiDocument): string {
  const schemas = (document.components?.schemas ?? {}) as Schemas;
  const base = document.servers?.[0]?.url ?? '';
  const calls = callsOf(document);
  const groups = (document.tags ?? []).map(({ name, description }) => ({
    name,
    description,
    anchor: `tag-${name.toLowerCase().replaceAll(/\W+/g, '-')}`,
    calls: calls.filter(({ operation }) => operation.tags.includes(name)),
  }));

  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>API reference · ${document.info.title}</title>
        ${STYLE_ELEMENT}
      </head>
      <body>
        <nav aria-label="Contents">
          <details>
            <summary>Contents</summary>
            <ul>
              <li><a href="#start">Start</a></li>
              <li><a href="errors">Error codes</a></li>
              <li><a href="v1/openapi.json">OpenAPI document</a></li>
            </ul>
            ${groups.map(
              ({ name, calls: own }) =>
                html`<h2>${name}</h2>
                  <ul>
                    ${own.map(linkTo)}
                  </ul>`,
            )}
            <h2>Objects</h2>
            <ul>
              ${Object.keys(schemas).map((name) => html`<li><a href="#schema-${name}">${name}</a></li>`)}
            </ul>
          </details>
        </nav>
        <main>
          <h1 id="start">${document.info.title} API reference</h1>
          <p class="soft">Version ${document.info.version}</p>
          ${introduction(base)}
          ${groups.map(
            ({ name, description, anchor, calls: own }) =>
              html`<section>
                <h2 id="${anchor}">${name}</h2>
                ${description !== undefined && html`<p>${prose(description)}</p>`}
                ${own.map((call) => operationHtml(call, base, schemas))}
              </section> `,
          )}
          <section>
            <h2 id="objects">Objects</h2>
            ${Object.entries(schemas).map(schemaHtml)}
          </section>
        </main>
        ${SCRIPT_ELEMENT}
      </body>
    </html> `.markup;
}

const linkTo = ({ method, operation }: Call): Html =>
  html`<li>
    <a href="#${operation.operationId}"><span class="method ${method}">${method}</span> ${operation.summary}</a>
  </li>`;

const introduction = (base: string): Html =>
  html`<p>All paths are below <code>${base}</code>. Requests and answers are JSON in UTF-8.</p>
    <dl>
      <div>
        <dt><strong>Who calls</strong></dt>
        <dd>
          Send your key as <code>Authorization: Bearer API_KEY</code>. A test key never sees live objects, nor the
          reverse.
        </dd>
      </div>
      <div>
        <dt><strong>Repeating a request</strong></dt>
        <dd>
          What changes something needs an <code>Idempotency-Key</code>. Send the same one again and you get the same
          answer, marked <code>Idempotent-Replayed: true</code>.
        </dd>
      </div>
      <div>
        <dt><strong>Amounts</strong></dt>
        <dd>Whole numbers in minor units: <code>{"currency": "THB", "value": 19900}</code> is 199.00 THB.</dd>
      </div>
      <div>
        <dt><strong>Versions</strong></dt>
        <dd>
          <code>ItPay-Version</code> names the version of the API to answer in, and each answer says its own.
          <a href="v1/versions">The versions, with what they changed</a>.
        </dd>
      </div>
      <div>
        <dt><strong>Errors</strong></dt>
        <dd>Branch on <code>error.code</code>, never on its text. <a href="errors">All codes, with what to do</a>.</dd>
      </div>
    </dl>
    ${codeHtml(`curl ${base}/v1/health`)}`;

const schemaHtml = ([name, schema]: [string, JsonSchema]): Html =>
  html`<article id="schema-${name}">
    <h3>${name}</h3>
    ${schema.description !== undefined && html`<p>${prose(schema.description)}</p>`}
    ${schema.properties === undefined && html`<p class="soft">${typeOf(schema)}</p>`} ${fieldsOf(schema)}
  </article> `;

function callsOf({ paths = {}, components }: OpenApiDocument): Call[] {
  const shared = (components?.parameters ?? {}) as unknown as Readonly<Record<string, Parameter>>;
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item as unknown as Readonly<Record<string, Operation>>).map(([method, operation]) => {
      const parameters = (operation.parameters ?? []).map((parameter) =>
        parameter.$ref === undefined ? parameter : shared[parameter.$ref.replace('#/components/parameters/', '')]!,
      );
      return { method: method.toUpperCase(), path, operation: { ...operation, parameters } };
    }),
  );
}

// Ours and constant, so it goes in as it is: escaping would change what the policy's hash is of.
const STYLE_ELEMENT = new Html(`<style>${STYLE}</style>`);
const SCRIPT_ELEMENT = new Html(`<script>${SCRIPT}</script>`);

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Allows the page's own style sheet and script, by their hashes, and nothing else. */
export const REFERENCE_POLICY = [
  "default-src 'none'",
  `style-src ${hashOf(STYLE)}`,
  `script-src ${hashOf(SCRIPT)}`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

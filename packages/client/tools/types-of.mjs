import openapiTypescript from 'openapi-typescript';
import { format, resolveConfig } from 'prettier';

/** Where the types lie, from the root of the repository. */
export const TYPES = 'packages/client/src/generated/api.ts';

/**
 * The types of the API, as TypeScript.
 *
 * @param {any} document what `GET /v1/openapi.json` answers
 */
export async function typesOf(document) {
  const types = await openapiTypescript(withoutWhatNobodyReads(structuredClone(document)), { commentHeader: '' });
  const text = [
    '// Made by `npm run client:types` of the description that the API gives of itself. Do not edit.',
    '',
    '/** The version of the API that these types describe. */',
    `export const API_VERSION = '${document.info.version}';`,
    '',
    // The root of the file has what is of no use here: webhooks, $defs, external, and operations under their ids.
    types.replace(/^export type (webhooks|\$defs|external|operations) = [^\n]*\n/gm, ''),
  ].join('\n');
  const options = await resolveConfig(TYPES);
  return format(text, { ...options, parser: 'typescript' });
}

/** The client waits with long polls, and does not describe itself. */
const NOT_FOR_CLIENTS = ['/v1/payment-intents/{id}/stream', '/v1/openapi.json'];

/**
 * Errors are one class in the client, headers are its own business, and a channel's callback is not.
 *
 * @param {any} document
 */
function withoutWhatNobodyReads(document) {
  for (const path of NOT_FOR_CLIENTS) delete document.paths[path];
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(/** @type {Record<string, any>} */ (item))) {
      if (operation.requestBody?.content?.['*/*'] !== undefined) {
        delete document.paths[path];
        break;
      }
      delete operation.operationId;
      delete operation.security;
      for (const media of Object.values(operation.requestBody?.content ?? {})) delete media.example;
      operation.parameters = (operation.parameters ?? []).filter(
        (/** @type {any} */ parameter) => parameter.in === 'path' || parameter.in === 'query',
      );
      for (const [status, response] of Object.entries(operation.responses)) {
        if (status >= '300') delete operation.responses[status];
        else delete response.headers;
      }
      item[method] = operation;
    }
  }
  delete document.components.parameters;
  delete document.components.headers;
  delete document.components.securitySchemes;
  delete document.components.schemas.Error;
  delete document.components.schemas.ErrorBody;
  return document;
}

import { ItPayError } from '@itpay/core';
import type { NeutralRequest } from '../neutral.js';
import { bodyInvalid, parseJsonObject, requireStorable, type JsonObject } from './parse-json.js';

/** In bytes. The largest legitimate request, with 4 kB of metadata, stays far below. */
export const BODY_LIMIT = 256 * 1024;

/**
 * Reads the body as one JSON object.
 *
 * @returns undefined when there is none and none is required
 * @throws ItPayError `BODY_INVALID` or `BODY_TOO_LARGE`
 */
export async function readBody(
  request: NeutralRequest,
  { required }: { required: boolean },
): Promise<JsonObject | undefined> {
  if (required) requireJsonType(request.headers['content-type']);
  refuseAnnouncedSize(request);
  if (request.parsedBody !== undefined) {
    requireJsonType(request.headers['content-type']);
    const { parsedBody } = request;
    return typeof parsedBody === 'string' ? parseJsonObject(Buffer.from(parsedBody)) : requireStorable(parsedBody);
  }

  const bytes = await request.rawBody(BODY_LIMIT);
  if (bytes.length > 0) {
    requireJsonType(request.headers['content-type']);
    return parseJsonObject(bytes);
  }
  if (required) throw bodyInvalid('The body is empty. Send one JSON object.');
  return undefined;
}

/**
 * @param limit in bytes
 * @throws ItPayError `BODY_TOO_LARGE` before the first byte, when the header tells
 */
export function refuseAnnouncedSize({ headers }: NeutralRequest, limit = BODY_LIMIT): void {
  if (Number(headers['content-length']) > limit) throw bodyTooLarge(limit);
}

/** @param limit in bytes */
export function bodyTooLarge(limit: number): ItPayError {
  return new ItPayError('BODY_TOO_LARGE', {
    message: `The request body is larger than ${limit} bytes.`,
    details: { limit },
  });
}

function requireJsonType(contentType: string | undefined): void {
  const [type, ...parameters] = (contentType ?? '').toLowerCase().split(';');
  if (type!.trim() !== 'application/json') {
    throw bodyInvalid('Send the body as JSON with the header Content-Type: application/json.');
  }
  const charset = parameters.map((parameter) => /^\s*charset="?([^"]*)"?\s*$/.exec(parameter)?.[1]).find(Boolean);
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') {
    throw bodyInvalid('Send the body in UTF-8; no other charset is read.');
  }
}

import { ItPayError } from '@itpay/core';
import { belowMount } from './mount-path.js';
import { isStream, type Handle } from './neutral.js';
import { bodyTooLarge } from './steps/read-body.js';

/**
 * The web-standard face of a handle, for Hono, Bun, Deno and tests.
 *
 * @param basePath where it is mounted: `/itpay`. Left out: the whole path belongs to us. A request outside of it gets 404.
 */
export function toFetch(
  handle: Handle,
  { basePath = '' }: { basePath?: string } = {},
): (request: Request) => Promise<Response> {
  return async (request) => {
    const url = new URL(request.url);
    const path = belowMount(basePath, url.pathname);
    if (path === null) return new Response(null, { status: 404 });

    const { status, headers, body } = await handle({
      method: request.method,
      url: path + url.search,
      headers: Object.fromEntries(request.headers),
      remoteAddress: null, // a Request does not know it
      signal: request.signal,
      rawBody: (limit) => readAll(request, limit),
    });
    const init = isStream(body) ? toReadable(body) : body;
    return new Response(init as ConstructorParameters<typeof Response>[0], { status, headers });
  };
}

function toReadable(chunks: AsyncIterable<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const pieces = chunks[Symbol.asyncIterator]();
  return new ReadableStream({
    pull: async (controller) => {
      const piece = await pieces.next();
      if (piece.done) controller.close();
      else controller.enqueue(encoder.encode(piece.value));
    },
    cancel: async () => void (await pieces.return?.()),
  });
}

async function readAll(request: Request, limit: number): Promise<Uint8Array> {
  if (request.bodyUsed) {
    throw new ItPayError('INTERNAL_ERROR', {
      message: 'The body of the Request was read before. Pass request.clone(), or mount ItPay before what reads it.',
    });
  }
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body) {
    size += chunk.byteLength;
    if (size > limit) throw bodyTooLarge(limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

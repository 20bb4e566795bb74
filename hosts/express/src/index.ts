import type { IncomingMessage, ServerResponse } from 'node:http';
import { belowMount, fromNode, writeNode, type Handle } from '@itpay/gateway';

/** What Express calls a RequestHandler, in the terms of `node:http`, so that this package needs no types of Express. */
export type Middleware = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;

/**
 * Mounts ItPay in an Express app: `app.use('/itpay', mount(pay))`. Everything below that path is ours, also its 404s;
 * everything else stays the app's. It works in Fastify too, through `@fastify/express`.
 *
 * It works before and after `express.json()`. Before is better: the bytes of a request are intact there.
 *
 * @param pay what `createItPay` returned
 */
export function mount(pay: { readonly handle: Handle }): Middleware {
  return (req, res, next) => {
    const request = fromNode(req, res, { url: urlBelow(req), keepBytes: KEEP_BYTES });
    pay
      .handle(request)
      .then((answer) => writeNode(res, answer))
      .catch(next);
  };
}

const KEEP_BYTES =
  'Mount ItPay before express.json(), or keep the bytes: ' +
  'express.json({ verify: (req, _res, bytes) => { req.rawBody = bytes } }).';

/**
 * Express has taken the mount path off `req.url`, and nothing else: escapes are as they came. Under `@fastify/express` they
 * are not; there `originalUrl` has them.
 */
function urlBelow(req: IncomingMessage & { readonly originalUrl?: string; readonly baseUrl?: string }): string {
  const { url = '/', originalUrl = url, baseUrl = '' } = req;
  const asReceived = belowMount(baseUrl, originalUrl);
  return asReceived !== null && isDecoded(url, asReceived) ? asReceived : url;
}

function isDecoded(url: string, asReceived: string): boolean {
  try {
    return decodeURI(asReceived) === url;
  } catch {
    return false; // a broken escape, which nobody has decoded
  }
}

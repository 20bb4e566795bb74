import type { IncomingMessage, ServerResponse } from 'node:http';
import { fromNode, writeNode, type Handle } from '@itpay/gateway';

/** What Express calls a RequestHandler, in the terms of `node:http`, so that this package needs no types of Express. */
export type Middleware = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;

/**
 * Mounts ItPay in an Express app: `app.use('/itpay', mount(pay))`. Everything below that path is ours, also its 404s;
 * everything else stays the app's.
 *
 * It works before and after `express.json()`. Before is better: the bytes of a request are intact there.
 *
 * @param pay what `createItPay` returned
 */
export function mount(pay: { readonly handle: Handle }): Middleware {
  return (req, res, next) => {
    // Express has taken the mount path off `req.url`, and nothing else: escapes are as they came.
    const request = fromNode(req, res, { url: req.url ?? '/' });
    pay
      .handle(request)
      .then((answer) => writeNode(res, answer))
      .catch(next);
  };
}

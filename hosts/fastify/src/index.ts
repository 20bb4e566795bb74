import type { IncomingMessage, ServerResponse } from 'node:http';
import { fromNode, isStream, writeNode, type Handle } from '@itpay/gateway';

// What is used of Fastify, so that this package needs no types of Fastify.

export interface FastifyScope {
  readonly prefix: string;
  removeAllContentTypeParsers(): unknown;
  addContentTypeParser(
    type: string,
    parser: (request: any, payload: any, done: (error: null) => void) => void,
  ): unknown;
  all(url: string, options: object, handler: (request: any, reply: any) => Promise<unknown>): unknown;
}
export interface ItPayPluginOptions {
  /** What `createItPay` returned. */
  readonly pay: { readonly handle: Handle };
}

/**
 * Mounts ItPay in a Fastify app: `app.register(itpay, { pay, prefix: '/itpay' })`. Everything below the prefix is ours, also
 * its 404s. The scope is its own: the app keeps its content type parsers, its error handler and its 404s.
 */
export async function itpay(app: FastifyScope, { pay }: ItPayPluginOptions): Promise<void> {
  // A signature covers the bytes, so nothing reads them before ItPay does.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));

  const mountPath = new RegExp(`^${'/[^/?]*'.repeat(app.prefix.split('/').filter(Boolean).length)}`);
  const answer = async ({ raw: req }: { raw: IncomingMessage }, reply: Reply) => {
    // By segments, because Fastify may match a prefix in another spelling, or one with parameters.
    const below = (req.url ?? '/').replace(mountPath, '');
    const url = below.startsWith('/') ? below : `/${below}`;
    const answered = await pay.handle(fromNode(req, reply.raw, { url, keepBytes: KEEP_BYTES }));
    if (isStream(answered.body)) {
      for (const [name, value] of Object.entries(reply.getHeaders())) reply.raw.setHeader(name, value);
      reply.hijack();
      return writeNode(reply.raw, answered);
    }
    // Through Fastify, so that the app's hooks see it and add their headers.
    return reply
      .code(answered.status)
      .headers(answered.headers)
      .send(answered.body ?? undefined);
  };
  const options = { config: { rawBody: false }, exposeHeadRoute: false, prefixTrailingSlash: 'no-slash' };
  app.all('/', options, answer);
  app.all('/*', options, answer);
}

interface Reply {
  readonly raw: ServerResponse;
  getHeaders(): Record<string, string | number | string[]>;
  hijack(): void;
  code(status: number): Reply;
  headers(headers: Readonly<Record<string, string>>): Reply;
  send(body?: string | Uint8Array): Reply;
}

const KEEP_BYTES =
  'A hook of the app did, in preParsing or before: register ItPay in a scope that does not inherit it.';

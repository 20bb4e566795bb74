import type { IncomingMessage, ServerResponse } from 'node:http';
import { belowMount, fromNode, isStream, writeNode, type Handle, type ParsedByHost } from '@itpay/gateway';

/** What is used of Koa's context, so that this package needs no types of Koa. */
export interface KoaContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Where Koa's body parsers put what they read. */
  readonly request: object;
  status: number;
  body: unknown;
  respond?: boolean;
  set(name: string, value: string): void;
  append(name: string, value: string): void;
  remove(name: string): void;
}

export type Middleware = (ctx: KoaContext, next: () => Promise<unknown>) => Promise<void>;

/**
 * Mounts ItPay in a Koa app: `app.use(mount(pay, { path: '/itpay' }))`. Everything below that path is ours, also its 404s;
 * everything else goes on to the app.
 *
 * @param pay what `createItPay` returned
 * @param options.path where it is mounted. Left out: all that arrives is ours, as below `koaMount('/itpay', mount(pay))`
 */
export function mount(pay: { readonly handle: Handle }, { path = '' }: { readonly path?: string } = {}): Middleware {
  return async (ctx, next) => {
    const url = belowMount(path, ctx.req.url ?? '/');
    if (url === null) return void (await next());

    const parsed: ParsedByHost = ctx.request;
    const answer = await pay.handle(fromNode(ctx.req, ctx.res, { url, parsed, keepBytes: KEEP_BYTES }));
    if (isStream(answer.body)) {
      ctx.respond = false; // Koa would leave a stream that breaks off hanging
      return writeNode(ctx.res, answer);
    }
    const { status, headers, body } = answer;
    ctx.body = typeof body === 'string' ? body : Buffer.from(body ?? '');
    ctx.status = status; // after the body, which presets another one
    if (headers['content-type'] === undefined) ctx.remove('content-type');
    for (const [name, value] of Object.entries(headers)) {
      if (name === 'set-cookie') ctx.append(name, value);
      else ctx.set(name, value);
    }
  };
}

const KEEP_BYTES =
  'Mount ItPay before koa-body, or parse with @koa/bodyparser or koa-bodyparser, which keep the bytes.';

import { once } from 'node:events';
import { createHandle, type Handle } from '@itpay/gateway';
import { defineRoute, type RawRequest } from '@itpay/kernel';
import { capturedLogger, fakeClock, seededIds } from '@itpay/testkit';
import { z } from 'zod';
import { Traffic } from '../../packages/gateway/src/traffic.js';

const common = { summary: 'A route of a test', tag: 'Test', answers: {}, errors: [] };

/** The gateway with routes that show what reaches them, without a database: what the host's own cases need. */
export function fakePay() {
  const logger = capturedLogger();
  const traffic = new Traffic();
  const callbacks: RawRequest[] = [];
  const handle: Handle = createHandle({
    routes: [
      {
        ...common,
        method: 'GET',
        path: '/v1/things/{id}',
        access: 'public',
        query: z.strictObject({ q: z.string().optional() }),
        run: async ({ params, query }) => ({ status: 200, body: { params, query } }),
      },
      {
        ...common,
        method: 'POST',
        path: '/v1/things',
        access: 'payments:write',
        body: z.strictObject({ note: z.string() }),
        run: async ({ body }) => ({ status: 201, body }),
      },
      {
        ...common,
        method: 'POST',
        path: '/v1/things/{id}/cancel',
        access: 'payments:write',
        run: async () => ({ status: 200, body: { cancelled: true } }),
      },
      {
        ...common,
        method: 'DELETE',
        path: '/v1/things/{id}',
        access: 'payments:write',
        run: async () => ({ status: 204 }),
      },
      {
        ...common,
        method: 'GET',
        path: '/v1/page',
        access: 'public',
        run: async () => ({ status: 303, headers: { location: '/elsewhere', 'set-cookie': 'itpay=1; HttpOnly' } }),
      },
      {
        ...common,
        method: 'GET',
        path: '/v1/image',
        access: 'public',
        run: async () => ({ status: 200, content: { type: 'image/png', bytes: new Uint8Array([0x89, 0, 0xff]) } }),
      },
      defineRoute({
        ...common,
        method: 'POST',
        path: '/v1/channels/{channel}/callback',
        access: 'public',
        raw: true,
        run: async ({ raw }) => {
          callbacks.push(raw);
          return { status: 200, content: { type: 'text/plain', bytes: 'success' } };
        },
      }),
      {
        ...common,
        method: 'GET',
        path: '/v1/wait',
        access: 'public',
        run: async ({ signal }) => {
          if (!signal.aborted) await once(signal, 'abort');
          throw signal.reason;
        },
      },
      {
        ...common,
        method: 'GET',
        path: '/v1/ticks',
        access: 'public',
        run: async ({ signal }) => ({ status: 200, stream: { type: 'text/event-stream', chunks: ticks(signal) } }),
      },
    ],
    authenticator: {
      authenticate: async ({ headers }) =>
        headers['authorization'] === 'merchant'
          ? { id: 'key_1', kind: 'api_key', account: 'm_1', livemode: false, scopes: ['payments:write'] }
          : null,
    },
    displayTokens: { verify: () => null },
    ids: seededIds(fakeClock(), 'hosts'),
    logger,
    publicUrl: 'https://shop.example/itpay',
    traffic,
  });

  return {
    handle,
    logger,
    /** The callbacks that arrived, as they arrived. */
    callbacks,
    /** Ends what runs, and lets nobody in. */
    stop: () => traffic.drain(),
    /** Resolves when so many requests run: each of them holds resources. */
    async inFlight(count: number) {
      while (traffic.routes.length !== count) await new Promise(setImmediate);
    },
  };
}

async function* ticks(signal: AbortSignal): AsyncIterable<string> {
  yield 'data: 1\n\n';
  yield 'data: ก\n\n';
  if (!signal.aborted) await once(signal, 'abort');
}

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EventEnvelope } from '@itpay/core';
import { whenFileEnds } from '../support/cleanup.js';

export interface Received {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly event: EventEnvelope<any>;
}

export type Reply = { status: number; headers?: Record<string, string>; body?: string };

/** A merchant's server on loopback. It says 204 to everything until a test says otherwise. */
export async function receiver() {
  const received: Received[] = [];
  let reply: (request: Received) => Reply | Promise<Reply> = () => ({ status: 204 });
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const body = Buffer.concat(chunks).toString();
      const { url: path = '', headers } = request;
      const one = { path, headers: headers as Record<string, string>, body, event: JSON.parse(body) };
      received.push(one);
      const { status, headers: more, body: text } = await reply(one);
      response.writeHead(status, more).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  whenFileEnds(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    received,
    /** The types that came, in their order, and the list is empty again. */
    take: () => received.splice(0).map(({ event }) => event.type),
    answer: (next: Reply | ((request: Received) => Reply | Promise<Reply>)) => {
      reply = typeof next === 'function' ? next : () => next;
    },
  };
}

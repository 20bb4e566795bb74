import { Agent, createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { whenFileEnds } from '../support/cleanup.js';

/** What stands in front of several processes. */
export interface RoundRobin {
  readonly port: number;
  /** Where it may send requests, now. */
  readonly targets: Set<{ readonly port: number }>;
  /** How often it turned to another process, and why. */
  readonly turns: { readonly refused: number; readonly broken: number; readonly unavailable: number };
}

/**
 * Sends each request to the next process, over connections that it keeps. When a process takes no connection, breaks it
 * before it answers, or answers 503 with `Connection: close`, the request goes to another one: in nginx
 * `proxy_next_upstream error http_503 non_idempotent`. It knows no more of a process than nginx does.
 */
export async function startRoundRobin(): Promise<RoundRobin> {
  const targets = new Set<{ readonly port: number }>();
  const turns = { refused: 0, broken: 0, unavailable: 0 };
  const agent = new Agent({ keepAlive: true });
  let next = 0;
  const inTurn = () => {
    const all = [...targets];
    const first = (next += 1) % Math.max(1, all.length);
    return [...all.slice(first), ...all.slice(0, first)];
  };

  const server = createServer(async (client, answer) => {
    const body = await bytesOf(client);
    for (const { port } of inTurn()) {
      const upstream = await new Promise<IncomingMessage | null>((resolve) => {
        const { method, url: path, headers } = client;
        const sent = request({ agent, host: '127.0.0.1', port, method, path, headers }, resolve);
        sent.once('error', (error: NodeJS.ErrnoException) => {
          if (answer.destroyed) return resolve(null);
          turns[error.code === 'ECONNREFUSED' ? 'refused' : 'broken'] += 1;
          resolve(null);
        });
        answer.once('close', () => sent.destroy());
        sent.end(body);
      });
      if (answer.destroyed) return;
      if (upstream === null) continue;
      if (upstream.statusCode === 503 && upstream.headers.connection === 'close') {
        turns.unavailable += 1;
        upstream.resume();
        continue;
      }
      const { connection: _, 'keep-alive': __, ...headers } = upstream.headers;
      answer.writeHead(upstream.statusCode!, headers);
      upstream.pipe(answer);
      upstream.once('error', () => answer.destroy());
      return;
    }
    answer.writeHead(502).end('No process takes the request.');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  whenFileEnds(async () => {
    server.close();
    server.closeAllConnections();
    agent.destroy();
  });
  return { port: (server.address() as AddressInfo).port, targets, turns };
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

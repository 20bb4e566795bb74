import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { whenFileEnds } from '../support/cleanup.js';

/** What a receiver does with a request: a status, no answer at all, or an end of the connection. */
export type Manner = number | 'hang' | 'close';

export interface Arrival {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** What the clock of the installation said; while time is put forward, what it said before as well. */
  readonly atMs: readonly number[];
  readonly manner: Manner;
}

/** A merchant's server on loopback that keeps books of what it got. */
export interface Receiver {
  readonly origin: string;
  readonly arrivals: Arrival[];
  /** Requests that have no answer yet. */
  open(): number;
  behave(manner: Manner | ((arrivalsBefore: number) => Manner)): void;
}

/** @param nowMs the clock of the installation @param onArrival called before anything is answered */
export async function startReceiver(nowMs: () => readonly number[], onArrival: () => void): Promise<Receiver> {
  const arrivals: Arrival[] = [];
  let manners: (arrivalsBefore: number) => Manner = () => 204;
  const open = new Set<Socket>();
  const server = createServer((request, response) => {
    const { socket } = request;
    open.add(socket);
    response.on('finish', () => open.delete(socket));
    const chunks: Buffer[] = [];
    request.on('error', () => {}); // its sender was killed
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const manner = manners(arrivals.length);
      const { headers } = request;
      arrivals.push({ headers, body: Buffer.concat(chunks).toString(), atMs: nowMs(), manner });
      onArrival();
      if (manner === 'close') socket.destroy();
      else if (manner !== 'hang') setTimeout(() => response.writeHead(manner).end(), 5);
    });
  });
  server.on('connection', (socket) => socket.on('close', () => open.delete(socket)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  whenFileEnds(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrivals,
    open: () => open.size,
    behave: (next) => (manners = typeof next === 'function' ? next : () => next),
  };
}

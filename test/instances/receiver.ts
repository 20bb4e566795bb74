import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { whenFileEnds } from '../support/cleanup.js';

/** A merchant's receiver of webhooks. It takes its time, so that some are on their way whenever a process is stopped. */
export async function startReceiver(latencyMs: number) {
  /** How often each event came, by its id. */
  const arrived = new Map<string, number>();
  const server = createServer(async (request, answer) => {
    const id = String(request.headers['webhook-id']);
    arrived.set(id, (arrived.get(id) ?? 0) + 1);
    request.resume();
    await sleep(latencyMs);
    answer.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  whenFileEnds(async () => {
    server.close();
    server.closeAllConnections();
  });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived,
    total: () => [...arrived.values()].reduce((sum, times) => sum + times, 0),
  };
}

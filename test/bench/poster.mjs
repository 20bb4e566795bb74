import { once } from 'node:events';
import { createServer } from 'node:http';
import { Pool } from 'undici';

// The two ends that webhooks are measured against, each in a process of its own: `fork('poster.mjs', ['receiver'])` takes
// requests in and counts them, `fork('poster.mjs', ['sender'])` posts bodies of a given size as plainly as undici can.

process.on('disconnect', () => process.exit());
if (process.argv[2] === 'receiver') {
  let received = 0;
  let bytes = 0;
  let firstAt = 0;
  let lastAt = 0;
  const server = createServer((request, response) => {
    request.on('data', (chunk) => (bytes += chunk.length));
    request.on('end', () => {
      received += 1;
      lastAt = Date.now();
      if (received === 1) firstAt = lastAt;
      response.writeHead(204).end();
    });
  }).listen(0, '127.0.0.1');
  server.keepAliveTimeout = 60_000;
  await once(server, 'listening');
  process.on('message', (message) => {
    if (message === 'stop') return process.exit();
    process.send?.({ received, bytes, firstAt, lastAt });
    [received, bytes] = [0, 0];
  });
  process.send?.({ port: /** @type {import('node:net').AddressInfo} */ (server.address()).port });
} else {
  process.on(
    'message',
    async (/** @type {'stop' | { port: number, posts: number, bytes: number, atOnce: number }} */ task) => {
      if (task === 'stop') return process.exit();
      const { port, posts, bytes, atOnce } = task;
      const pool = new Pool(`http://127.0.0.1:${port}`, { connections: atOnce, pipelining: 1 });
      const body = 'x'.repeat(bytes);
      let left = posts;
      const started = performance.now();
      const before = process.cpuUsage();
      const one = async () => {
        while (left > 0) {
          left -= 1;
          const headers = { 'content-type': 'application/json' };
          const answer = await pool.request({ method: 'POST', path: '/', headers, body });
          await answer.body.dump();
        }
      };
      await Promise.all(Array.from({ length: atOnce }, one));
      const { user, system } = process.cpuUsage(before);
      const seconds = (performance.now() - started) / 1000;
      await pool.close();
      process.send?.({ seconds, cpuMs: (user + system) / 1000 });
    },
  );
  process.send?.({ port: 0 });
}

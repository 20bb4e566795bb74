import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it, vi } from 'vitest';
import { describeNeeding } from './needs.js';
import { freshRedis, redisNeed } from './redis.js';

const listens = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.destroy() && resolve(true));
    socket.once('error', () => resolve(false));
  });

describeNeeding(redisNeed(), 'A Redis of the tests', () => {
  it('is killed, comes back on its port, and ends', async () => {
    const server = await freshRedis();
    const seen = [await listens(server.port)];

    await server.kill();
    seen.push(await listens(server.port));
    await server.restart();
    seen.push(await listens(server.port));
    await server.stop();
    seen.push(await listens(server.port));

    expect(seen).toEqual([true, false, true, false]);
  });

  it('does not take a port that is in use', async () => {
    const { port } = await freshRedis();

    await expect(freshRedis({ port })).rejects.toThrow(`Port ${port} is taken`);
  });

  it('ends with the process that started it, also when that is killed', async () => {
    const script = `
      const { startRedis } = await import('${new URL('redis.mjs', import.meta.url)}');
      console.log((await startRedis()).port);
      setInterval(() => {}, 1000);
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const port = Number(String((await once(child.stdout, 'data'))[0]));
    expect(await listens(port)).toBe(true);

    child.kill('SIGKILL');

    await vi.waitFor(async () => expect(await listens(port)).toBe(false), 10_000);
  });
});

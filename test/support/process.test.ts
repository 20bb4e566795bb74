import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { freePort, startProcess } from './process.js';

const server = `
  const server = require('node:http').createServer((_, response) => response.end('hello'));
  server.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening on http://127.0.0.1:' + process.env.PORT + '/'));
`;

describe('A process that a test starts', () => {
  it('is handed over when it says that it is ready, with the URL that it printed', async () => {
    const port = await freePort();

    const started = await startProcess('node', ['-e', server], { env: { PORT: String(port) }, readyWhen: /listening/ });

    expect(started.url).toBe(`http://127.0.0.1:${port}/`);
    expect(await (await fetch(started.url!)).text()).toBe('hello');
  });

  it('says how it ended', async () => {
    const endless = await startProcess('sleep', ['1000']);
    const failing = await startProcess('sh', ['-c', 'exit 3']);

    expect(await endless.kill('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
    expect(await failing.exited).toEqual({ code: 3, signal: null });
  });

  it('fails the test with what it printed when it ends before it is ready', async () => {
    const start = startProcess('sh', ['-c', 'echo "no such option" >&2; exit 1'], { readyWhen: /listening/ });

    await expect(start).rejects.toThrow('no such option');
  });

  let left = 0;
  it('may start others and be forgotten', async () => {
    const { stdout } = await startProcess('sh', ['-c', 'sleep 1000 & echo pid $!; wait'], { readyWhen: /pid/ });
    left = Number(stdout[0]!.replace('pid ', ''));

    expect(isAlive(left)).toBe(true);
  });

  it('is gone with all of them after the test', async () => {
    for (let tries = 0; isAlive(left) && tries < 50; tries += 1) await sleep(20);

    expect(isAlive(left)).toBe(false);
  });
});

// Not `kill(pid, 0)`: that also finds a zombie, and a container's first process does not always collect them.
function isAlive(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
}

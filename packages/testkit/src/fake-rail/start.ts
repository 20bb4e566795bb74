import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { railAt, type FakeRail } from './rail.js';
import { listen, type FakeRailServerOptions } from './server.js';

export type FakeRailOptions = Partial<FakeRailServerOptions>;

// From src/fake-rail and from dist/fake-rail alike. Node runs no TypeScript, so tests on sources need the build too.
const MAIN = fileURLToPath(new URL('../../dist/fake-rail/main.js', import.meta.url));

/**
 * Starts the fake rail as a process of its own, which outlives whatever the test kills and ends with the test.
 *
 * @throws Error when the package is not built, or the process does not come up
 */
export async function startFakeRail(options: FakeRailOptions = {}): Promise<FakeRail> {
  if (!existsSync(MAIN)) throw new Error(`The fake rail runs from its build, and ${MAIN} is missing. Run: npx tsc -b`);
  const { secret = randomSecret(), port = 0, seed, callbacks, journal } = options;
  const args = ['--with-parent', '--port', String(port)];
  if (seed !== undefined) args.push('--seed', String(seed));
  if (callbacks !== undefined) args.push('--callbacks', callbacks);
  if (journal !== undefined) args.push('--journal', journal);
  // The secret goes by the environment: arguments are there for every user of the machine to read.
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, FAKE_RAIL_SECRET: secret, NODE_OPTIONS: '' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve, reject) => {
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      const ready = /fake rail ready (\S+)\n/.exec(printed);
      if (ready?.[1] !== undefined) resolve(ready[1]);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`The fake rail ended with ${code} before it was ready.`)));
  });
  return railAt(url, secret, async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  });
}

/** The fake rail in this process, for tests that kill nothing. */
export async function createFakeRailServer(options: FakeRailOptions = {}): Promise<FakeRail> {
  const secret = options.secret ?? randomSecret();
  const { url, close } = await listen({ ...options, secret });
  return railAt(url, secret, close);
}

function randomSecret(): string {
  return randomBytes(24).toString('hex');
}

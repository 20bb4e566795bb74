import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './workspaces.mjs';

// What `npm start` runs: a build, which is quick when nothing changed, then the standalone example. Flags are passed on:
// `npm start -- --help`. The example runs in this process, so that signals, terminal and exit code are its own.

const compiler = join(root, 'node_modules/typescript/bin/tsc');
const main = join(root, 'examples/standalone/dist/main.js');

if (!existsSync(compiler)) {
  console.error('The dependencies are not here yet. Run: npm install');
  process.exit(1);
}

const slow = setTimeout(() => console.log('building…'), 1000);
const [code] = await once(spawn(process.execPath, [compiler, '-b'], { cwd: root, stdio: 'inherit' }), 'exit');
clearTimeout(slow);
if (code !== 0) process.exit(code ?? 1);

if (process.env.npm_lifecycle_event) stopWithParent();
process.argv[1] = main;
await import(pathToFileURL(main).href);

/**
 * npm passes a SIGTERM on to the shell between it and us, and the shell dies without passing it further. So when the
 * shell is gone, we take it that the signal was meant for us.
 */
function stopWithParent() {
  const shell = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 250).unref();
}

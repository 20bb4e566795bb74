import { afterAll } from 'vitest';
import { runCleanups } from './cleanup.js';

// Loaded before every test file (vitest.config.ts). Hooks of a file run in reverse order, so this one is its last.
afterAll(runCleanups);

// When the runner is killed, a test that waits for ever would keep this worker, and all that it started, alive with it.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));

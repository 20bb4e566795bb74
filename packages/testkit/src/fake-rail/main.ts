import { parseArgs } from 'node:util';
import { listen } from './server.js';

// The fake rail as a process of its own: `node dist/fake-rail/main.js --port 0 --secret … [--seed …] [--callbacks auto]
// [--journal file] [--with-parent]`. It prints one line with its address when it listens.

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    secret: { type: 'string' },
    seed: { type: 'string' },
    callbacks: { type: 'string', default: 'manual' },
    journal: { type: 'string' },
    'with-parent': { type: 'boolean', default: false },
  },
});
const secret = values.secret ?? process.env.FAKE_RAIL_SECRET;
if (!secret) throw new TypeError('Pass --secret, or set FAKE_RAIL_SECRET.');
if (values.callbacks !== 'auto' && values.callbacks !== 'manual') throw new TypeError('--callbacks is auto or manual.');

const { seed, callbacks, journal } = values;
const { url } = await listen({ secret, port: Number(values.port), seed, callbacks, journal });
console.log(`fake rail ready ${url}`);

// Standard input ends when the parent does, however it died, so that no rail is left behind.
if (values['with-parent']) process.stdin.resume().once('end', () => process.exit(0));
